"""Taylor arithmetic on balls: the value of a formula and its first derivatives, enclosed for all points of an interval."""

from __future__ import annotations

from dataclasses import dataclass, field

from flint import arb, arb_series, ctx, fmpq

from boundcalc.exact.balls import Number
from boundcalc.exact.formulas.nodes import Key
from boundcalc.exact.formulas.smooth import ORDER, SMOOTH, UNKNOWN, Coefficients, power

LENGTH = ORDER + 1


def series(coefficients: Coefficients) -> arb_series:
    return arb_series(coefficients, LENGTH)


def coefficients(of: arb_series) -> Coefficients:
    return [of[k] for k in range(LENGTH)]


def composed(outer: Coefficients, inner: arb_series) -> arb_series:
    """g(f) from the coefficients of g at f(x): powers of f - f(x), by Horner's rule."""
    if not outer[0].is_finite():
        return series(UNKNOWN)
    step, found = series([arb(0), *coefficients(inner)[1:]]), arb_series([outer[-1]], LENGTH)
    for coefficient in reversed(outer[:-1]):
        found = found * step + arb_series([coefficient], LENGTH)
    return found


@dataclass(slots=True)
class Jets:
    """The arithmetic at one ball. `trouble`: why a value, or a derivative, may not be finite there; `broken`: why it is certainly
    not defined.

    Where it is open which branch of a maximum holds, `choices` say it, in turn: every point has the jet of one of the choices,
    almost every one also the slope. `asked`: of what, each once.
    """

    at: arb
    choices: tuple[bool, ...] = ()
    asked: list[Key] = field(default_factory=list[Key])
    trouble: list[str] = field(default_factory=list[str])
    broken: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        ctx.cap = LENGTH

    def variable(self) -> arb_series:
        return series([self.at, arb(1), *[arb(0)] * (LENGTH - 2)])

    def constant(self, number: Number) -> arb_series:
        return series([arb(number), *[arb(0)] * (LENGTH - 1)])

    def add(self, left: arb_series, right: arb_series) -> arb_series:
        return left + right

    def multiply(self, left: arb_series, right: arb_series) -> arb_series:
        return left * right

    def power(self, base: arb_series, exponent: Number) -> arb_series:
        b, whole = base[0], isinstance(exponent, fmpq) and exponent.q == 1
        found = power(b, exponent)
        if not found[0].is_finite() and b.is_finite():
            if not whole:
                self._outside(b < 0, "a root of a number that is not positive")
            else:
                self._outside(b == 0, "a division by zero")
        return composed(found, base)

    def smooth(self, name: str, of: arb_series) -> arb_series:
        b = of[0]
        if not b.is_finite():
            return series(UNKNOWN)
        found = SMOOTH[name](b)
        if name == "log" and not found[0].is_finite():
            self._outside(b <= 0, "a logarithm of a number that is not positive")
        return composed(found, of)

    def absolute(self, of: arb_series, key: Key) -> arb_series:
        return of if self._first(of - series([arb(0)] * LENGTH), tuple(sorted(key)), key[0] < key[1]) else -of

    def extreme(self, left: arb_series, right: arb_series, sign: int, key: Key) -> arb_series:
        return left if self._first(left - right, key, True) == (sign > 0) else right

    def _first(self, difference: arb_series, key: Key, is_first: bool) -> bool:
        """Whether the difference is positive. `is_first`: of the first of the key and the second, not the other way round."""
        if difference[0] > 0 or difference[0] < 0 or difference == series([arb(0)] * LENGTH):
            return not difference[0] < 0
        if key not in self.asked:
            self.asked.append(key)
        at = self.asked.index(key)
        return at >= len(self.choices) or self.choices[at] == is_first

    def _outside(self, certainly: bool, what: str) -> None:
        (self.broken if certainly else self.trouble).append(what)
