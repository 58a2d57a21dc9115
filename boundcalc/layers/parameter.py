"""parameter: a learned array that reads nothing: the same for every sample, so n copies of it, norm sqrt(n)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import View
from boundcalc.catalogue import gains
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """A learned array that reads nothing."""

    value_field = "shape"
    shape: types.Shape


@dataclass(frozen=True, slots=True)
class Facts:
    batch: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = tuple(at.size(axis, "an axis") for axis in fields.shape)
    return Placed(shape, Facts(at.batch), {"weight": shape})


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    copies = gains.repeat_norm(facts.batch)
    lowering.own(operator_norm=copies)
    return lowering.emit(Linear(lowering.arrays["weight"].parameter, copies, view=View(copied=frozenset({0}))))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.stack([arrays["weight"]] * int(facts.batch), axis=0)


KIND = Kind(
    "parameter",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=0,
    example=example("{add: [[dense: 3], [parameter: [3]]]}"),
)
