"""What is known of the value of a SymPy expression: enclosures and signs of numbers, sign ranges and integrality with symbols.

SymPy's own answers are not asked: `is_positive` of a polynomial of degree 4,000 takes a minute, evalf of `exp(10**50)` for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import cast

import sympy
from flint import arb, ctx, fmpq

MAX_BITS = 4096
KEPT = 4096  # answers about expressions whose parts are shared, as sizes of deep networks are
MAX_PARTS = 500  # of an expression whose parts count as often as they are used
MAX_POWERS = 8  # exponentials and roots inside one another
MAX_LEVELS = 100  # of operations inside one another: SymPy works by recursion, five frames a level
PRECISIONS = (64, 256, 1024, 4096, 16384)
UNKNOWN = (-1, 1)
POLES = (sympy.S.ComplexInfinity, sympy.S.NaN, sympy.S.Infinity, sympy.S.NegativeInfinity)


class NoValue(ValueError):  # noqa: N818
    """An operation has no value that can be used; `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class TooLarge(NoValue):
    """A number is too large, too small or too close to another one to be worked with."""


class Undefined(NoValue):
    """Division by zero, or a result that is not a real number."""


def out_of_range() -> TooLarge:
    return TooLarge(f"too large or too small: numbers stay between 2**-{MAX_BITS} and 2**{MAX_BITS}")


def is_complicated(expression: sympy.Basic, parts: int = MAX_PARTS) -> bool:
    """Whether the expression has more than so many parts, or more than `MAX_LEVELS` levels."""
    level: list[tuple[sympy.Basic, int]] = [(expression, 0)]
    for _ in range(MAX_LEVELS):
        parts -= len(level)
        if parts < 0 or any(powers > MAX_POWERS for _, powers in level):
            return True
        level = [(arg, powers + _is_slow(part)) for part, powers in level for arg in part.args]
        if not level:
            return False
    return True


def _is_slow(part: sympy.Basic) -> bool:
    """Whether SymPy evaluates what is inside more than once: powers of powers take exponentially long."""
    return isinstance(part, sympy.exp) or (
        isinstance(part, sympy.Pow) and not (part.exp.is_Integer or part.exp is sympy.S.Half)
    )


def too_complicated() -> TooLarge:
    return TooLarge(
        f"too complicated: more than {MAX_PARTS} parts, {MAX_LEVELS} operations or {MAX_POWERS} powers inside one another",
        "give a part of it a symbol, and the symbol a number",
    )


def enclose(number: sympy.Expr) -> arb:
    """A ball around a number, at flint's present precision; TypeError for what is not a number of the language."""
    if isinstance(number, sympy.Rational):
        return arb(fmpq(int(number.p), int(number.q)))
    if number is sympy.S.Pi:
        return arb.pi()
    if number is sympy.S.Exp1:
        return arb(1).exp()
    if number in POLES:
        raise Undefined("not a finite number")
    if (rule := _ENCLOSE.get(number.func)) is None:
        raise TypeError(f"not a number of the language: {number}")
    return rule([enclose(cast("sympy.Expr", arg)) for arg in number.args])


def _fold(combine: Callable[[arb, arb], arb]) -> Callable[[Sequence[arb]], arb]:
    def rule(balls: Sequence[arb]) -> arb:
        total = balls[0]
        for ball in balls[1:]:
            total = combine(total, ball)
        return total

    return rule


_ENCLOSE: Mapping[object, Callable[[Sequence[arb]], arb]] = {
    sympy.Add: _fold(lambda a, b: a + b),
    sympy.Mul: _fold(lambda a, b: a * b),
    sympy.Pow: lambda balls: balls[0] ** balls[1],
    sympy.Min: _fold(lambda a, b: a.min(b)),
    sympy.Max: _fold(lambda a, b: a.max(b)),
    sympy.exp: lambda balls: balls[0].exp(),
    sympy.log: lambda balls: balls[0].log(),
    sympy.erf: lambda balls: balls[0].erf(),
    sympy.Abs: lambda balls: abs(balls[0]),
    sympy.floor: lambda balls: balls[0].floor(),
    sympy.ceiling: lambda balls: balls[0].ceil(),
}


def sign(number: sympy.Expr) -> int | None:
    """-1, 0 or 1; None for a number too close to zero to be told from it. TooLarge beyond 2**4096."""
    if isinstance(number, sympy.Rational):
        return (number.p > 0) - (number.p < 0)
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            ball = enclose(number)
            if not ball.is_finite() or not abs(ball) < arb(2) ** MAX_BITS:
                continue
            if ball > 0 or ball < 0:
                return 1 if ball > 0 else -1
            if ball.is_zero():
                return 0
    with ctx.workprec(PRECISIONS[-1]):
        if not abs(enclose(number)) < arb(2) ** MAX_BITS:
            raise out_of_range()
    return None


def floor_of_number(number: sympy.Expr) -> int:
    """The largest integer up to a number. TooLarge where the number is too large or too close to an integer."""
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            ball = enclose(number)
            if ball.is_finite() and abs(ball) < arb(2) ** MAX_BITS:
                whole = ball.floor().unique_fmpz()
                if whole is not None:
                    return int(whole)
    sign(number)  # says so where the number is too large
    raise TooLarge("too close to an integer to be rounded")


@lru_cache(KEPT)
def sign_range(expression: sympy.Expr) -> tuple[int, int]:
    """The least and the largest sign that the expression can have, as far as its terms and factors tell."""
    if expression.is_number:
        order = sign(expression)
        return UNKNOWN if order is None else (order, order)
    if isinstance(expression, sympy.Symbol):
        return (
            1 if expression.is_positive else 0 if expression.is_nonnegative else -1,
            -1 if expression.is_negative else 0 if expression.is_nonpositive else 1,
        )
    if isinstance(expression, sympy.exp):
        return 1, 1
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
    if isinstance(expression, (sympy.Min, sympy.Max)):
        pick = min if isinstance(expression, sympy.Min) else max
        return pick(lows), pick(highs)
    if isinstance(expression, sympy.erf):
        return ranges[0]
    if isinstance(expression, sympy.floor):
        return min(lows[0], 0), min(highs[0], 1)
    if isinstance(expression, sympy.ceiling):
        return max(lows[0], -1), max(highs[0], 0)
    return (0, 1) if isinstance(expression, sympy.Abs) else UNKNOWN


def _sign_range_of_power(base: sympy.Expr, exponent: sympy.Expr) -> tuple[int, int]:
    low, high = sign_range(base)
    if low >= 0:
        return (1, 1) if low > 0 else (0, 1)
    if isinstance(exponent, sympy.Integer):
        return (int(high < 0), 1) if exponent % 2 == 0 else (low, high)
    return UNKNOWN


@lru_cache(KEPT)
def is_integer(expression: sympy.Expr) -> bool:
    """Whether the expression is an integer, as far as its parts tell."""
    if isinstance(expression, (sympy.Add, sympy.Mul, sympy.Min, sympy.Max, sympy.Abs)):
        return all(is_integer(cast("sympy.Expr", arg)) for arg in expression.args)
    if isinstance(expression, sympy.Pow):
        exponent = expression.exp
        return is_integer(expression.base) and is_integer(exponent) and sign_range(exponent)[0] >= 0
    if isinstance(expression, sympy.Symbol):
        return bool(expression.is_integer)
    return isinstance(expression, (sympy.Integer, sympy.floor, sympy.ceiling))  # of real numbers


@lru_cache(KEPT)
def degree(expression: sympy.Expr) -> sympy.Rational:
    """A bound on the degree as a polynomial in the symbols, rational exponents included; functions have the degree of what they hold."""
    if isinstance(expression, sympy.Symbol):
        return sympy.S.One
    degrees = [degree(arg) for arg in expression.args if isinstance(arg, sympy.Expr)]
    if isinstance(expression, sympy.Mul):
        return sum(degrees, sympy.S.Zero)
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Rational):
        return degrees[0] * abs(expression.exp)
    return max(degrees, default=sympy.S.Zero)
