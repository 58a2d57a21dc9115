"""identity: z -> z."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """z -> z."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed(at.shape, Facts(), row_stochastic=at.operands[0].row_stochastic)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0]


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return inputs[0]


KIND = Kind("identity", Fields, place, lower, forward, lower, example=example("dense: 3, identity, dense: 2"))
