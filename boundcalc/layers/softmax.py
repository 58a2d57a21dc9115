"""softmax: exp(z_i) / sum_j exp(z_j) over one axis (default: the last): l = 1/2, L = sqrt(6)/9 (catalogue/softmax.py).

With `mask` over some of the entries of each row, whichever, and at least one, with 0 in the places of the others; `causal`: over
those up to the row's own place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue import published
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.softmax import MASKED_SOFTMAX, SOFTMAX
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import show_shape, size
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import heads as on
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_map, outside, published_map
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """Softmax over one axis (default: the last); with `mask` over some of its entries, with `causal` over those up to the row's
    own place."""

    value_field = "axis"
    axis: Term | None = None
    causal: Flag = False
    mask: Flag = False


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    entry: Nonlinearity
    causal: bool = False
    mask: bool = False  # of any entries but one


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), -1 if fields.axis is None else at.integer(fields.axis, "the axis"))
    rows = at.batch * size((*shape[:axis], *shape[axis + 1 :]))
    causal = at.flag(fields.causal)
    if causal and (len(shape) < 2 or axis != len(shape) - 1):
        finding = f"`causal` is of rows along the last of two axes or more, not of axis {axis} of {show_shape(shape)}"
        raise at.error(finding, "use `mask: true` for entries that are left out otherwise")
    mask = at.flag(fields.mask)
    row = MASKED_SOFTMAX if causal or mask else SOFTMAX
    entry = row.instantiate(rows=rows, classes=shape[axis])
    by_rows = axis == len(shape) - 1
    facts = Facts(axis, entry, causal, mask)
    row_norm = sympy.S.One if by_rows else None
    return Placed(shape, facts, row_stochastic=by_rows, row_norm=row_norm, is_one_of_many=mask)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    others = same(axis for axis in range(len(lowering.shape) + 1) if axis != facts.axis + 1)
    return lower_map(facts.entry, inputs[0], lowering, others, simplex=facts.axis + 1)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    if facts.causal or facts.mask:
        raise outside(published.SOFTMAX, lowering)
    return lower_map(published_map(facts.entry, constants_of(published.SOFTMAX, lowering)), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """With `mask`, that which leaves nothing out: it is one that may be given."""
    return softmax(on.causal(inputs[0], xp) if facts.causal else inputs[0], facts.axis + 1, xp)


def softmax(z: Any, axis: int, xp: Any) -> Any:
    powers = xp.exp(z - xp.max(z, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


KIND = Kind("softmax", Fields, place, lower, forward, lower_published, example=example("dense: 3, softmax"))
