"""subtract: the first of two arrays of one shape less the second. Norms, l and L add up (triangle inequality)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear, Sum
from boundcalc.calculus.views import same
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, common_shape, pair_of


class Fields(CombinationFields):
    """The first of two arrays of one shape less the second."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    pair_of(at)
    return Placed(common_shape(at), Facts())


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    each = same(range(len(lowering.shape) + 1))
    less = lowering.emit(Linear(inputs[1], sympy.S.One, contracts_sup=True, view=each))
    return lowering.emit(Sum((inputs[0], less)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return inputs[0] - inputs[1]


KIND = Kind(
    "subtract",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("dense: 3, tanh, {subtract: [[], input]}"),
)
