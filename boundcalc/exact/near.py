"""Floats near certified numbers, which certify nothing: the same whatever precision a caller of flint has set."""

from __future__ import annotations

import math

from flint import arb, ctx

from boundcalc.exact.balls import Number, ball

PRECISION = 128


def logarithm(number: Number) -> float:
    """Of the middle of a number of any magnitude: -inf of 0, nan of what is negative or undefined."""
    with ctx.workprec(PRECISION):
        middle = ball(number).mid()
        return float(middle.log()) if middle > 0 else -math.inf if middle == 0 else math.nan


def double(number: Number) -> float:
    with ctx.workprec(PRECISION):
        return float(ball(number).mid())


def quotient(top: Number, bottom: Number) -> float:
    """inf or nan where a double holds no such number."""
    return double(quotient_ball(top, bottom))


def quotient_ball(top: Number, bottom: Number) -> arb:
    with ctx.workprec(PRECISION):
        return ball(top) / ball(bottom)


def elasticity(slope: Number, value: Number, whole: Number) -> float:
    """d log / d log: the slope times the value of the symbol, relative to the (nonzero) whole."""
    with ctx.workprec(PRECISION):
        return float((ball(slope) * ball(value) / ball(whole)).mid())
