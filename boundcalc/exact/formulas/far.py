"""Functions of x >= T, enclosed for all of them at once: exp(h(x)) times a sum of powers of x, whose coefficients are intervals:
numbers in them that may depend on x.

h has positive powers only. What exp(h) makes small next to other terms becomes a multiple of a very negative power of x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, fmpq

from boundcalc.exact.balls import Number
from boundcalc.exact.formulas.spans import NOWHERE, ONE, UP_TO_ONE, Span

Powers = Mapping[Fraction, Span]
Growth = Mapping[tuple[Fraction, Span | None], fmpq]  # by power, and by what is multiplied if it is no rational
Rule = Callable[[arb], list[arb]]  # from a ball to Taylor coefficients on it
ZERO, HALF = Fraction(0), Fraction(1, 2)
TERMS = 8  # that a sum keeps; those of lower powers are merged
SMALL = Fraction(16)  # x^-SMALL times a constant is what a decaying exponential is enclosed by
EXPANDED = 5  # powers of what is small, in a composition


class Unclear(ArithmeticError):  # noqa: N818
    """Nothing is known for all x >= T; perhaps for a larger T."""


@dataclass(frozen=True, slots=True)
class Far:
    """exp(growth) * terms, for x >= start."""

    start: arb
    terms: Powers
    growth: Growth = field(default_factory=dict[tuple[Fraction, Span | None], fmpq])

    def constant(self, number: Span) -> Far:
        return Far(self.start, {} if number.is_zero else {ZERO: number})

    def __neg__(self) -> Far:
        return Far(self.start, {n: -c for n, c in self.terms.items()}, self.growth)

    def __mul__(self, other: Far) -> Far:
        found: dict[Fraction, Span] = {}
        for n, c in self.terms.items():
            for m, d in other.terms.items():
                found[n + m] = found[n + m] + c * d if n + m in found else c * d
        return self._merged(found, _added(self.growth, other.growth, 1))

    def __add__(self, other: Far) -> Far:
        if not self.terms or not other.terms:
            return self if self.terms else other
        ahead = _added(self.growth, other.growth, -1)
        if not ahead:
            found = dict(self.terms)
            for m, d in other.terms.items():
                found[m] = found[m] + d if m in found else d
            return self._merged(found, self.growth)
        if _leading(ahead)[1].sign() < 0:
            return other + self
        less = Far(self.start, other.terms) * self._decayed({key: -c for key, c in ahead.items()})
        return Far(self.start, (Far(self.start, self.terms) + less).terms, self.growth)

    def flat(self) -> Far:
        """Without an exponential. Raises Unclear where it grows."""
        return Far(self.start, self.terms) * self._decayed(self.growth) if self.growth else self

    def range(self) -> Span:
        """The values for all x >= start; not finite where they are unbounded."""
        if not self.terms:
            return Span.of(0)
        if self.growth and _leading(self.growth)[1].sign() > 0:
            return NOWHERE
        terms = self.flat().terms
        powers = sorted(terms)
        if not powers or powers[-1] > 0:
            return NOWHERE if powers else Span.of(0)
        found, below = Span.of(0), powers[0]
        for n in powers:  # c + x^-a (d + x^-b (...)): so that what is below the limit is seen to be
            found, below = terms[n] + self._unit(below - n) * found, n
        return self._unit(below) * found

    def sign(self) -> int:
        """1 or -1, where all values have it; else 0."""
        _, c, rest = self.leading()
        return (self.constant(c) + rest).range().sign()

    def leading(self) -> tuple[Fraction, Span, Far]:
        """n, c, r: the terms are x^n (c + r), where r tends to 0. Raises Unclear where c may be zero."""
        if not self.terms:
            raise Unclear("division by zero")
        n = max(self.terms)
        c = self.terms[n]
        if not c.sign():
            raise Unclear("the largest terms cancel")
        return n, c, Far(self.start, {m - n: d for m, d in self.terms.items() if m != n})

    def limited(self) -> int:
        """0 where values are bounded; 1 or -1 where they tend to oo or -oo."""
        if self.growth and self.terms:
            return self.leading()[1].sign() if _leading(self.growth)[1].sign() > 0 else 0
        return 0 if not self.terms or max(self.terms) <= 0 else self.leading()[1].sign()

    def power(self, rule: Rule, exponent: Fraction) -> Far:
        """f^p, by the Taylor coefficients of the power."""
        n, c, rest = self.leading()
        if exponent.denominator != 1 and c.sign() < 0:
            raise Unclear("a root of a negative number")
        found = expanded(rule, c, rest)
        p = fmpq(exponent.numerator, exponent.denominator)
        growth = {key: d * p for key, d in self.growth.items()}
        return Far(self.start, {m + n * exponent: d for m, d in found.terms.items()}, growth)

    def exponential(self, rule: Rule) -> Far:
        """exp(f); of an f that falls exponentially, which is below -SMALL x, between 0 and exp(-SMALL x)."""
        if self.growth and self.limited() < 0:
            if (self + Far(self.start, {Fraction(1): _span(SMALL)})).sign() >= 0:
                raise Unclear("an exponential of an exponential")
            return Far(self.start, {ZERO: UP_TO_ONE}, {(Fraction(1), None): -fmpq(int(SMALL))})
        flat = self.flat()
        growth: dict[tuple[Fraction, Span | None], fmpq] = {}
        for n, c in flat.terms.items():
            if n > 0:
                exact = c.low if c.is_number and isinstance(c.low, fmpq) else None
                growth[n, c if exact is None else None] = fmpq(1) if exact is None else exact
        if growth:
            _leading(growth)
        found = at_limit(rule, Far(self.start, {n: c for n, c in flat.terms.items() if n <= 0}))
        return Far(self.start, found.terms, growth)

    def logarithm(self, rule: Rule) -> Far:
        """log(exp(h) x^n (c + r)) = h + n log x + log(c + r); log(x)/sqrt(x) decreases from x = e^2 on."""
        n, c, rest = self.leading()
        if c.sign() < 0:
            raise Unclear("a logarithm of a negative number")
        slow = Span(fmpq(0), self.start.log() / self.start.sqrt()) * _span(n)
        own = Far(self.start, {HALF: slow} if n else {})
        grown = [Far(self.start, {m: c}) for m, c in _by_power(self.growth).items()]
        return sum(grown, own) + expanded(rule, c, rest)

    def _unit(self, n: Fraction) -> Span:
        """x^n for n <= 0."""
        return ONE if n == 0 else Span(fmpq(0), _raised(self.start, n))

    def _merged(self, terms: dict[Fraction, Span], growth: Growth) -> Far:
        kept = {n: c for n, c in terms.items() if not c.is_zero}
        powers = sorted(kept, reverse=True)
        for n in powers[TERMS:]:
            last = powers[TERMS - 1]
            kept[last] = kept[last] + kept.pop(n) * self._unit(n - last)
        return Far(self.start, kept, growth)

    def _decayed(self, growth: Growth) -> Far:
        """exp(h) where h falls: with the upper ends in place of the coefficients, x^m exp(h) decreases from T on, since m + x h'(x) <= 0
        there; x h' is at most x^n times a number below 0."""
        n, c = _leading(growth)
        bound, height = _ball(n) * c.top(), c.top() * _raised(self.start, n)
        for m, d in _by_power(growth).items():
            if m != n:
                bound += _ball(m) * d.most() * _raised(self.start, m - n)
                height += d.top() * _raised(self.start, m)
        if not bound < 0 or not bound * _raised(self.start, n) + _ball(SMALL) <= 0:
            raise Unclear("an exponential that grows, or falls slowly")
        return Far(self.start, {-SMALL: Span(fmpq(0), (height.exp() * _raised(self.start, SMALL)).upper())})


def expanded(rule: Rule, c: Span, rest: Far) -> Far:
    """g(c + r) by Taylor's formula, the last coefficient at all points between."""
    at = rule(c.hull())
    last = rule((rest.constant(c) + rest).range().hull())[EXPANDED] if rest.terms else arb(0)
    if not all(number.is_finite() for number in (*at, last)):
        raise Unclear("a function at the end of where it is defined")
    if not rest.terms:
        return rest.constant(Span.of(_exact(c, at[0])))
    found = rest.constant(Span.of(last))
    for number in reversed(at[:EXPANDED]):
        found = found * rest + rest.constant(Span.of(_exact(c, number)))
    return found


def at_limit(rule: Rule, of: Far) -> Far:
    """g(f) of an f that has a limit."""
    c = of.terms.get(ZERO, Span.of(0))
    return expanded(rule, c, Far(of.start, {n: d for n, d in of.terms.items() if n != 0}))


def _exact(c: Span, number: arb) -> Number:
    """What has no radius is a rational, if c is: 1/2 is no ball then."""
    if c.is_number and isinstance(c.low, fmpq) and number.is_exact():
        mantissa, exponent = number.man_exp()
        if abs(int(exponent)) < 256:
            return fmpq(mantissa) * fmpq(2) ** int(exponent)
    return number


def _by_power(growth: Growth) -> Powers:
    found: dict[Fraction, Span] = {}
    for (n, of), c in growth.items():
        term = Span.of(c) if of is None else of if c == 1 else of * Span.of(c)
        found[n] = found[n] + term if n in found else term
    return found


def _leading(growth: Growth) -> tuple[Fraction, Span]:
    powers = _by_power(growth)
    n = max(powers)
    if not powers[n].sign():
        raise Unclear("the largest terms cancel")
    return n, powers[n]


def _added(left: Growth, right: Growth, sign: int) -> Growth:
    if not right:
        return left
    found = dict(left)
    for key, d in right.items():
        found[key] = found.get(key, fmpq(0)) + sign * d
    return {key: c for key, c in found.items() if c != 0}


def _span(number: Fraction) -> Span:
    return Span.of(fmpq(number.numerator, number.denominator))


def _ball(number: Fraction) -> arb:
    return arb(fmpq(number.numerator, number.denominator))


def _raised(base: arb, n: Fraction) -> arb:
    return base**n.numerator if n.denominator == 1 else (base.log() * _ball(n)).exp()
