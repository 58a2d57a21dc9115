"""Numbers that are never wrong: exact rationals while they are small, balls (arb) that contain the value otherwise.

The arithmetic works at flint's current precision (flint.ctx.workprec). Every function returns a number that contains
the exact result or raises ArithmeticError; a ball that cannot answer a question raises `Undecidable`: more precision
may help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import sympy
from flint import arb, fmpq, fmpz

Number = fmpq | arb
Value = int | Fraction | sympy.Expr | fmpz | fmpq | arb  # what a symbol may be given: exact, or a ball; no floats

_ROOTS = 1000  # above, a root is taken by logarithms
EXACT_BITS = 512  # larger rationals become balls, so that depth cannot make numbers explode


class Undecidable(ArithmeticError):  # noqa: N818
    """The balls overlap: whether a < b, or what floor(a) is, cannot be told at this precision."""


def ball(x: Number) -> arb:
    return arb(x) if isinstance(x, fmpq) else x


def finite(x: arb) -> arb:
    """x itself. Raises ArithmeticError for an overflow or what is undefined."""
    if not x.is_finite():
        raise ArithmeticError("the result is not a finite number")
    return x


def trim(x: fmpq) -> Number:
    """x itself, or a ball around it if it is long."""
    return x if x.height_bits() <= EXACT_BITS else arb(x)


def plus(x: Number, y: Number) -> Number:
    """The sum of two, which most sums are of."""
    return trim(x + y) if isinstance(x, fmpq) and isinstance(y, fmpq) else x + y


def times(x: Number, y: Number) -> Number:
    """The product of two. Zero times a ball is zero."""
    if isinstance(x, arb):
        return x * y if isinstance(y, arb) or y else y
    if isinstance(y, arb):
        return y * x if x else x
    return x * y if x.height_bits() + y.height_bits() <= EXACT_BITS else arb(y) * x


def add(terms: Iterable[Number]) -> Number:
    exact, inexact = fmpq(0), None
    for term in terms:
        if isinstance(term, fmpq):
            exact += term
        else:
            inexact = term if inexact is None else inexact + term
    return trim(exact) if inexact is None else inexact + exact


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
            best = finite(merge(ball(best), ball(term)))
        elif order == sign:
            best = term
    return best


def minimum(terms: Iterable[Number]) -> Number:
    return _extremum(terms, -1, arb.min)


def maximum(terms: Iterable[Number]) -> Number:
    return _extremum(terms, 1, arb.max)


def floor(x: Number) -> Number:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    whole = finite(x).floor().unique_fmpz()
    if whole is None:
        raise Undecidable("the floor of a number that is too close to an integer")
    return fmpq(whole)


def log(x: Number) -> Number:
    if x == 1:
        return fmpq(0)
    if x <= 0:
        raise ArithmeticError("the logarithm of a number that is not positive")
    if not x > 0:
        raise Undecidable("the logarithm of a number that may not be positive")
    return finite(ball(x).log())


def sign(x: Number) -> Number:
    order = compare(x, fmpq(0))
    if order is None:
        raise Undecidable("the sign of a number that may be zero")
    return fmpq(order)


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
    return _integer_power(base, p) if q == 1 else _fractional_power(base, p, q)


def _exact_root(x: fmpq, q: int) -> fmpq | None:
    if q == 1 or x == 0 or x == 1:
        return x
    if q > x.height_bits():
        return None
    p_root, q_root = x.p.root(q), x.q.root(q)
    return fmpq(p_root, q_root) if p_root**q == x.p and q_root**q == x.q else None


def _fractional_power(x: arb, p: int, q: int) -> arb:
    if x < 0:
        raise ArithmeticError("a fractional power of a negative number")
    if x > 0:
        result = x.root(q) ** fmpz(p) if q <= _ROOTS else (x.log() * fmpq(p, q)).exp()
        return finite(result)
    if p < 0:
        raise _division(x)
    top = finite(x).upper()  # flint's root is nan on balls around 0; the power is increasing
    return arb(0) if top == 0 else arb(0).union(_fractional_power(top, p, q))


def _division(x: arb) -> ArithmeticError:
    return ZeroDivisionError("division by zero") if x == 0 else Undecidable("division by a number that may be zero")


def _integer_power(x: arb, p: int) -> arb:
    if p == 0:
        return arb(1)
    if x > 0 or x < 0:
        return finite(x ** fmpz(p))
    finite(x)
    if p < 0:
        raise _division(x)
    low, top = x.lower(), x.upper()  # flint's power is nan on balls with centre 0; use the two ends
    ends = [end ** fmpz(p) if end != 0 else arb(0) for end in (low, top)]
    return finite(ends[0].union(ends[1]).union(arb(0)))
