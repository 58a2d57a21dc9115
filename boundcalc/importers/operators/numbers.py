"""How numbers of a framework are written in a spec."""

from __future__ import annotations

import math
from fractions import Fraction

from boundcalc.importers.draft import Field, plain
from boundcalc.importers.values import Refusal


def written(value: float) -> Field:
    """A number as a person would write it: whole, a fraction of one, a root of one, or else its decimal."""
    if not math.isfinite(value):
        raise Refusal(f"a number of it is {value}")
    if value == int(value) and abs(value) < 1e15:
        return int(value)
    inverse = Fraction(repr(value))
    if abs(inverse.numerator) == 1 and inverse.denominator < 10**13:
        return f"{inverse.numerator}/{inverse.denominator}"
    return plain(repr(value)) if "e" in repr(value) else repr(value)


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
