"""bilinear: a fixed bilinear map of two operands that a person knows by its norm: ||B(f, g)|| <= norm ||f|| ||g||."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.layers.parts.families import along, constant_unit
from boundcalc.layers.parts.operands import CombinationFields, given_shape, pair_of


class Fields(CombinationFields):
    """A fixed bilinear map of two operands, of known norm."""

    norm: Term
    shape: types.Shape | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    shape: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    pair_of(at)
    shape = given_shape(at, fields.shape)
    return Placed(shape, Facts(at.constant(fields.norm, "a norm"), shape))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(bilinear_norm=facts.norm)
    return lowering.emit(Bilinear(inputs[0], inputs[1], facts.norm))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    f, g = inputs
    return float(facts.norm) * along(f, xp) * along(g, xp) * constant_unit(f.shape[0], facts.shape, f, xp)


KIND = Kind("bilinear", Fields, place, lower, forward, lower, operands=None)
