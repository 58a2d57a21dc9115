"""The largest absolute value of a formula or of one of its derivatives, by branch and bound over intervals.

Every point of the range is in an interval that was bounded from above, or in a tail that was; the lower end is a value that
is reached, or a limit. So low <= sup <= high, rigorously. Bounds are balls of radius 0, which are compared exactly.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, ctx, fmpq

from boundcalc.exact.formulas.far import Far, Unclear
from boundcalc.exact.formulas.jets import LENGTH, Jets
from boundcalc.exact.formulas.nodes import Node, evaluated
from boundcalc.exact.formulas.smooth import ORDER, UNKNOWN
from boundcalc.exact.formulas.spans import Span
from boundcalc.exact.formulas.tails import Tail, Tails

PRECISION = 128
TIGHT = arb(2) ** -52  # relative width at which an enclosure is done
FINEST = 40  # bits of the width at which what is not finite is given up
STARTS = (8, 64, 1024, 2**15, 2**22)  # where tails begin, tried in turn
WORK = 80_000  # nodes that are evaluated, a second's worth
TAIL_WORK = 40  # that a node in a tail counts as
NAMES = ("a", "a'", "a''")
Point = fmpq | str  # a number, "oo" or "-oo"
Interval = tuple[fmpq, fmpq]
ASCENT = 150  # intervals that are halved to reach what is bounded from outside
CHOICES = 5  # of branches in one interval
_SCALE = (1, 1, 2)  # of a coefficient to the derivative
_TINY = arb(2) ** -1000


class TooMuchWork(ArithmeticError):  # noqa: N818
    """The extremes of a formula are not found soon enough."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """low <= sup <= high of an absolute value, and where it is (nearly) reached, or approached; or why no finite bound is
    known. `kinked`: because a derivative jumps."""

    low: arb | None = None
    high: arb | None = None
    point: Point | None = None
    reason: str = ""
    kinked: bool = False

    @property
    def is_tight(self) -> bool:
        return self.low is not None and self.high is not None and bool(self.high <= self.low * (1 + 8 * TIGHT))


class _Infinite(Exception):  # noqa: N818
    def __init__(self, reason: str, point: Point, *, kinked: bool = False) -> None:
        super().__init__(reason)
        self.found = Extreme(reason=reason, point=point, kinked=kinked)


@dataclass(frozen=True, slots=True)
class Seen:
    """Coefficients in an interval, for each choice of branches; why they may not be finite, or are certainly not defined.

    `kinked`: more than one branch holds."""

    jets: tuple[list[arb], ...]
    trouble: str = ""
    broken: str = ""
    kinked: bool = False


@dataclass(slots=True)
class Search:
    """Extremes of one formula, on |x| <= most or on all reals."""

    nodes: tuple[Node, ...]
    most: fmpq | None = None
    work: int = 0
    seen: dict[Interval, Seen] = field(default_factory=dict[Interval, Seen])
    tails: dict[tuple[int, int], Tail | str] = field(default_factory=dict[tuple[int, int], "Tail | str"])

    def derivative(self, order: int) -> Extreme:
        """Of the derivative of this order: 0, 1 or 2. Raises TooMuchWork."""
        with ctx.workprec(PRECISION):
            try:
                return self._extreme(order)
            except _Infinite as infinite:
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
            if arithmetic.chosen > CHOICES:
                return Seen((list(UNKNOWN),), kinked=True)
            if arithmetic.chosen > len(known):
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
            return _Between(self, order).over(_doubling(self.most))
        best: Extreme | None = None
        for start in STARTS:
            try:
                low, point, high = self._beyond(order, start)
                found = _Between(self, order, low, point, high).over(_doubling(fmpq(start)))
            except _Infinite:
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
                raise _Infinite(f"no bound is known of {NAMES[order]} as x tends to {name} ({tail})", name)
            try:
                size = tail[order].range()
                limit = _limit(tail[order]) if size.is_finite else arb(0)
            except Unclear as unclear:
                raise _Infinite(f"no bound is known of {NAMES[order]} as x tends to {name} ({unclear})", name) from None
            if not size.is_finite:
                raise _Infinite(f"{NAMES[order]} has no known bound as x tends to {name}", name)
            high = high.max((size.most() * _SCALE[order]).upper())
            reached = (limit * _SCALE[order]).lower()
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


@dataclass(slots=True)
class _Between:
    """The search over intervals; `low`, `point` and `high` are what is known from outside of them."""

    of: Search
    order: int
    low: arb = field(default_factory=lambda: arb(0))
    point: Point | None = None
    high: arb = field(default_factory=lambda: arb(0))
    waiting: list[tuple[float, int, Interval, arb | None]] = field(
        default_factory=list[tuple[float, int, Interval, "arb | None"]]
    )
    made: int = 0

    def over(self, boxes: Iterator[Interval] | list[Interval]) -> Extreme:
        for box in boxes:
            self.put(box)
        lower: list[tuple[float, int, Interval, arb | None]] = []
        while self.waiting:
            first = heapq.heappop(self.waiting)
            bound = first[-1]
            if bound is not None and (bound <= self.low * (1 + TIGHT) or bound <= _TINY):
                self.high = self.high.max(bound)
            elif bound is not None and bound <= self.high:
                lower.append(first)
            else:
                self.split(first[2])
        self.ascend(lower)
        return Extreme(self.low, self.high.max(self.low), self.point)

    def ascend(self, lower: list[tuple[float, int, Interval, arb | None]]) -> None:
        """Where the bound comes from outside: look for a point that reaches it, in the intervals that may have one."""
        heapq.heapify(lower)
        self.waiting = lower
        for _ in range(ASCENT):
            if not self.waiting or self.high <= self.low * (1 + TIGHT):
                return
            self.split(heapq.heappop(self.waiting)[2])

    def split(self, box: Interval) -> None:
        middle = (box[0] + box[1]) / 2
        self.put((box[0], middle))
        self.put((middle, box[1]))

    def put(self, box: Interval) -> None:
        """A further interval, with its bound; those of the largest bound come first, those without before them, the last
        made first among equals."""
        for at in (*box, (box[0] + box[1]) / 2):
            self.look(at)
        bound = self.bound(box)
        if bound is None:
            self.check(box)
        self.made -= 1
        first = -float("inf") if bound is None else -float(bound)
        heapq.heappush(self.waiting, (first, self.made, box, bound))

    def look(self, at: fmpq) -> None:
        seen = self.of.jets((at, at))
        value = seen.jets[0][self.order]
        if seen.kinked and self.order:
            return  # the slope may be that of neither branch
        if value.is_finite() and (reached := (value.abs_lower() * _SCALE[self.order]).lower()) > self.low:
            self.low, self.point = reached, at

    def bound(self, box: Interval) -> arb | None:
        """On the whole interval: as it is, by Taylor's formula at the middle, or by the ends where it is monotone. A slope that jumps
        has no Lipschitz constant."""
        order, seen = self.order, self.of.jets(box)
        values = [jet[order] for jet in seen.jets]
        if (seen.kinked and order > 1) or not all(value.is_finite() for value in values):
            return None
        found = max(value.abs_upper() for value in values)
        middle = (box[0] + box[1]) / 2
        over, at = seen.jets[0], self.of.jets((middle, middle)).jets[0]
        if not seen.kinked and over[-1].is_finite() and at[-1].is_finite():
            radius = arb((box[1] - box[0]) / 2).upper()
            slope = _taylor(at, over, order + 1, radius)
            if slope > 0 or slope < 0:
                ends = [self.of.jets((end, end)).jets[0][order].abs_upper() for end in box]
                found = found.min(ends[0].max(ends[1]))
            else:
                found = found.min(_taylor(at, over, order, radius).abs_upper())
        return (found * _SCALE[order]).upper()

    def check(self, box: Interval) -> None:
        """Whether to give up where nothing is finite. Raises _Infinite."""
        seen = self.of.jets(box)
        middle = (box[0] + box[1]) / 2
        where = f"x = {shown(middle)}"
        if seen.broken:
            raise _Infinite(f"{seen.broken}, at {where}", middle)
        if box[1] - box[0] <= fmpq(1, 2**FINEST):
            if seen.kinked:
                raise _Infinite(f"a kink at {where}, where its derivative jumps", middle, kinked=True)
            because = f" ({seen.trouble})" if seen.trouble else ""
            raise _Infinite(f"{NAMES[self.order]} has no known bound at {where}{because}", middle)


def _taylor(at: list[arb], over: list[arb], order: int, radius: arb) -> arb:
    """The coefficient of this order on an interval: sum of binomials times those at the middle, the last over the interval."""
    total, binomial, power = at[order], 1, arb(1)
    for k in range(1, ORDER - order + 1):
        binomial = binomial * (order + k) // k
        power = power * radius
        step = arb(0).union(power) if k % 2 == 0 else (-power).union(power)
        total = total + binomial * step * (over if order + k == ORDER else at)[order + k]
    return total


def _doubling(most: fmpq) -> Iterator[Interval]:
    """0 to 1, 1 to 2, 2 to 4, ... up to the end, and the same below 0."""
    before, end = fmpq(0), fmpq(1)
    while before < most:
        last = min(end, most)
        yield before, last
        yield -last, -before
        before, end = end, 2 * end


def shown(x: Point) -> str:
    """Six digits; what is nearly a short number is that."""
    return x if isinstance(x, str) else f"{round(int(x.p) / int(x.q) * 2**20) / 2**20:.6g}"
