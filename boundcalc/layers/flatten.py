"""flatten: all entries of a sample on one axis. An isometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.structure import StepFields


class Fields(StepFields):
    """All entries of a sample on one axis."""


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    return Placed((size(at.shape),), Facts())


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0]


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.reshape(inputs[0], (inputs[0].shape[0], -1))


KIND = Kind("flatten", Fields, place, lower, forward, lower)
