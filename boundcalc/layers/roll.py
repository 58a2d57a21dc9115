"""roll: the entries along an axis move `by` places, and those that leave at one end come back at the other. An isometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import same
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """The entries along an axis moved by so many places, round and round."""

    value_field = "axis"
    axis: Term
    by: Term


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    by: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    axis = axis_of(at, len(at.shape), at.integer(fields.axis, "the axis"))
    by = at.term(fields.by)
    known = at.known(by)
    if known.is_number and not isinstance(known, sympy.Integer):
        raise at.error(f"`by` is a whole number of places, not {known}", place=fields.by.place)
    return Placed(at.shape, Facts(axis, by))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Slices change places, one to one: along that axis as well they belong together index by index."""
    every = same(range(len(lowering.shape) + 1))
    return lowering.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=every))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    before = (slice(None),) * (facts.axis + 1)
    cut = -int(facts.by) % z.shape[facts.axis + 1]
    parts = [z[(*before, slice(cut, None))], z[(*before, slice(0, cut))]]
    return xp.concat(parts, axis=facts.axis + 1) if cut else z


KIND = Kind("roll", Fields, place, lower, forward, lower, example=example("dense: 3, roll: {axis: 0, by: 1}", "[4, 3]"))
