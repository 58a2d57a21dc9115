"""take: `count` entries of an axis at fixed indices, in any order; an entry that is read `most` times gives the norm sqrt(most).

What is not read is left out. Which indices they are is not said: the bounds hold for all that read no entry more often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.catalogue.gains import repeat_norm
from boundcalc.exact.intervals import at_least
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.moves import along_others, read_once
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """So many entries of an axis at fixed indices, each read at most `most` times (once unless said)."""

    value_field = "axis"
    axis: Term
    count: Size
    most: Size | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    count: sympy.Expr
    most: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), at.integer(fields.axis, "the axis"))
    count = at.size(fields.count, "the number of entries")
    most = sympy.S.One if fields.most is None else at.size(fields.most, "`most`")
    if not at.fits(at_least(shape[axis] * most, count)):
        finding = (
            f"{at.known(shape[axis])} entries, each read at most {at.known(most)} times, are not {at.known(count)}"
        )
        raise at.error(finding, "give `most`, how often an entry is read", fields.count.place)
    placed = (*shape[:axis], count, *shape[axis + 1 :])
    return Placed(placed, Facts(axis, count, most), features=at.operands[0].features, is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = repeat_norm(facts.most)
    lowering.own(operator_norm=norm)
    view = along_others([facts.axis], len(lowering.shape), [read_once(facts.axis, facts.most)])
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True, view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The first entries as often as they may be read."""
    (z,) = inputs
    lead, most = (slice(None),) * (facts.axis + 1), int(facts.most)
    places = [i // most for i in range(int(facts.count))]
    return xp.concat([z[(*lead, slice(i, i + 1))] for i in places], axis=facts.axis + 1)


KIND = Kind(
    "take",
    Fields,
    place,
    lower,
    forward,
    example=example("{dense: 3}, {take: {axis: 0, count: 5, most: 2}}", "[4, 3]"),
)
