"""Numbers that are never wrong: exact rationals while they are small, balls (arb) that contain the value otherwise.

The arithmetic works at flint's current precision; `from_sympy` sets it. Every function returns a number that contains
the exact result or raises ArithmeticError; a ball that cannot answer a question raises `Undecidable`: more precision
may help.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import sympy
from flint import arb, ctx, fmpq, fmpz
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

Number = fmpq | arb
Value = int | Fraction | sympy.Expr | fmpz | fmpq | arb  # what a symbol may be given: exact, or a ball; no floats

EXACT_BITS = 512  # larger rationals become balls, so that depth cannot make numbers explode


class Undecidable(ArithmeticError):  # noqa: N818
    """The balls overlap: whether a < b, or what floor(a) is, cannot be told at this precision."""


def ball(x: Number) -> arb:
    return arb(x) if isinstance(x, fmpq) else x


def _finite(x: arb) -> arb:
    if not x.is_finite():
        raise ArithmeticError("the result is not a finite number")
    return x


def _trim(x: fmpq) -> Number:
    return x if x.height_bits() <= EXACT_BITS else arb(x)


def add(terms: Iterable[Number]) -> Number:
    exact, inexact = fmpq(0), None
    for term in terms:
        if isinstance(term, fmpq):
            exact += term
        else:
            inexact = term if inexact is None else inexact + term
    return _trim(exact) if inexact is None else inexact + exact


def multiply(factors: Iterable[Number]) -> Number:
    exact, inexact = fmpq(1), None
    for factor in factors:
        if not isinstance(factor, fmpq):
            inexact = factor if inexact is None else inexact * factor
        elif exact.height_bits() + factor.height_bits() <= EXACT_BITS:
            exact *= factor
        else:
            inexact = arb(factor) if inexact is None else inexact * factor
    if inexact is None or exact == 0:
        return exact
    return inexact * exact


def compare(a: Number, b: Number) -> int | None:
    """-1, 0 or 1; None when the balls overlap."""
    if a < b:
        return -1
    if a > b:
        return 1
    return 0 if a == b else None


def _extremum(terms: Iterable[Number], sign: int, merge: Callable[[arb, arb], arb]) -> Number:
    first, *rest = terms
    best: Number = first
    for term in rest:
        order = compare(term, best)
        if order is None:
            best = _finite(merge(ball(best), ball(term)))
        elif order == sign:
            best = term
    return best


def minimum(terms: Iterable[Number]) -> Number:
    return _extremum(terms, -1, arb.min)


def maximum(terms: Iterable[Number]) -> Number:
    return _extremum(terms, 1, arb.max)


def hypot(terms: Iterable[Number]) -> Number:
    return power(add(power(t, Fraction(2)) for t in terms), Fraction(1, 2))


def power(base: Number, exponent: Fraction) -> Number:
    """base ** exponent, exact where it is a small rational. A ball that reaches below 0 is cut there before a root."""
    p, q = exponent.numerator, exponent.denominator
    if isinstance(base, fmpq):
        if q > 1 and base < 0:
            raise ArithmeticError("a fractional power of a negative number")
        root = _exact_root(base, q)
        if root is not None and root.height_bits() * abs(p) <= EXACT_BITS:
            return root**p
        base = arb(base)
    return _integer_power(base if q == 1 else _root(base, q), p)


def _exact_root(x: fmpq, q: int) -> fmpq | None:
    if q == 1 or x == 0 or x == 1:
        return x
    if q > x.height_bits():
        return None
    p_root, q_root = x.p.root(q), x.q.root(q)
    return fmpq(p_root, q_root) if p_root**q == x.p and q_root**q == x.q else None


def _root(x: arb, q: int) -> arb:
    if x < 0:
        raise ArithmeticError("a fractional power of a negative number")
    if x > 0:
        return _finite(x.root(q))
    top = x.upper()  # flint's root is nan on balls around 0; the root is increasing
    return arb(0) if top == 0 else arb(0).union(_finite(top.root(q)))


def _integer_power(x: arb, p: int) -> arb:
    if p == 0:
        return arb(1)
    if x > 0 or x < 0:
        return _finite(x ** fmpz(p))
    _finite(x)
    if p < 0:
        raise ZeroDivisionError("division by zero") if x == 0 else Undecidable("division by a number that may be zero")
    low, top = x.lower(), x.upper()  # flint's power is nan on balls with centre 0; use the two ends
    ends = [end ** fmpz(p) if end != 0 else arb(0) for end in (low, top)]
    return _finite(ends[0].union(ends[1]).union(arb(0)))


def _floor(x: Number) -> fmpq:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    whole = _finite(x).floor().unique_fmpz()
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
    return _finite(ball(x).log())


def _exp(x: Number) -> Number:
    return fmpq(1) if x == 0 else _finite(ball(x).exp())


def _erf(x: Number) -> Number:
    return fmpq(0) if x == 0 else _finite(ball(x).erf())


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
        return _trim(value) if isinstance(value, fmpq) else _finite(value)
    if isinstance(value, sympy.Expr):
        return evaluate_leaf(value, {})
    if isinstance(value, fmpz):
        return _trim(fmpq(value))
    if isinstance(value, numbers.Rational) and value is not True and value is not False:  # NumPy's integers as well
        return _trim(fmpq(int(value.numerator), int(value.denominator)))
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
        return _trim(fmpq(int(expression.p), int(expression.q)))
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
        raise ArithmeticError("no branch of a Piecewise applies")
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
