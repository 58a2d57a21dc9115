"""flatten: all entries of a sample on one axis. An isometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import View
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """All entries of a sample on one axis."""


@dataclass(frozen=True, slots=True)
class Facts:
    axes: int


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed((size(at.shape),), Facts(len(at.shape)))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    joined = View(((frozenset({0}), frozenset({0})), (frozenset({1}), frozenset(range(1, facts.axes + 1)))))
    return lowering.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=joined))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.reshape(inputs[0], (inputs[0].shape[0], -1))


KIND = Kind(
    "flatten",
    Fields,
    place,
    lower,
    forward,
    lower,
    example=example("{conv2d: {channels: 2, kernel: 3}}, tanh, flatten, dense: 2", "[1, 5, 5]"),
)
