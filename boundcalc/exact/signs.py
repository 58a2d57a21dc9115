"""What is known of the value of a SymPy expression: enclosures and signs of numbers, sign ranges and integrality with symbols.

SymPy's own answers are not asked: `is_positive` of a polynomial of degree 4,000 takes a minute, evalf of `exp(10**50)` for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import sympy
from flint import arb, ctx

from boundcalc.exact.balls import ball
from boundcalc.exact.enclosures import evaluate_leaf
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.limits import KEPT, MAX_BITS, POLES, TooLarge, Undefined, out_of_range
from boundcalc.exact.table import ANY_SIGN as UNKNOWN
from boundcalc.exact.table import Signs

PRECISIONS = (64, 256, 1024, 4096, 16384)


def enclose(number: sympy.Expr) -> arb:
    """A ball around a number, at flint's present precision, which is infinite or undefined where that is too low.

    Raises Undefined for infinities, and TypeError for what is not a number of the language.
    """
    try:
        return ball(evaluate_leaf(number, {}))
    except ArithmeticError:
        return arb("nan")
    except TypeError:
        if number.has(*POLES):
            raise Undefined("not a finite number") from None
        raise


def sign(number: sympy.Expr) -> int | None:
    """-1, 0 or 1; None for a number too close to zero to be told from it. TooLarge beyond 2**4096."""
    if isinstance(number, sympy.Rational):
        return (number.p > 0) - (number.p < 0)
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            value = enclose(number)
            if not value.is_finite() or not abs(value) < arb(2) ** MAX_BITS:
                continue
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
            if value.is_zero():
                return 0
    with ctx.workprec(PRECISIONS[-1]):
        if not abs(enclose(number)) < arb(2) ** MAX_BITS:
            raise out_of_range()
    return None


def floor_of_number(number: sympy.Expr) -> int:
    """The largest integer up to a number. TooLarge where the number is too large or too close to an integer."""
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            value = enclose(number)
            if value.is_finite() and abs(value) < arb(2) ** MAX_BITS:
                whole = value.floor().unique_fmpz()
                if whole is not None:
                    return int(whole)
    sign(number)  # says so where the number is too large
    raise TooLarge("too close to an integer to be rounded")


@lru_cache(KEPT)
def sign_range(expression: sympy.Expr) -> Signs:
    """The least and the largest sign that the expression can have, as far as its terms and factors tell."""
    if expression.is_number:
        order = sign(expression)
        return UNKNOWN if order is None else (order, order)
    if isinstance(expression, sympy.Symbol):
        return (
            1 if expression.is_positive else 0 if expression.is_nonnegative else -1,
            -1 if expression.is_negative else 0 if expression.is_nonpositive else 1,
        )
    row = FUNCTIONS.heads.get(type(expression))
    if row is not None and not row.extremum:
        return row.signs_of(lambda: sign_range(cast("sympy.Expr", expression.args[0])))
    if isinstance(expression, sympy.Pow):
        return _sign_range_of_power(expression.base, expression.exp)
    ranges = [sign_range(arg) for arg in expression.args if isinstance(arg, sympy.Expr)]
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    if isinstance(expression, sympy.Add):
        return (max(lows) if min(lows) >= 0 else -1, min(highs) if max(highs) <= 0 else 1)
    if isinstance(expression, sympy.Mul):
        low, high = 1, 1
        for least, most in ranges:
            products = [low * least, low * most, high * least, high * most]
            low, high = min(products), max(products)
        return low, high
    return (row.pick(lows), row.pick(highs)) if row is not None else UNKNOWN


def _sign_range_of_power(base: sympy.Expr, exponent: sympy.Expr) -> Signs:
    low, high = sign_range(base)
    if low >= 0:
        return (1, 1) if low > 0 else (0, 1)
    if isinstance(exponent, sympy.Integer):
        return (int(high < 0), 1) if exponent % 2 == 0 else (low, high)
    return UNKNOWN


@lru_cache(KEPT)
def is_integer(expression: sympy.Expr) -> bool:
    """Whether the expression is an integer, as far as its parts tell."""
    row = FUNCTIONS.heads.get(type(expression))
    if row is not None and row.rounding:
        return True  # of real numbers
    if isinstance(expression, (sympy.Add, sympy.Mul)) or (row is not None and row.keeps_whole):
        return all(is_integer(cast("sympy.Expr", arg)) for arg in expression.args)
    if isinstance(expression, sympy.Pow):
        exponent = expression.exp
        return is_integer(expression.base) and is_integer(exponent) and sign_range(exponent)[0] >= 0
    if isinstance(expression, sympy.Symbol):
        return bool(expression.is_integer)
    return isinstance(expression, sympy.Integer)
