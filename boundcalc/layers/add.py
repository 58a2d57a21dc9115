"""add: the sum of arrays of one shape. Norms, l and L add up (triangle inequality)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from boundcalc.calculus.primitives import Sum
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, common_shape


class Fields(CombinationFields):
    """The sum of arrays of one shape."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed(common_shape(at), Facts())


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0] if len(inputs) == 1 else lowering.emit(Sum(inputs))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return reduce(lambda total, term: total + term, inputs)


KIND = Kind(
    "add",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("dense: 3, tanh, {add: [[], input]}"),
)
