"""The largest absolute value of a formula or of one of its derivatives, on an interval or on all reals.

Every point of the range is in an interval that was bounded from above, or in a tail that was; the lower end is a value that
is reached, or a limit. So low <= sup <= high, rigorously.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, ctx, fmpq

from boundcalc.exact.formulas.bisection import NAMES, SCALE, Between, Extreme, Infinite, Interval, Point, Seen
from boundcalc.exact.formulas.far import Far, Unclear
from boundcalc.exact.formulas.jets import LENGTH, Jets
from boundcalc.exact.formulas.nodes import Node, evaluated
from boundcalc.exact.formulas.smooth import UNKNOWN
from boundcalc.exact.formulas.spans import Span
from boundcalc.exact.formulas.tails import Tail, Tails

PRECISION = 128
STARTS = (8, 64, 1024, 2**15, 2**22)  # where tails begin, tried in turn
WORK = 80_000  # nodes that are evaluated, a second's worth
TAIL_WORK = 40  # that a node in a tail counts as
CHOICES = 5  # of branches in one interval


class TooMuchWork(ArithmeticError):  # noqa: N818
    """The extremes of a formula are not found soon enough."""


@dataclass(slots=True)
class Search:
    """Extremes of one formula, on |x| <= most or on all reals."""

    nodes: tuple[Node, ...]
    most: fmpq | None = None
    work: int = 0
    seen: dict[Interval, Seen] = field(default_factory=dict[Interval, Seen])
    tails: dict[tuple[int, int], Tail | str] = field(default_factory=dict[tuple[int, int], "Tail | str"])

    def derivative(self, order: int) -> Extreme:
        """Of the derivative of this order: 0, 1, 2 or 3. Raises TooMuchWork."""
        with ctx.workprec(PRECISION):
            try:
                return self._extreme(order)
            except Infinite as infinite:
                return infinite.found

    def at(self, point: fmpq) -> list[arb] | str:
        """Value and Taylor coefficients at a point, of one of the branches that meet there; or why there is no value."""
        with ctx.workprec(PRECISION):
            seen = self.jets((point, point))
            found = seen.jets[0]
            return found if found[0].is_finite() else seen.broken or seen.trouble or "a number that is too large"

    def jets(self, box: Interval) -> Seen:
        if box not in self.seen:
            self.seen[box] = self._jets(box)
        return self.seen[box]

    def _jets(self, box: Interval) -> Seen:
        low, high = box
        at = arb(low) if low == high else arb(low).union(arb(high))
        found: list[list[arb]] = []
        waiting: list[tuple[bool, ...]] = [()]
        while waiting:
            self._count(len(self.nodes))
            arithmetic = Jets(at, waiting.pop())
            jet = evaluated(self.nodes, arithmetic)
            if arithmetic.broken:
                return Seen(([jet[k] for k in range(LENGTH)],), broken=arithmetic.broken[0])
            if not jet[0].is_finite():
                return Seen(([jet[k] for k in range(LENGTH)],), trouble=next(iter(arithmetic.trouble), ""))
            known = arithmetic.choices
            if len(arithmetic.asked) > CHOICES:
                return Seen((list(UNKNOWN),), kinked=True)
            if len(arithmetic.asked) > len(known):
                waiting += [(*known, True), (*known, False)]
            else:
                found.append([jet[k] for k in range(LENGTH)])
        return Seen(tuple(found), kinked=len(found) > 1)

    def _count(self, nodes: int) -> None:
        self.work += nodes
        if self.work > WORK:
            raise TooMuchWork

    def _extreme(self, order: int) -> Extreme:
        if self.most is not None:
            return Between(self.jets, order).over(_doubling(self.most))
        best: Extreme | None = None
        for start in STARTS:
            try:
                low, point, high = self._beyond(order, start)
                found = Between(self.jets, order, low, point, high).over(_doubling(fmpq(start)))
            except Infinite:
                if best is None and start == STARTS[-1]:
                    raise
                continue
            except TooMuchWork:
                if best is None:
                    raise
                return best  # it is rigorous, only wider
            if best is None or (found.high is not None and best.high is not None and found.high < best.high):
                best = found
            if best.is_tight or (found.high is not None and found.high > high):
                break  # a later tail changes nothing
        assert best is not None
        return best

    def _beyond(self, order: int, start: int) -> tuple[arb, Point | None, arb]:
        """What is approached towards infinity and where, and a bound there."""
        low, point, high = arb(0), None, arb(0)
        for side, name in ((1, "oo"), (-1, "-oo")):
            tail = self._tail(start, side)
            if isinstance(tail, str):
                raise Infinite(f"no bound is known of {NAMES[order]} as x tends to {name} ({tail})", name)
            try:
                size = tail[order].range()
                limit = _limit(tail[order]) if size.is_finite else arb(0)
            except Unclear as unclear:
                raise Infinite(f"no bound is known of {NAMES[order]} as x tends to {name} ({unclear})", name) from None
            if not size.is_finite:
                raise Infinite(f"{NAMES[order]} has no known bound as x tends to {name}", name)
            high = high.max((size.most() * SCALE[order]).upper())
            reached = (limit * SCALE[order]).lower()
            if reached > low:
                low, point = reached, name
        return low, point, high

    def _tail(self, start: int, side: int) -> Tail | str:
        if (start, side) not in self.tails:
            self._count(TAIL_WORK * len(self.nodes))
            try:
                self.tails[start, side] = evaluated(self.nodes, Tails(arb(start), side))
            except Unclear as unclear:
                self.tails[start, side] = str(unclear)
        return self.tails[start, side]


def _limit(of: Far) -> arb:
    """The limit of the absolute value, from below; of what is bounded."""
    return of.flat().terms.get(Fraction(0), Span.of(0)).least()


def _doubling(most: fmpq) -> Iterator[Interval]:
    """0 to 1, 1 to 2, 2 to 4, ... up to the end, and the same below 0; 0 alone where that is the end."""
    before, end = fmpq(0), fmpq(1)
    if most == before:
        yield most, most
    while before < most:
        last = min(end, most)
        yield before, last
        yield -last, -before
        before, end = end, 2 * end
