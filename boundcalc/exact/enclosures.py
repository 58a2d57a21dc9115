"""Certified numbers of SymPy expressions in symbols that have values: the leaves of a program. Never evalf."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import sympy
from flint import arb, ctx, fmpq, fmpz
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from boundcalc.exact.balls import (
    Number,
    Undecidable,
    Value,
    add,
    ball,
    compare,
    finite,
    maximum,
    minimum,
    multiply,
    power,
    trim,
)


class NoCase(ArithmeticError):  # noqa: N818
    """A form with cases has none for these values: a derivative where the form has a case for one value alone."""


def _floor(x: Number) -> fmpq:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    whole = finite(x).floor().unique_fmpz()
    if whole is None:
        raise Undecidable("the floor of a number that is too close to an integer")
    return fmpq(whole)


def _log(x: Number) -> Number:
    if x == 1:
        return fmpq(0)
    if x <= 0:
        raise ArithmeticError("the logarithm of a number that is not positive")
    if not x > 0:
        raise Undecidable("the logarithm of a number that may not be positive")
    return finite(ball(x).log())


def _exp(x: Number) -> Number:
    return fmpq(1) if x == 0 else finite(ball(x).exp())


def _erf(x: Number) -> Number:
    return fmpq(0) if x == 0 else finite(ball(x).erf())


def _sign(x: Number) -> Number:
    order = compare(x, fmpq(0))
    if order is None:
        raise Undecidable("the sign of a number that may be zero")
    return fmpq(order)


_FUNCTIONS: Mapping[type[sympy.Basic], Callable[[Number], Number]] = {
    sympy.exp: _exp,
    sympy.log: _log,
    sympy.erf: _erf,
    sympy.floor: _floor,
    sympy.ceiling: lambda x: -_floor(-x),
    sympy.Abs: abs,
    sympy.sign: _sign,
}
_FOLDS: Mapping[type[sympy.Basic], Callable[[Sequence[Number]], Number]] = {
    sympy.Add: add,
    sympy.Mul: multiply,
    sympy.Min: minimum,
    sympy.Max: maximum,
}
_RELATIONS: Mapping[type[sympy.Basic], tuple[int, ...]] = {
    sympy.StrictLessThan: (-1,),
    sympy.LessThan: (-1, 0),
    sympy.StrictGreaterThan: (1,),
    sympy.GreaterThan: (1, 0),
    sympy.Equality: (0,),
    sympy.Unequality: (-1, 1),
}


def to_number(value: Value) -> Number:
    """An exact value or a ball as a Number, at the current precision. Floats raise TypeError: 0.1 is not 1/10."""
    if isinstance(value, (fmpq, arb)):
        return trim(value) if isinstance(value, fmpq) else finite(value)
    if isinstance(value, sympy.Expr):
        return evaluate_leaf(value, {})
    if isinstance(value, fmpz):
        return trim(fmpq(value))
    if isinstance(value, numbers.Rational) and value is not True and value is not False:  # NumPy's integers as well
        return trim(fmpq(int(value.numerator), int(value.denominator)))
    raise TypeError(f"not an exact number: {value!r} ({type(value).__name__})")


def from_sympy(
    expression: sympy.Expr, values: Mapping[sympy.Symbol, Value] | None = None, precision: int = 128
) -> Number:
    """A certified value. Raises TypeError for functions it does not know, KeyError for symbols without a value."""
    with ctx.workprec(precision):
        return evaluate_leaf(expression, {symbol: to_number(value) for symbol, value in (values or {}).items()})


def evaluate_leaf(expression: sympy.Basic, values: Mapping[sympy.Symbol, Number]) -> Number:
    """`from_sympy` at the current precision and with numbers that are ready."""
    kind = type(expression)
    if isinstance(expression, sympy.Rational):
        return trim(fmpq(int(expression.p), int(expression.q)))
    if isinstance(expression, sympy.Symbol):
        return values[expression]
    if expression is sympy.pi:
        return arb.pi()
    if expression is sympy.E:
        return arb.const_e()
    if kind in _FOLDS:
        return _FOLDS[kind]([evaluate_leaf(arg, values) for arg in expression.args])
    if kind in _FUNCTIONS:
        return _FUNCTIONS[kind](evaluate_leaf(expression.args[0], values))
    if isinstance(expression, sympy.Pow):
        base, exponent = (evaluate_leaf(arg, values) for arg in expression.args)
        if isinstance(exponent, fmpq):
            return power(base, Fraction(int(exponent.p), int(exponent.q)))
        return base if base == 0 and exponent > 0 else _exp(multiply((exponent, _log(base))))
    if isinstance(expression, sympy.Piecewise):
        for pair in expression.args:
            branch, condition = pair.args
            if _holds(condition, values):
                return evaluate_leaf(branch, values)
        raise NoCase("no branch of a Piecewise applies")
    raise TypeError(f"cannot evaluate {kind.__name__}: {expression}")


def _holds(condition: sympy.Basic, values: Mapping[sympy.Symbol, Number]) -> bool:
    kind = type(condition)
    if isinstance(condition, (BooleanTrue, BooleanFalse)):
        return bool(condition)
    if isinstance(condition, And):
        return all(_holds(arg, values) for arg in condition.args)
    if isinstance(condition, Or):
        return any(_holds(arg, values) for arg in condition.args)
    if isinstance(condition, Not):
        return not _holds(condition.args[0], values)
    if kind in _RELATIONS:
        order = compare(*(evaluate_leaf(arg, values) for arg in condition.args))
        if order is None:
            raise Undecidable(f"cannot tell whether {condition}")
        return order in _RELATIONS[kind]
    raise TypeError(f"cannot decide {kind.__name__}: {condition}")
