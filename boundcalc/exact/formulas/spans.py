"""Intervals by their ends. A ball around a middle rounds its radius to thirty bits: too coarse for what is bounded by its ends, such
as a sine for all large x."""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, fmpq

from boundcalc.exact import balls
from boundcalc.exact.balls import Number, ball


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """All numbers between `low` and `high`, which are exact rationals, or balls that count with all of themselves."""

    low: Number
    high: Number

    @staticmethod
    def of(number: Number | int) -> Span:
        exact = fmpq(number) if isinstance(number, int) else number
        return Span(exact, exact)

    @property
    def is_number(self) -> bool:
        return self.low is self.high

    @property
    def is_zero(self) -> bool:
        return bool(self.low == 0) and bool(self.high == 0)

    @property
    def is_finite(self) -> bool:
        return ball(self.low).is_finite() and ball(self.high).is_finite()

    def __neg__(self) -> Span:
        return Span.of(-self.low) if self.is_number else Span(-self.high, -self.low)

    def __add__(self, other: Span) -> Span:
        low = balls.add((self.low, other.low))
        return Span.of(low) if self.is_number and other.is_number else Span(low, balls.add((self.high, other.high)))

    def __mul__(self, other: Span) -> Span:
        if self.is_number and other.is_number:
            return Span.of(balls.multiply((self.low, other.low)))
        ends = [balls.multiply((a, b)) for a in (self.low, self.high) for b in (other.low, other.high)]
        if any(isinstance(end, arb) and not end.is_finite() for end in ends):
            return NOWHERE
        return Span(balls.minimum(ends), balls.maximum(ends))

    def sign(self) -> int:
        """1 or -1 where all numbers have it, else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    def hull(self) -> arb:
        """As a ball."""
        return ball(self.low) if self.is_number else ball(self.low).union(ball(self.high))

    def most(self) -> arb:
        """The largest absolute value, from above."""
        return ball(self.low).abs_upper().max(ball(self.high).abs_upper())

    def least(self) -> arb:
        """The least absolute value, from below."""
        return ball(self.low).abs_lower().min(ball(self.high).abs_lower()) if self.sign() else arb(0)

    def top(self) -> arb:
        return ball(self.high).upper()


NOWHERE = Span(arb("nan"), arb("nan"))
ONE = Span.of(1)
WAVE = Span(fmpq(-1), fmpq(1))
UP_TO_ONE = Span(fmpq(0), fmpq(1))
