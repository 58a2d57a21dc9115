"""bilinear: a fixed bilinear map of two operands that a person knows by its norm: ||B(f, g)|| <= norm ||f|| ||g||, on the
whole batch or on slices along `axes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.families import along, spread
from boundcalc.layers.parts.operands import CombinationFields, given_shape, pair_of
from boundcalc.layers.parts.slices import Slices, slices_of


class Fields(CombinationFields):
    """A fixed bilinear map of two operands, of known norm."""

    norm: Term
    shape: types.Shape | None = None
    axes: types.Along | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    slices: Slices


def place(fields: Fields, at: At) -> Placed[Facts]:
    pair_of(at)
    shape = given_shape(at, fields.shape)
    return Placed(shape, Facts(at.constant(fields.norm, "a norm"), slices_of(at, fields.axes, shape)))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(bilinear_norm=facts.norm)
    left, right = (facts.slices.view(operand) for operand in (0, 1))
    return lowering.emit(Bilinear(inputs[0], inputs[1], facts.norm, left_view=left, right_view=right))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    slices = facts.slices
    f, g = (along(slices.cut(z, xp, operand), xp) for operand, z in enumerate(inputs))
    return slices.joined(spread(float(facts.norm) * f * g, slices.entries, xp), xp)


KIND = Kind(
    "bilinear",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("{bilinear: {from: [[dense: 2], [dense: 2]], norm: 1}}"),
)
