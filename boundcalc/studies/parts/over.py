"""A range of a hyperparameter, as a person writes it: NAME=LOW:HIGH[:COUNT][:log]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import sympy
from flint import fmpq

from boundcalc.bounds.answer import short
from boundcalc.exact import decimals
from boundcalc.exact.expression import parse
from boundcalc.language.fields import PATH
from boundcalc.mistakes import Mistake, Place, SpecError, shown

MOST = 100_000  # points of one range
DIGITS = 12  # of a point between the ends of a logarithmic range
LOG = "log"
SMALL, BITS = 100, 200  # denominators: of a fraction that is written as one, of a decimal
HOW = "write NAME=LOW:HIGH[:COUNT][:log], such as eps=1/1000:1000:50:log"
Point = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Over:
    """`name`: of a symbol, or the path of a field. `count`: of points; `logarithmic`: equal ratios between them."""

    name: str
    low: Fraction
    high: Fraction
    count: int
    logarithmic: bool

    def points(self, whole: bool = False) -> tuple[Fraction, ...]:
        """From low to high, both among them; with `whole` the nearest whole numbers between, each once."""
        last = self.count - 1
        inner = (self._logarithmic(i / last) if self.logarithmic else self._linear(i, last) for i in range(1, last))
        found = (self.low, *inner, self.high)
        if not whole:
            return tuple(dict.fromkeys(found))
        ends = math.ceil(self.low), math.floor(self.high)
        return tuple(dict.fromkeys(Fraction(min(max(round(x), ends[0]), ends[1])) for x in found))

    def _linear(self, i: int, last: int) -> Fraction:
        return self.low + (self.high - self.low) * i / last

    def _logarithmic(self, share: float) -> Fraction:
        """A short decimal: points between the ends may lie anywhere."""
        log = (1 - share) * _log(self.low) + share * _log(self.high)
        exponent = math.floor(log / math.log(10))
        mantissa = Fraction(f"{math.exp(log - exponent * math.log(10)):.{DIGITS}g}")
        return min(max(mantissa * Fraction(10) ** exponent, self.low), self.high)


def read_over(text: str, count: int) -> Over:
    """`count`: unless said. Raises SpecError, which says what is wrong and how to write it."""
    place = Place(f"--over {shown(text)[1:-1]}")
    name, equals, rest = text.partition("=")
    parts = [part.strip() for part in rest.split(":")]
    logarithmic = parts[-1] == LOG
    numbers = parts[:-1] if logarithmic else parts
    name = name.strip()
    if not equals or not PATH.match(name) or len(numbers) not in (2, 3):
        raise _mistake(place, f"{shown(text)} is not a range", HOW)
    low, high = (rational(part, place) for part in numbers[:2])
    if not low < high:
        raise _mistake(place, f"the range from {numbers[0]} to {numbers[1]} is empty", "write the smaller number first")
    if logarithmic and low <= 0:
        raise _mistake(place, "a logarithmic range starts above 0", "leave :log out, or start above 0")
    if len(numbers) == 3:
        if not numbers[2].isdecimal() or not 2 <= int(numbers[2]) <= MOST:
            raise _mistake(place, f"{shown(numbers[2])} points are none", f"write a whole number from 2 to {MOST}")
        count = int(numbers[2])
    return Over(name, low, high, count, logarithmic)


def rational(text: str, place: Place) -> Fraction:
    """Raises SpecError for what is no rational number."""
    value = parse(text, place).evaluate({})
    if not isinstance(value, sympy.Rational):
        raise _mistake(place, f"{shown(text)} is not a rational number", "write a number such as 1/100, 0.01 or 3")
    return Fraction(int(value.p), int(value.q))


def number(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def rounded(x: Fraction, digits: int = 6) -> str:
    """To the nearest decimal, for a table."""
    return short(decimals.nearest_decimal(number(x), digits))


def written(x: Fraction) -> str:
    """Exactly, as people write it: a fraction of small numbers, else the decimal where it ends."""
    if x.denominator <= SMALL:
        return str(x)
    left = x.denominator
    for prime in (2, 5):
        while left % prime == 0:
            left //= prime
    if left > 1 or x.denominator.bit_length() > BITS:
        return str(x)
    with localcontext(prec=BITS):
        return str(Decimal(x.numerator) / Decimal(x.denominator))


def _log(x: Fraction) -> float:
    return math.log(x.numerator) - math.log(x.denominator)


def _mistake(place: Place, finding: str, remedy: str) -> SpecError:
    return SpecError([Mistake(place, finding, remedy, "bad_range")])
