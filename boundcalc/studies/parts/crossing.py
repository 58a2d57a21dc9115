"""Where one of two numbers, certified at every point, begins to exceed the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from boundcalc.exact.balls import Number, compare

WIDTH = Fraction(1, 10**13)  # of a crossing, relative to where it is: 12 digits
SHIFTS = (Fraction(1, 2), Fraction(9, 20), Fraction(11, 20), Fraction(2, 5))  # of a bisection, where the balls overlap
MOST = 400  # bisections

Compared = Callable[[Fraction], int | None]  # which is larger at a point: -1 the second, 1 the first, None undecided


@dataclass(frozen=True, slots=True)
class Crossing:
    """Between `low` and `high` the larger one changes: `before` is the sign of first minus second at `low`."""

    low: Fraction
    high: Fraction
    before: int

    @property
    def is_narrow(self) -> bool:
        return self.high - self.low <= WIDTH * max(abs(self.low), abs(self.high))


def comparison(first: Callable[[Fraction], Number], second: Callable[[Fraction], Number]) -> Compared:
    return lambda x: compare(first(x), second(x))


def signs(points: Sequence[Fraction], of: Compared) -> list[tuple[Fraction, int]]:
    """The points at which it is decided which is larger, or that both are equal, and how."""
    return [(x, sign) for x in points if (sign := of(x)) is not None]


def crossings(decided: Sequence[tuple[Fraction, int]], of: Compared, whole: bool) -> Iterator[Crossing]:
    """One between any two neighbours among the decided points at which another one is larger; points of equality lie between.

    Both numbers are continuous in between, so a change of sign is a crossing; an even number of them between two neighbours is not
    seen. `whole`: the point is a whole number, and the crossing is between two neighbours of them.
    """
    strict = [(x, sign) for x, sign in decided if sign]
    for (low, before), (high, after) in pairwise(strict):
        if before != after:
            yield _narrowed(Crossing(low, high, before), of, whole)


def _narrowed(crossing: Crossing, of: Compared, whole: bool) -> Crossing:
    for _ in range(MOST):
        if crossing.is_narrow or (whole and crossing.high - crossing.low <= 1):
            break
        inside = _inside(crossing, of, whole)
        if inside is None:
            break
        x, sign = inside
        if sign == crossing.before:
            crossing = Crossing(x, crossing.high, crossing.before)
        else:
            crossing = Crossing(crossing.low, x, crossing.before)
    return crossing


def _inside(crossing: Crossing, of: Compared, whole: bool) -> tuple[Fraction, int] | None:
    """A point inside at which one is larger; None where it cannot be told, or both are equal at all that were tried."""
    for share in SHIFTS:
        x = _between(crossing.low, crossing.high, share)
        x = Fraction(round(x)) if whole else x
        if not crossing.low < x < crossing.high:
            continue
        sign = of(x)
        if sign:
            return x, sign
    return None


def _between(low: Fraction, high: Fraction, share: Fraction) -> Fraction:
    """Of ends far apart the geometric mean, roughly: halving would take many steps to a small number."""
    if low > 0 and high > 16 * low:
        exponent = (high / low).numerator.bit_length() - (high / low).denominator.bit_length()
        return low * 2 ** max(1, int(exponent * share))
    return _short(low + (high - low) * share, high - low)


def _short(x: Fraction, width: Fraction) -> Fraction:
    """A point near x with few digits, so that exact numbers stay short."""
    scale = 2 ** max(0, 6 - (width.numerator.bit_length() - width.denominator.bit_length()))
    return Fraction(round(x * scale), scale)
