"""Arithmetic with signs and logarithms of magnitudes in double precision, and leaves evaluated in it.

The sign None means nonnegative, which is all that bounds need; only derivatives carry signs. The logarithm of zero is
-inf. What is undefined comes out as nan, division by zero as inf: whoever asks for the result checks it once, at the
end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import sympy
from flint import arb, fmpq, fmpz
from numpy.typing import ArrayLike, NDArray

from boundcalc.exact.balls import Value
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.interpret import Reading
from boundcalc.exact.relations import Relation
from boundcalc.exact.table import Function, Table

Array = NDArray[np.float64]


class Signed(NamedTuple):
    log: Array
    sign: Array | None = None
    linear: Array | None = None  # the value itself where it was given, free of the rounding of exp(log)

    @property
    def value(self) -> Array:
        if self.linear is not None:
            return self.linear
        return np.exp(self.log) if self.sign is None else self.sign * np.exp(self.log)

    @property
    def logarithm(self) -> Array:
        """The logarithm of the value, nan where it is negative."""
        return np.where(_sign(self) < 0, np.nan, self.log)


def from_value(value: ArrayLike | Value) -> Signed:
    """A number or an array of them; exact numbers and balls may have any size."""
    if isinstance(value, arb):
        log = np.asarray(float(abs(value.mid()).log()))
        return Signed(log, np.asarray(-1.0) if value < 0 else None)
    if isinstance(value, (fmpz, fmpq)):
        value = Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, (int, Fraction, sympy.Rational)):
        exact = Fraction(int(value.numerator), int(value.denominator))
        if exact == 0:
            return from_array(np.asarray(0.0))
        log = math.log(abs(exact.numerator)) - math.log(exact.denominator)
        linear = np.asarray(float(exact)) if abs(log) < 700 else None
        return Signed(np.asarray(log), np.asarray(-1.0) if exact < 0 else None, linear)
    if isinstance(value, sympy.Expr):
        return leaf(value, {})
    return from_array(np.asarray(value, dtype=np.float64))


def from_array(x: Array) -> Signed:
    return Signed(np.log(np.abs(x)), np.sign(x) if np.any(x < 0) else None, x)


def add(terms: Sequence[Signed]) -> Signed:
    if all(t.sign is None for t in terms):
        return Signed(reduce(np.logaddexp, [t.log for t in terms]))
    top = reduce(np.maximum, [t.log for t in terms])
    top = np.where(np.isneginf(top), 0.0, top)
    total = sum((_sign(t) * np.exp(t.log - top) for t in terms), np.asarray(0.0))
    return Signed(top + np.log(np.abs(total)), np.sign(total))


def multiply(factors: Sequence[Signed]) -> Signed:
    log = reduce(np.add, [f.log for f in factors])
    if all(f.sign is None for f in factors):
        return Signed(log)
    return Signed(log, reduce(np.multiply, [_sign(f) for f in factors]))


def power(base: Signed, exponent: Fraction) -> Signed:
    log = base.log * float(exponent)
    if base.sign is None:
        return Signed(log)
    if exponent.denominator != 1:
        return Signed(np.where(base.sign < 0, np.nan, log))
    return Signed(log, None if exponent % 2 == 0 else base.sign)


def hypot(terms: Sequence[Signed]) -> Signed:
    return Signed(reduce(np.logaddexp, [2 * t.log for t in terms]) / 2)


def minimum(terms: Sequence[Signed]) -> Signed:
    if all(t.sign is None for t in terms):
        return Signed(reduce(np.minimum, [t.log for t in terms]))
    return from_array(reduce(np.minimum, [t.value for t in terms]))


def maximum(terms: Sequence[Signed]) -> Signed:
    if all(t.sign is None for t in terms):
        return Signed(reduce(np.maximum, [t.log for t in terms]))
    return from_array(reduce(np.maximum, [t.value for t in terms]))


def where(condition: NDArray[np.bool_], yes: Signed, no: Signed) -> Signed:
    log = np.where(condition, yes.log, no.log)
    if yes.sign is None and no.sign is None:
        return Signed(log)
    return Signed(log, np.where(condition, _sign(yes), _sign(no)))


def less(a: Signed, b: Signed) -> NDArray[np.bool_]:
    """By logarithms, at any magnitude, where neither is negative."""
    if a.sign is None and b.sign is None:
        return a.log < b.log
    return np.asarray(a.value < b.value)


def _sign(x: Signed) -> Array:
    return np.asarray(1.0) if x.sign is None else x.sign


def leaf(expression: sympy.Basic, values: Mapping[sympy.Symbol, Signed]) -> Signed:
    """A SymPy expression; TypeError for a function that is not known here."""
    return READING.read(expression, values)


def reading(functions: Table = FUNCTIONS) -> Reading[Signed, NDArray[np.bool_]]:
    """Arrays of signs and logarithms. All cases of a definition by cases are computed."""
    return Reading(
        number=from_value,
        pi=lambda: from_array(np.asarray(math.pi)),
        e=lambda: from_array(np.asarray(math.e)),
        add=add,
        multiply=multiply,
        minimum=minimum,
        maximum=maximum,
        power=_power,
        function=rule,
        cases=_cases,
        relation=_relation,
        truth=np.asarray,
        every=lambda conditions: reduce(np.logical_and, conditions),
        some=lambda conditions: reduce(np.logical_or, conditions),
        negation=np.logical_not,
        functions=functions,
    )


def rule(row: Function) -> Callable[[Signed], Signed] | None:
    """What a function does to signs and logarithms, if it is known to."""
    if (logarithm := row.logarithm) is not None:
        return lambda x: Signed(logarithm(x))
    if (doubles := row.doubles) is not None:
        return lambda x: from_array(doubles(np, x))
    own: Callable[[Array], Array] | None = getattr(np, row.array_name, None) if row.certified else None
    return None if own is None else lambda x: from_array(own(x.value))


def _power(part: sympy.Pow, value: Callable[[sympy.Basic], Signed]) -> Signed:
    x, exponent = value(part.args[0]), part.args[1]
    if isinstance(exponent, sympy.Rational):
        return power(x, Fraction(int(exponent.p), int(exponent.q)))
    return Signed(x.logarithm * value(exponent).value)


def _cases(part: sympy.Piecewise, value: Callable[[sympy.Basic], Any]) -> Signed:
    result = from_array(np.asarray(np.nan))
    for pair in reversed(part.args):
        branch, condition = pair.args
        result = where(value(condition), value(branch), result)
    return result


def _relation(row: Relation, left: Signed, right: Signed, condition: sympy.Basic) -> NDArray[np.bool_]:
    """By logarithms, at any magnitude, where neither is negative."""
    if left.sign is None and right.sign is None:
        return row.holds(left.log, right.log)
    return row.holds(left.value, right.value)


READING = reading()
