"""Certified printing: decimals and floats on the asked side of a number of any magnitude.

An end of a ball is a dyadic number. One of moderate size is scaled by a power of ten exactly. A larger one may have
millions of digits, so there the scaled number is a ball, and its end on the asked side is rounded outward.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction

from flint import arb, ctx, fmpq, fmpz

from boundcalc.exact.balls import Number

_EXACT_BITS = 20_000  # up to here scaling by powers of ten is exact and quick
_WORK_BITS = 256  # wide enough that the ends of a ball are not widened


def upper_decimal(x: Number, digits: int = 15) -> str:
    """A decimal >= x with at most `digits` digits; exact where that many suffice ("12", "0.01", "1.2346e+5000")."""
    return _decimal(x, digits, 1)


def lower_decimal(x: Number, digits: int = 15) -> str:
    """A decimal <= x."""
    return _decimal(x, digits, -1)


def nearest_decimal(x: Number, digits: int = 15) -> str:
    """The centre of x rounded to the nearest; certifies nothing."""
    return _decimal(x, digits, 0)


def enclosure(x: Number, digits: int = 15) -> tuple[str, str]:
    """Decimals low <= x <= high."""
    return lower_decimal(x, digits), upper_decimal(x, digits)


def float_upper(x: Number) -> float:
    """The least double >= x; inf beyond their range."""
    end = _end(x, 1)
    if end == 0:
        return 0.0
    if isinstance(end, arb):
        mantissa, exponent = end.man_exp()
        top = int(exponent) + int(abs(mantissa)).bit_length()  # 2^(top-1) <= |end| < 2^top
        if top > 1024:
            return math.inf if end > 0 else -sys.float_info.max
        if top < -1100:
            return math.ulp(0.0) if end > 0 else 0.0
        end = end.fmpq()
    exact = Fraction(int(end.p), int(end.q))
    try:
        near = float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -sys.float_info.max
    return math.nextafter(near, math.inf) if Fraction(near) < exact else near


def log10_upper(x: Number) -> float | None:
    """A double >= log10(x), None for 0. Raises ValueError for a negative number."""
    end = _end(x, 1)
    if end == 0:
        return None
    if end < 0:
        raise ValueError("a negative number has no logarithm")
    with ctx.workprec(_WORK_BITS):
        return float_upper(arb(end).log() / arb.const_log10())


def _end(x: Number, direction: int) -> Number:
    """The upper end (1), the lower end (-1) or the centre (0)."""
    if isinstance(x, fmpq):
        return x
    if not x.is_finite():
        raise ArithmeticError("not a finite number")
    with ctx.workprec(max(_WORK_BITS, ctx.prec)):
        end = x.mid() if direction == 0 else x.upper() if direction > 0 else x.lower()
    return end.fmpq() if abs(int(end.man_exp()[1])) < _EXACT_BITS else end


def _decimal(x: Number, digits: int, direction: int) -> str:
    if digits < 1:
        raise ValueError("at least one digit")
    end = _end(x, direction)
    if end == 0:
        return "0"
    if end < 0:
        return "-" + _format(*_scientific(-end, digits, -direction), digits)
    return _format(*_scientific(end, digits, direction), digits)


def _scientific(x: Number, digits: int, direction: int) -> tuple[int, int]:
    """(m, e) with x rounded in the direction to m 10^e, m of `digits` digits."""
    with ctx.workprec(_WORK_BITS + 4 * digits):
        guess = (arb(x).log() / arb.const_log10()).mid().floor().unique_fmpz()
        if guess is None:
            raise ArithmeticError("the exponent is too large to print")
        exponent = int(guess) - digits + 1
        if _scaled(x, exponent, -1) < 10 ** (digits - 1):  # the guess may be one off next to a power of ten
            exponent -= 1
        mantissa = _scaled(x, exponent, direction)
        if mantissa > 10**digits:
            exponent += 1
            mantissa = _scaled(x, exponent, direction)
        return mantissa, exponent


def _scaled(x: Number, exponent: int, direction: int) -> int:
    """x / 10^exponent, rounded in the direction to an integer."""
    if isinstance(x, fmpq) and abs(exponent) < _EXACT_BITS:
        scaled = x / fmpq(10) ** exponent
        if direction > 0:
            return int(scaled.ceil())
        return int(scaled.floor() if direction < 0 else (scaled + fmpq(1, 2)).floor())
    ball = arb(x) / arb(10) ** fmpz(exponent)
    if direction > 0:
        whole = ball.upper().ceil().unique_fmpz()
    else:
        whole = (ball.lower() if direction < 0 else ball.mid() + 0.5).floor().unique_fmpz()
    if whole is None:
        raise ArithmeticError("the exponent is too large to print")
    return int(whole)


def _format(mantissa: int, exponent: int, digits: int) -> str:
    text = str(mantissa).rstrip("0")
    exponent += len(str(mantissa)) - 1  # now of the first digit
    if not -5 <= exponent < max(digits, 1):
        return text[0] + ("." + text[1:] if text[1:] else "") + f"e{exponent:+d}"
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + text
    whole = text[: exponent + 1].ljust(exponent + 1, "0")
    return whole + ("." + text[exponent + 1 :] if text[exponent + 1 :] else "")
