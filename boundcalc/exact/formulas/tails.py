"""The Taylor coefficients of a formula, up to the third order, for all x >= T: arithmetic on `Far`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

from boundcalc.exact.balls import Number
from boundcalc.exact.formulas import smooth
from boundcalc.exact.formulas.far import Far, Unclear, at_limit
from boundcalc.exact.formulas.nodes import Key
from boundcalc.exact.formulas.spans import UP_TO_ONE, WAVE, Span

Tail = tuple[Far, Far, Far, Far]
MULTIPLIED = 8  # natural powers up to this one are products, which need no sign
Row = Callable[["Tails", Far], Tail]


@dataclass(frozen=True, slots=True)
class Tails:
    """The arithmetic for x >= start, or for x <= -start where `side` is -1: of f(-x) then."""

    start: arb
    side: int

    def number(self, number: Number | int) -> Far:
        return self.span(Span.of(number))

    def span(self, span: Span) -> Far:
        return Far(self.start, {} if span.is_zero else {Fraction(0): span})

    def variable(self) -> Tail:
        return (
            Far(self.start, {Fraction(1): Span.of(self.side)}),
            self.number(self.side),
            self.number(0),
            self.number(0),
        )

    def constant(self, number: Number) -> Tail:
        return self.number(number), self.number(0), self.number(0), self.number(0)

    def add(self, left: Tail, right: Tail) -> Tail:
        return left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3]

    def multiply(self, left: Tail, right: Tail) -> Tail:
        f, g = left, right
        return (
            f[0] * g[0],
            f[0] * g[1] + f[1] * g[0],
            f[0] * g[2] + f[1] * g[1] + f[2] * g[0],
            f[0] * g[3] + f[1] * g[2] + f[2] * g[1] + f[3] * g[0],
        )

    def power(self, base: Tail, exponent: Number) -> Tail:
        if not isinstance(exponent, fmpq):
            raise Unclear("a power that is not rational")
        p, whole = Fraction(int(exponent.p), int(exponent.q)), exponent.q == 1 and 0 <= exponent <= MULTIPLIED

        def raised(k: int, factor: fmpq) -> Far:
            if factor == 0:
                return self.number(0)
            return self.number(factor) * (self._product(base[0], int(p) - k) if whole else self._raised(base[0], p - k))

        second = exponent * (exponent - 1) / 2
        outer = raised(0, fmpq(1)), raised(1, exponent), raised(2, second), raised(3, second * (exponent - 2) / 3)
        return self._chain(outer, base)

    def _product(self, of: Far, times: int) -> Far:
        found = self.number(1)
        for _ in range(times):
            found = found * of
        return found

    def _raised(self, of: Far, p: Fraction) -> Far:
        exponent = fmpq(p.numerator, p.denominator)
        return of.power(lambda b: smooth.power(b, exponent), p)

    def smooth(self, name: str, of: Tail) -> Tail:
        return self._chain(_ROWS[name](self, of[0]), of)

    def absolute(self, of: Tail, key: Key) -> Tail:
        return of if self._sign(of[0]) > 0 else (-of[0], -of[1], -of[2], -of[3])

    def extreme(self, left: Tail, right: Tail, sign: int, key: Key) -> Tail:
        return left if self._sign(left[0] + -right[0]) == sign else right

    def _sign(self, of: Far) -> int:
        if not of.terms:
            return 1
        if (sign := of.sign()) == 0:
            raise Unclear("a sign that changes")
        return sign

    def _chain(self, outer: Tail, f: Tail) -> Tail:
        slope, bend = f[1], outer[2] * f[1]
        third = outer[1] * f[3] + bend * f[2] * self.number(2) + outer[3] * slope * slope * slope
        return outer[0], outer[1] * slope, outer[1] * f[2] + bend * slope, third

    def exponential(self, of: Far) -> Far:
        return of.exponential(smooth.exponential)

    def inverse(self, of: Far) -> Far:
        return self._raised(of, Fraction(-1))

    def sigmoid(self, of: Far) -> Far:
        if of.limited() == 0:
            return at_limit(smooth.sigmoid, of.flat())
        return self.inverse(self.number(1) + self.exponential(-of))


def _exp(t: Tails, f: Far) -> Tail:
    e = t.exponential(f)
    return e, e, e * t.number(fmpq(1, 2)), e * t.number(fmpq(1, 6))


def _log(t: Tails, f: Far) -> Tail:
    q = t.inverse(f)
    return f.logarithm(smooth.logarithm), q, q * q * t.number(fmpq(-1, 2)), q * q * q * t.number(fmpq(1, 3))


def _sigmoid(t: Tails, f: Far) -> Tail:
    s, c = t.sigmoid(f), t.sigmoid(-f)
    p = s * c
    third = (p + p * p * t.number(-6)) * t.number(fmpq(1, 6))
    return s, p, p * (c + -s) * t.number(fmpq(1, 2)), third


def _softplus(t: Tails, f: Far) -> Tail:
    s, p, q, _ = _sigmoid(t, f)
    value = (t.number(1) + t.exponential(f)).logarithm(smooth.logarithm)
    return value, s, p * t.number(fmpq(1, 2)), q * t.number(fmpq(1, 3))


def _tanh(t: Tails, f: Far) -> Tail:
    s, p, q, r = _sigmoid(t, f * t.number(2))
    return s * t.number(2) + t.number(-1), p * t.number(4), q * t.number(8), r * t.number(16)


def _erf(t: Tails, f: Far) -> Tail:
    """1 - erf(f) is between 0 and exp(-f^2) for f >= 0."""
    g = t.exponential(-(f * f)) * t.number(2 / arb.pi().sqrt())
    side = f.limited()
    if side == 0:
        value = at_limit(smooth.erf, f.flat())
    else:
        if f.sign() != side:
            raise Unclear("a sign that changes")
        rest = t.exponential(-(f * f)) * t.span(UP_TO_ONE)
        value = t.number(side) + rest * t.number(-side)
    return value, g, -(f * g), g * (f * f * t.number(2) + t.number(-1)) * t.number(fmpq(1, 3))


def _arctan(t: Tails, f: Far) -> Tail:
    """arctan(f) = pi/2 - arctan(1/f) for f > 0."""
    q = t.inverse(t.number(1) + f * f)
    side = f.limited()
    if side == 0:
        value = at_limit(smooth.arctan, f.flat())
    else:
        if f.sign() != side:
            raise Unclear("a sign that changes")
        value = t.number(side * arb.pi() / 2) + -at_limit(smooth.arctan, t.inverse(f).flat())
    return value, q, -(f * q * q), (f * f + t.number(fmpq(-1, 3))) * q * q * q


def _wave(row: Callable[[arb], list[arb]]) -> Row:
    def found(t: Tails, f: Far) -> Tail:
        if f.limited() == 0:
            flat = f.flat()
            shifted = [at_limit(lambda b, k=k: _derived(row(b), k), flat) for k in range(4)]
            return shifted[0], shifted[1], shifted[2], shifted[3]
        one = t.span(WAVE)
        return one, one, one * t.number(fmpq(1, 2)), one * t.number(fmpq(1, 6))

    return found


def _derived(of: list[arb], k: int) -> list[arb]:
    """The coefficients of the k-th derivative over k!, of a sine or cosine: its derivatives come around after four."""
    signs = [of[0], of[1], of[2] * 2, of[3] * 6]
    scale = (1, 1, 2, 6)[k]
    factorial = (1, 1, 2, 6, 24, 120)
    return [signs[(j + k) % 4] / factorial[j] / scale for j in range(len(of))]


_ROWS: dict[str, Row] = {
    "exp": _exp,
    "log": _log,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "tanh": _tanh,
    "erf": _erf,
    "arctan": _arctan,
    "sin": _wave(smooth.sine),
    "cos": _wave(smooth.cosine),
}
