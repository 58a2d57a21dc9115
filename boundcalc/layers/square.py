"""square: z^2, entry by entry, as the entrywise product z z: norm s m, l = 2 s l, L = 2 s L + 2 l^2, s the largest entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.calculus.views import same
from boundcalc.catalogue.activations import SQUARE
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """z^2, entry by entry."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed(at.shape, Facts())


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(lipschitz=SQUARE.lipschitz.value, smoothness=SQUARE.smoothness.value)
    view = same(range(len(lowering.shape) + 1))
    return lowering.emit(Bilinear(inputs[0], inputs[0], sympy.S.One, entrywise=True, left_view=view, right_view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return inputs[0] * inputs[0]


KIND = Kind("square", Fields, place, lower, forward, lower, example=example("dense: 3, square, dense: 2"))
