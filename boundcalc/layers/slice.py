"""slice: every `step`-th entry along one axis, from `start` up to before `stop`. Entries that are left out: norm 1.

Indices are counted from 0, or from the end where they are negative, as in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.exact.expression import Expression
from boundcalc.exact.intervals import at_least
from boundcalc.exact.values import floor
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.moves import along_others, read_alone, read_once
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """Every `step`-th entry along one axis, from `start` up to before `stop` (default: to the end)."""

    value_field = "axis"
    axis: Term
    start: Term | None = None
    stop: Term | None = None
    step: Size | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    start: sympy.Expr
    stop: sympy.Expr
    step: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), at.integer(fields.axis, "the axis"))
    start = sympy.S.Zero if fields.start is None else _index(at, fields.start, "start", axis)
    stop = shape[axis] if fields.stop is None else _index(at, fields.stop, "stop", axis)
    step = sympy.S.One if fields.step is None else at.size(fields.step, "the step")
    if not at.fits(at_least(stop - start, sympy.S.One)):
        remedy = "`stop` is the first index that is left out"
        raise at.error(f"no entry is between start {at.known(start)} and stop {at.known(stop)}", remedy)
    return placed(at, Facts(axis, start, stop, step))


def placed(at: At, facts: Facts) -> Placed[Facts]:
    """The entries that a slice leaves of the input."""
    count = facts.stop - facts.start
    if facts.step != 1:
        count = floor((count - 1) / facts.step) + 1
    shape = at.shape
    return Placed((*shape[: facts.axis], count, *shape[facts.axis + 1 :]), facts, features=at.operands[0].features)


def _index(at: At, expression: Expression, what: str, axis: int) -> sympy.Expr:
    """From the start, also where it is counted from the end."""
    value, entries = at.term(expression), at.shape[axis]
    if at.pinned(sympy.Lt(value, 0)):
        if not at.divides(-value, sympy.S.One):
            raise at.error(f"`{what}` must be a whole number, not {at.known(value)}", place=expression.place)
        found = entries + value
    else:
        found = at.size(expression, f"`{what}`", 0)
    if not all(at.fits(at_least(gap, sympy.S.Zero)) for gap in (found, entries - found)):
        finding = f"`{what}` is {at.known(value)}, outside of the {at.known(entries)} entries of axis {axis}"
        raise at.error(finding, "indices are counted from 0, or from the end where they are negative", expression.place)
    return found


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """What one entry is left of is measured at that entry, whether its index is fixed or not."""
    window = read_alone(facts.axis) if lowering.shape[facts.axis] == 1 else read_once(facts.axis)
    view = along_others((facts.axis,), len(lowering.shape), (window,))
    return lowering.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    kept = slice(int(facts.start), int(facts.stop), int(facts.step))
    return inputs[0][(slice(None),) * (facts.axis + 1) + (kept,)]


KIND = Kind(
    "slice",
    Fields,
    place,
    lower,
    forward,
    example=example("dense: 3, {slice: {axis: 0, start: 1}}", "[4, 3]"),
)
