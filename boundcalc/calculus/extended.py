"""Nonnegative numbers that may be infinite: traced scalars, and what is infinite with the reason. Nothing computes with infinities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from boundcalc.program.ir import Scalar


@dataclass(frozen=True, slots=True)
class Unbounded:
    """An infinite or undefined quantity, with the reason that a person gets to read, and the layer it is infinite from.

    An exact zero times it is zero: what does not depend on the parameters has no derivative by them, smooth or not.
    """

    reason: str
    layer: str = ""

    @property
    def is_zero(self) -> bool:
        return False

    def __add__(self, other: Extended) -> Extended:
        return self

    __radd__ = __add__

    def __mul__(self, other: Extended) -> Extended:
        return other if other.is_zero else self

    __rmul__ = __mul__

    def __pow__(self, exponent: int | Fraction) -> Extended:
        return self


Extended = Scalar | Unbounded


def are_finite(*values: Extended) -> bool:
    return all(isinstance(value, Scalar) for value in values)


def smallest(first: Extended, *others: Extended) -> Extended:
    """The smallest of several bounds of one thing; infinite ones do not count, and nothing is smaller than zero."""
    finite = {bound.index: bound for bound in (first, *others) if isinstance(bound, Scalar)}
    if not finite:
        return first
    if zero := [bound for bound in finite.values() if bound.is_zero]:
        return zero[0]
    least, *rest = finite.values()
    return least.minimum(*rest) if rest else least


def hypot(first: Extended, *others: Extended) -> Extended:
    """sqrt of the sum of squares."""
    parts = (first, *others)
    finite = [part for part in parts if isinstance(part, Scalar)]
    return finite[0].hypot(*finite[1:]) if len(finite) == len(parts) else _first_infinite(parts)


def largest(first: Extended, *others: Extended) -> Extended:
    """The largest of several."""
    parts = [part for part in (first, *others) if not part.is_zero] or [first]
    finite = [part for part in parts if isinstance(part, Scalar)]
    return finite[0].maximum(*finite[1:]) if len(finite) == len(parts) else _first_infinite(parts)


def _first_infinite(parts: Sequence[Extended]) -> Unbounded:
    return next(part for part in parts if isinstance(part, Unbounded))
