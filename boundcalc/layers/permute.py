"""permute: the axes in another order; transpose: two of them exchanged. Isometries that move entries.

Axes are counted from 0 without the batch, or from the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import moved
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Terms
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.windows import axis_of


class PermuteFields(StepFields):
    """The axes in another order: axis i of the output is the axis that stands i-th."""

    value_field = "axes"
    axes: Terms


class TransposeFields(StepFields):
    """Two axes exchanged; the last two unless it says which."""

    value_field = "axes"
    axes: Terms | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    order: tuple[int, ...]


def place_permute(fields: PermuteFields, at: At) -> Placed[Facts]:
    rank, order = len(at.shape), _axes(fields.axes, at)
    if sorted(order) != list(range(rank)):
        finding = f"'permute' needs each of the {rank} axes of its input once, and has {list(order)}"
        raise at.error(finding, "axes are counted from 0, without the batch")
    return _placed(order, at)


def place_transpose(fields: TransposeFields, at: At) -> Placed[Facts]:
    rank = len(at.shape)
    found = tuple(axis_of(at, rank, axis) for axis in (-2, -1)) if fields.axes is None else _axes(fields.axes, at)
    if len(found) != 2:
        raise at.error(f"'transpose' exchanges two axes, not {len(found)}", "use permute for an order of all axes")
    order, (a, b) = list(range(rank)), found
    order[a], order[b] = b, a
    return _placed(tuple(order), at)


def _axes(axes: Sequence[Expression], at: At) -> tuple[int, ...]:
    return tuple(axis_of(at, len(at.shape), at.integer(axis, "an axis")) for axis in axes)


def _placed(order: tuple[int, ...], at: At) -> Placed[Facts]:
    features = at.operands[0].features
    moved_to = None if features is None else order.index(features)
    return Placed(tuple(at.shape[axis] for axis in order), Facts(order), features=moved_to)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    view = moved([(0, 0), *((to + 1, of + 1) for to, of in enumerate(facts.order))])
    return lowering.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.permute_dims(inputs[0], (0, *(axis + 1 for axis in facts.order)))


KINDS = (
    Kind(
        "permute",
        PermuteFields,
        place_permute,
        lower,
        forward,
        lower,
        example=example("permute: [1, 0], dense: 2", "[2, 3]"),
    ),
    Kind(
        "transpose",
        TransposeFields,
        place_transpose,
        lower,
        forward,
        lower,
        example=example("transpose, dense: 2", "[2, 3]"),
    ),
)
