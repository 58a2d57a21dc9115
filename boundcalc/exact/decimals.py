"""Certified printing: decimals and floats on the asked side of a number of any magnitude.

An end of a ball is a dyadic number. One of moderate size is scaled by a power of ten exactly. A larger one may have
millions of digits, so there the scaled number is a ball, and its end on the asked side is rounded outward.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction

from flint import arb, ctx, fmpq, fmpz

from boundcalc.exact.balls import Number

_EXACT_BITS = 20_000  # up to here scaling by powers of ten is exact and quick
MEASURED_DIGITS = 7  # of what is measured and then written into closed forms: rounded up, by less than a millionth
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
    if isinstance(end, fmpq):
        return _double_above(Fraction(int(end.p), int(end.q)))
    mantissa, exponent = (int(part) for part in end.man_exp())
    length = abs(mantissa).bit_length()
    top = exponent + length  # 2^(top-1) <= |end| < 2^top
    if top > 1024:
        return math.inf if end > 0 else -sys.float_info.max
    if top < -1100:
        return math.ulp(0.0) if end > 0 else 0.0
    if -1021 < top < 1024:  # not next to the ends of the range of doubles: 53 bits
        excess = max(0, length - 53)
        return math.ldexp(-(-mantissa >> excess), exponent + excess)
    return _double_above(Fraction(mantissa) * Fraction(2) ** exponent)


def float_lower(x: Number) -> float:
    """The largest double <= x; -inf beyond their range."""
    return -float_upper(-x)


def _double_above(exact: Fraction) -> float:
    try:
        near = float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -sys.float_info.max
    return math.nextafter(near, math.inf) if Fraction(near) < exact else near


def log10_upper(x: Number) -> float | None:
    """A double >= log10(x), None for 0. Raises ValueError for a negative number."""
    return _log10(x, 1, float_upper)


def log10_lower(x: Number) -> float | None:
    """A double <= log10(x), None for 0. Raises ValueError for a negative number."""
    return _log10(x, -1, float_lower)


def _log10(x: Number, direction: int, rounded: Callable[[Number], float]) -> float | None:
    end = _end(x, direction)
    if end == 0:
        return None
    if end < 0:
        raise ValueError("a negative number has no logarithm")
    with ctx.workprec(_WORK_BITS):
        return rounded(arb(end).log() / arb.const_log10())


def whole_upper(x: Number, digits: int = 15) -> str:
    """A natural number >= x: the least one, up to so many digits; a decimal that is rounded up beyond."""
    end = _end(x, 1)
    if end > 10**digits:
        return upper_decimal(x, digits)
    with ctx.workprec(max(_WORK_BITS, ctx.prec)):
        return str(int(end.ceil()) if isinstance(end, fmpq) else _whole(end.ceil()))


def _end(x: Number, direction: int) -> Number:
    """The upper end (1), the lower end (-1) or the centre (0): an exact number."""
    if isinstance(x, fmpq):
        return x
    if not x.is_finite():
        raise ArithmeticError("not a finite number")
    with ctx.workprec(max(_WORK_BITS, ctx.prec)):
        return x.mid() if direction == 0 else x.upper() if direction > 0 else x.lower()


def _decimal(x: Number, digits: int, direction: int) -> str:
    if digits < 1:
        raise ValueError("at least one digit")
    end = _end(x, direction)
    if end == 0:
        return "0"
    sign = ""
    if end < 0:
        sign, direction = "-", -direction
        end = -end if isinstance(end, fmpq) else end.neg(exact=True)  # a centre may have more bits than any precision
    return sign + _format(*_scientific(end, digits, direction), digits)


def _scientific(x: Number, digits: int, direction: int) -> tuple[int, int]:
    """(m, e) with an exact x rounded in the direction to m 10^e, m of `digits` digits."""
    ratio = _ratio(x)
    guess = _log10_of_ball(x, digits) if ratio is None else math.floor(math.log10(ratio[0]) - math.log10(ratio[1]))

    def rounded(exponent: int) -> tuple[int, int]:
        """x / 10^exponent as an integer, rounded down and in the direction."""
        if ratio is None or abs(exponent) >= _EXACT_BITS:
            return _scaled_ball(x, exponent, digits, -1), _scaled_ball(x, exponent, digits, direction)
        return _scaled(*ratio, exponent, direction)

    exponent = guess - digits + 1
    low, mantissa = rounded(exponent)
    if low < 10 ** (digits - 1):  # the guess may be one off next to a power of ten
        exponent -= 1
        low, mantissa = rounded(exponent)
    if mantissa > 10**digits:
        exponent += 1
        low, mantissa = rounded(exponent)
    return mantissa, exponent


def _ratio(x: Number) -> tuple[int, int] | None:
    """An exact number as a fraction; None where that has millions of digits."""
    if isinstance(x, fmpq):
        return int(x.p), int(x.q)
    mantissa, exponent = (int(part) for part in x.man_exp())
    if abs(exponent) >= _EXACT_BITS:
        return None
    return (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)


def _scaled(top: int, bottom: int, exponent: int, direction: int) -> tuple[int, int]:
    """top / bottom / 10^exponent, rounded down to an integer, and in the direction."""
    if exponent < 0:
        top *= 10**-exponent
    else:
        bottom *= 10**exponent
    low, rest = divmod(top, bottom)
    return low, low + ((rest > 0) if direction > 0 else direction == 0 and 2 * rest >= bottom)


def _log10_of_ball(x: Number, digits: int) -> int:
    with ctx.workprec(_WORK_BITS + 4 * digits):
        return _whole((arb(x).log() / arb.const_log10()).mid().floor())


def _scaled_ball(x: Number, exponent: int, digits: int, direction: int) -> int:
    """x / 10^exponent as a ball, whose end is rounded in the direction to an integer."""
    with ctx.workprec(_WORK_BITS + 4 * digits):
        ball = arb(x) / arb(10) ** fmpz(exponent)
        if direction > 0:
            return _whole(ball.upper().ceil())
        return _whole((ball.lower() if direction < 0 else ball.mid() + 0.5).floor())


def _whole(x: arb) -> int:
    whole = x.unique_fmpz()
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
