"""Branch and bound on intervals: the largest absolute value of a formula or of one of its derivatives there.

Every interval is bounded from above, or halved; the lower end is a value that is reached. Bounds are balls of radius 0, which are
compared exactly.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from flint import arb, fmpq

from boundcalc.exact.formulas.smooth import ORDER

TIGHT = arb(2) ** -52  # relative width at which an enclosure is done
FINEST = 40  # bits of the width at which what is not finite is given up
KINKED = fmpq(1, 2**54)  # width of an interval with a kink that is halved no more
ASCENT = 150  # intervals that are halved to reach what is bounded from outside
NAMES = ("a", "a'", "a''", "a'''")
SCALE = (1, 1, 2, 6)  # of a coefficient to the derivative
Point = fmpq | str  # a number, "oo" or "-oo"
Interval = tuple[fmpq, fmpq]
_TINY = arb(2) ** -1000


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


class Infinite(Exception):  # noqa: N818
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
class Between:
    """The search over intervals; `low`, `point` and `high` are what is known from outside of them."""

    jets: Callable[[Interval], Seen]
    order: int
    low: arb = field(default_factory=lambda: arb(0))
    point: Point | None = None
    high: arb = field(default_factory=lambda: arb(0))
    waiting: list[tuple[float, int, Interval, arb | None]] = field(
        default_factory=list[tuple[float, int, Interval, "arb | None"]]
    )
    made: int = 0

    def over(self, boxes: Iterable[Interval]) -> Extreme:
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
            elif bound is not None and first[2][1] - first[2][0] <= KINKED and self.jets(first[2]).kinked:
                self.high = self.high.max(bound)  # branches that do not meet there are in it
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
        seen = self.jets((at, at))
        value = seen.jets[0][self.order]
        if seen.kinked and self.order:
            return  # the slope may be that of neither branch
        if value.is_finite() and (reached := (value.abs_lower() * SCALE[self.order]).lower()) > self.low:
            self.low, self.point = reached, at

    def bound(self, box: Interval) -> arb | None:
        """On the whole interval: as it is, by Taylor's formula at the middle, or by the ends where it is monotone. A slope that jumps
        has no Lipschitz constant."""
        order, seen = self.order, self.jets(box)
        values = [jet[order] for jet in seen.jets]
        if (seen.kinked and order > 1) or not all(value.is_finite() for value in values):
            return None
        found = max(value.abs_upper() for value in values)
        middle = (box[0] + box[1]) / 2
        over, at = seen.jets[0], self.jets((middle, middle)).jets[0]
        if not seen.kinked and over[-1].is_finite() and at[-1].is_finite():
            radius = arb((box[1] - box[0]) / 2).upper()
            slope = _taylor(at, over, order + 1, radius)
            if slope > 0 or slope < 0:
                ends = [self.jets((end, end)).jets[0][order].abs_upper() for end in box]
                found = found.min(ends[0].max(ends[1]))
            else:
                found = found.min(_taylor(at, over, order, radius).abs_upper())
        return (found * SCALE[order]).upper()

    def check(self, box: Interval) -> None:
        """Whether to give up where nothing is finite. Raises Infinite."""
        seen = self.jets(box)
        middle = (box[0] + box[1]) / 2
        where = f"x = {shown(middle)}"
        if seen.broken:
            raise Infinite(f"{seen.broken}, at {where}", middle)
        if box[1] - box[0] <= fmpq(1, 2**FINEST):
            if seen.kinked:
                jumping = "its derivative" if self.order < 3 else "a derivative"
                raise Infinite(f"a kink at {where}, where {jumping} jumps", middle, kinked=True)
            because = f" ({seen.trouble})" if seen.trouble else ""
            raise Infinite(f"{NAMES[self.order]} has no known bound at {where}{because}", middle)


def _taylor(at: list[arb], over: list[arb], order: int, radius: arb) -> arb:
    """The coefficient of this order on an interval: sum of binomials times those at the middle, the last over the interval."""
    total, binomial, power = at[order], 1, arb(1)
    for k in range(1, ORDER - order + 1):
        binomial = binomial * (order + k) // k
        power = power * radius
        step = arb(0).union(power) if k % 2 == 0 else (-power).union(power)
        total = total + binomial * step * (over if order + k == ORDER else at)[order + k]
    return total


def shown(x: Point) -> str:
    """Six digits; what is nearly a short number is that."""
    return x if isinstance(x, str) else f"{round(int(x.p) / int(x.q) * 2**20) / 2**20:.6g}"
