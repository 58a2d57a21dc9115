"""softmax: exp(z_i) / sum_j exp(z_j) over one axis (default: the last): l = 1/2, L = sqrt(6)/9 (catalogue/softmax.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue import published
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.softmax import SOFTMAX
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_map, published_map
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """Softmax over one axis (default: the last)."""

    value_field = "axis"
    axis: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    entry: Nonlinearity


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), -1 if fields.axis is None else at.integer(fields.axis, "the axis"))
    rows = at.batch * size((*shape[:axis], *shape[axis + 1 :]))
    entry = SOFTMAX.instantiate(rows=rows, classes=shape[axis])
    by_rows = axis == len(shape) - 1
    return Placed(shape, Facts(axis, entry), row_stochastic=by_rows, row_norm=sympy.S.One if by_rows else None)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    others = same(axis for axis in range(len(lowering.shape) + 1) if axis != facts.axis + 1)
    return lower_map(facts.entry, inputs[0], lowering, others, simplex=facts.axis + 1)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(published_map(facts.entry, constants_of(published.SOFTMAX, lowering)), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return softmax(inputs[0], facts.axis + 1, xp)


def softmax(z: Any, axis: int, xp: Any) -> Any:
    powers = xp.exp(z - xp.max(z, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


KIND = Kind("softmax", Fields, place, lower, forward, lower_published, example=example("dense: 3, softmax"))
