"""logsoftmax: z - log(sum_j exp(z_j)) over one axis (default: the last), of K entries: l = sqrt(K), L = sqrt(K)/2 (catalogue/softmax.py).

A mask would leave entries at -oo, so there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.calculus.views import same
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.softmax import LOG_SOFTMAX
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """The logarithm of the softmax over one axis (default: the last)."""

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
    return Placed(shape, Facts(axis, LOG_SOFTMAX.instantiate(rows=rows, classes=shape[axis])))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    others = same(axis for axis in range(len(lowering.shape) + 1) if axis != facts.axis + 1)
    return lower_map(facts.entry, inputs[0], lowering, others)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,), axis = inputs, facts.axis + 1
    below = z - xp.max(z, axis=axis, keepdims=True)
    return below - xp.log(xp.sum(xp.exp(below), axis=axis, keepdims=True))


KIND = Kind(
    "logsoftmax",
    Fields,
    place,
    lower,
    forward,
    example=example("dense: 3, logsoftmax"),
)
