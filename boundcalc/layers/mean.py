"""mean: the average over one axis (default: the last), or over several. globalavgpool: over all axes but the first.

One window of N entries: ||mean|| <= ||z|| / sqrt(N), reached by a constant input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import Window, moved
from boundcalc.catalogue import poolings
from boundcalc.graph.features import without
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Numbers
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.windows import axis_of


class MeanFields(StepFields):
    """The average over one axis (default: the last), or over several."""

    value_field = "axis"
    axis: Numbers | None = None


class GlobalFields(StepFields):
    """The average over all axes but the first (the channels)."""


@dataclass(frozen=True, slots=True)
class Facts:
    axes: tuple[int, ...]
    entries: Shape  # along each of them
    rank: int  # of the input
    norm: sympy.Expr


def place_mean(fields: MeanFields, at: At) -> Placed[Facts]:
    shape = at.shape
    if not shape:
        raise at.error("'mean' averages over an axis, and its input has none")
    given = (-1,) if fields.axis is None else [at.integer(axis, "the axis") for axis in fields.axis]
    axes = tuple(sorted(axis_of(at, len(shape), axis) for axis in given))
    if not axes or len(set(axes)) < len(axes):
        raise at.error("'mean' averages over each axis once", "name one axis, or a list of different ones")
    entries = tuple(shape[axis] for axis in axes)
    features = at.operands[0].features
    for gone, axis in enumerate(reversed(axes)):
        features = without(features, axis, len(shape) - gone)
    left = tuple(count for axis, count in enumerate(shape) if axis not in axes)
    return Placed(
        left, Facts(axes, entries, len(shape), poolings.global_average_norm(size(entries))), features=features
    )


def place_global(fields: GlobalFields, at: At) -> Placed[Facts]:
    shape = at.shape
    if len(shape) < 2:
        raise at.error("'globalavgpool' averages over all axes but the first, and its input has no others")
    axes = tuple(range(1, len(shape)))
    return Placed(shape[:1], Facts(axes, shape[1:], len(shape), poolings.global_average_norm(size(shape[1:]))))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(operator_norm=facts.norm)
    left = (axis for axis in range(facts.rank + 1) if axis - 1 not in facts.axes)
    windows = tuple(Window(axis + 1, None, count) for axis, count in zip(facts.axes, facts.entries, strict=True))
    return lowering.emit(Linear(inputs[0], facts.norm, contracts_sup=True, view=moved(enumerate(left), windows)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.mean(inputs[0], axis=tuple(axis + 1 for axis in facts.axes))


KINDS = (
    Kind(
        "globalavgpool",
        GlobalFields,
        place_global,
        lower,
        forward,
        example=example("conv2d: {channels: 2, kernel: 3}, tanh, globalavgpool", "[1, 5, 5]"),
    ),
    Kind(
        "mean",
        MeanFields,
        place_mean,
        lower,
        forward,
        example=example("dense: 3, mean: 0", "[4, 3]"),
    ),
)
