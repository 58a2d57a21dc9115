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
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from boundcalc.exact.balls import Value

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


def _floor(x: Array) -> Array:
    near = np.rint(x)  # an exact integer is not missed because of rounding
    return np.where(np.abs(x - near) <= 1e-12 * np.maximum(1.0, np.abs(x)), near, np.floor(x))


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


_FOLDS: Mapping[type[sympy.Basic], Callable[[Sequence[Signed]], Signed]] = {
    sympy.Add: add,
    sympy.Mul: multiply,
    sympy.Min: minimum,
    sympy.Max: maximum,
}
_FUNCTIONS: Mapping[type[sympy.Basic], Callable[[Signed], Signed]] = {
    sympy.exp: lambda x: Signed(x.value),
    sympy.log: lambda x: from_array(np.where(_sign(x) < 0, np.nan, x.log)),
    sympy.Abs: lambda x: Signed(x.log),
    sympy.sign: lambda x: from_array(np.sign(x.value)),
    sympy.erf: lambda x: from_array(_erf(x.value)),
    sympy.floor: lambda x: from_array(_floor(x.value)),
    sympy.ceiling: lambda x: from_array(-_floor(-x.value)),
}
_RELATIONS: Mapping[type[sympy.Basic], Callable[[Any, Any], Any]] = {
    sympy.StrictLessThan: np.less,
    sympy.LessThan: np.less_equal,
    sympy.StrictGreaterThan: np.greater,
    sympy.GreaterThan: np.greater_equal,
    sympy.Equality: np.equal,
    sympy.Unequality: np.not_equal,
}


def leaf(expression: sympy.Basic, values: Mapping[sympy.Symbol, Signed]) -> Signed:
    """A SymPy expression; TypeError for a function that is not known here."""
    kind = type(expression)
    if isinstance(expression, sympy.Rational):
        return from_value(expression)
    if isinstance(expression, sympy.Symbol):
        return values[expression]
    if expression is sympy.pi or expression is sympy.E:
        return from_array(np.asarray(math.pi if expression is sympy.pi else math.e))
    if kind in _FOLDS:
        return _FOLDS[kind]([leaf(arg, values) for arg in expression.args])
    if kind in _FUNCTIONS:
        return _FUNCTIONS[kind](leaf(expression.args[0], values))
    if isinstance(expression, sympy.Pow):
        base, exponent = leaf(expression.args[0], values), expression.args[1]
        if isinstance(exponent, sympy.Rational):
            return power(base, Fraction(int(exponent.p), int(exponent.q)))
        return Signed(np.where(_sign(base) < 0, np.nan, base.log * leaf(exponent, values).value))
    if isinstance(expression, sympy.Piecewise):
        result = from_array(np.asarray(np.nan))
        for pair in reversed(expression.args):
            branch, condition = pair.args
            result = where(_holds(condition, values), leaf(branch, values), result)
        return result
    raise TypeError(f"cannot evaluate {kind.__name__}: {expression}")


def _holds(condition: sympy.Basic, values: Mapping[sympy.Symbol, Signed]) -> NDArray[np.bool_]:
    kind = type(condition)
    if isinstance(condition, (BooleanTrue, BooleanFalse)):
        return np.asarray(bool(condition))
    if isinstance(condition, And):
        return reduce(np.logical_and, [_holds(arg, values) for arg in condition.args])
    if isinstance(condition, Or):
        return reduce(np.logical_or, [_holds(arg, values) for arg in condition.args])
    if isinstance(condition, Not):
        return np.logical_not(_holds(condition.args[0], values))
    if kind in _RELATIONS:
        left, right = (leaf(arg, values) for arg in condition.args)
        if left.sign is None and right.sign is None:
            return _RELATIONS[kind](left.log, right.log)
        return _RELATIONS[kind](left.value, right.value)
    raise TypeError(f"cannot decide {kind.__name__}: {condition}")
