"""Weighted averages along single axes, known window by window: what a layer over several axes multiplies."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy

Windows = Sequence[Sequence[int]]  # the entries of each, by number


def heaviest(windows: Windows) -> sympy.Expr:
    """The largest sum of what all averages over such windows weigh one entry by: a column of a matrix whose rows add up to one,
    so that its square root bounds the operator norm (Schur)."""
    weights: dict[int, Fraction] = {}
    for window in windows:
        for entry in window:
            weights[entry] = weights.get(entry, Fraction(0)) + Fraction(1, len(window))
    most = max(weights.values())
    return sympy.Rational(most.numerator, most.denominator)


def most_touched(windows: Windows) -> sympy.Expr:
    """How many windows an entry is in at most."""
    counts: dict[int, int] = {}
    for entry in (entry for window in windows for entry in window):
        counts[entry] = counts.get(entry, 0) + 1
    return sympy.Integer(max(counts.values()))


def applied(matrix: Sequence[Sequence[float]], z: Any, axis: int, xp: Any) -> Any:
    """A matrix along one axis of an array, the batch counted."""
    order = (*(i for i in range(z.ndim) if i != axis), axis)
    image = xp.matmul(xp.permute_dims(z, order), xp.asarray(matrix, dtype=z.dtype).T)
    return xp.permute_dims(image, tuple(order.index(i) for i in range(z.ndim)))
