"""How numbers of a framework are written in a spec."""

from __future__ import annotations

import math
from fractions import Fraction

from boundcalc.importers.draft import Field, plain
from boundcalc.importers.values import RefusalError


def written(value: float) -> Field:
    """A number as a person would write it: whole, a fraction of one, a root of one, or else its decimal."""
    if not math.isfinite(value):
        raise RefusalError(f"a number of it is {value}")
    if value == int(value) and abs(value) < 1e15:
        return int(value)
    root = _root(value)
    if root is not None:
        return root
    inverse = Fraction(repr(value))
    if abs(inverse.numerator) == 1 and inverse.denominator < 10**13:
        return f"{inverse.numerator}/{inverse.denominator}"
    return plain(repr(value)) if "e" in repr(value) else repr(value)


def _root(value: float) -> str | None:
    """The root of a whole number, or one over it, where a float is that up to its rounding."""
    if not 1e-6 < abs(value) < 1e3:
        return None
    for square, text in ((value * value, "sqrt({})"), (1 / value / value, "1/sqrt({})")):
        whole = round(square)
        is_root = 1 < whole < 10**6 and math.isqrt(whole) ** 2 != whole
        if is_root and math.isclose(square, whole, rel_tol=1e-15 * 4):
            return ("-" if value < 0 else "") + text.format(whole)
    return None


def root_scale(value: float, width: int) -> Field:
    """1/sqrt(width) where the number is that, up to the rounding of a float."""
    root = math.isqrt(width)
    if math.isclose(value * math.sqrt(width), 1, rel_tol=1e-14):
        return f"1/{root}" if root * root == width else f"1/sqrt({width})"
    return written(value)


def per_axis(values: tuple[int, ...], axes: int) -> Field:
    """One number where it is that of all axes."""
    found = values * axes if len(values) == 1 else values
    return found[0] if len(set(found)) == 1 else list(found)
