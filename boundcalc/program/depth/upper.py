"""Why an expression by upper closed forms exceeds its value, and that it does: where less would be more there is no bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from boundcalc.program.depth.lift import is_negative
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar


class Decreasing(ValueError):  # noqa: N818
    """An upper bound stands where less of it would make more of the result."""


def above(output: Scalar, reasons: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Why an expression of `output` may exceed its value where those of some nodes may, for these reasons; empty where it
    is exact.

    Raises Decreasing where the output is divided by, or lessened by, such a node: it would be no bound.
    """
    known = {i: _Above(why) for i, why in reasons.items()}
    return interpret(output.arena, [output.index], _UpperForms(), known)[output.index].reasons


@dataclass(frozen=True, slots=True)
class _Above:
    """Why the expression of a node may exceed its value."""

    reasons: tuple[str, ...]
    negative: bool = False  # a leaf that is known to be


class _UpperForms:
    """The reading as reasons. Raises Decreasing."""

    __slots__ = ()

    def leaf(self, expression: sympy.Expr) -> _Above:
        return _Above((), is_negative(expression))

    def add(self, terms: Sequence[_Above]) -> _Above:
        return self._together(terms, any(term.negative for term in terms))

    multiply = minimum = maximum = hypot = add

    def power(self, base: _Above, exponent: Fraction) -> _Above:
        return self._together([base], exponent < 0)

    def select(self, index: int, op: Op, keys: Sequence[_Above], values: Sequence[_Above]) -> _Above:
        return self._together([*keys, *values], True)

    def loop(self, passes: Passes[_Above]) -> Sequence[_Above]:
        count = len(passes.loop.states)
        return [self.add([*passes.starts, *passes.step([_Above(())] * count), passes.times])] * count

    def _together(self, args: Sequence[_Above], decreases: bool) -> _Above:
        found = tuple(dict.fromkeys(reason for arg in args for reason in arg.reasons))
        if found and decreases:
            raise Decreasing("an upper closed form is divided by or subtracted")
        return _Above(found)
