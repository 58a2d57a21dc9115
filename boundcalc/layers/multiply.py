"""multiply: the entrywise product of arrays of one shape. ||f g|| <= max|f| ||g||, one factor after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.calculus.views import same
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, common_shape


class Fields(CombinationFields):
    """The product of arrays of one shape, entry by entry."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed(common_shape(at), Facts())


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    product, view = inputs[0], same(range(len(lowering.shape) + 1))
    for factor in inputs[1:]:
        product = lowering.emit(Bilinear(product, factor, sympy.S.One, entrywise=True, left_view=view, right_view=view))
    return product


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return reduce(lambda product, factor: product * factor, inputs)


KIND = Kind(
    "multiply",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("{multiply: [[dense: 3, sigmoid], [dense: 3]]}"),
)
