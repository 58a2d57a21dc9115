"""Double precision rounded upward: what an operation gives, moved to the next double, is above the exact result, since IEEE 754
rounds to the nearest one. Proofs are in docs/weights.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Float = TypeVar("Float", float, NDArray[np.float64])

UNIT = 2.0**-53  # the largest relative error of one operation
MOST_TERMS = 2**40  # of a sum; entries of an array; the absolute value of an entry
LOST = 2.0**-860  # above all that underflow loses in a sum, or in the norm of a matrix of sums


def up(value: Float) -> Float:
    return np.nextafter(value, math.inf)  # type: ignore[return-value]


def gamma(roundings: int) -> float:
    """Above n u/(1 - n u), the relative error of n roundings one after another."""
    if roundings > MOST_TERMS:
        raise ValueError(f"an array of more than {MOST_TERMS} entries")
    return float(up(up(roundings * UNIT) / (1 - 2 * roundings * UNIT)))


def root(value: Values) -> Values:
    return up(np.sqrt(value))


@dataclass(frozen=True, slots=True)
class Scaled:
    """An array is `values` times 2^exponent, exactly but for what underflows: less than 2^-1022 an entry. The largest absolute value
    is in [1/2, 1), or all are 0. Of complex arrays that is said of real and imaginary parts."""

    values: Values
    exponent: int

    def above(self, bound: float) -> Fraction:
        """A bound of a norm of the values, as one of the array."""
        return Fraction(bound) * Fraction(2) ** self.exponent if self.values.any() else Fraction(0)


def exact_doubles(array: Any) -> Values:
    """Floating-point numbers of at most 64 bits as doubles. Raises TypeError for other types, ValueError for entries that are not
    finite."""
    given = np.asarray(array)
    is_binary = given.dtype.name in ("float16", "float32", "float64", "bfloat16")
    if not is_binary:
        raise TypeError(f"entries of type {given.dtype.name}; they are float16, bfloat16, float32 or float64")
    values: Values = given.astype(np.float64, order="C", copy=False)
    if not np.isfinite(values).all():
        raise ValueError("entries that are not finite")
    return values


def scaled(array: Any) -> Scaled:
    """An array of `exact_doubles`, which raises the same."""
    values = exact_doubles(array)
    largest = float(max(values.max(initial=0.0), -values.min(initial=0.0)))
    _, exponent = math.frexp(largest)
    return Scaled(np.ldexp(values, -exponent) if exponent else values, exponent)


def root_of_squares(rows: NDArray[Any]) -> Values:
    """Above the Euclidean norm of each row (last axis) of entries up to MOST_TERMS, real or complex."""
    parts = [rows] if rows.dtype == np.float64 else [np.real(rows), np.imag(rows)]
    sums = sum(np.einsum("...i,...i->...", part, part) for part in parts)
    terms = len(parts) * rows.shape[-1] + 1
    return root(up(up(np.asarray(sums) + LOST) * (1 + 2 * gamma(terms))))
