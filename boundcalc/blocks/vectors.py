"""Perron vectors in floating point: they certify nothing, the bound at such a vector does (`perron`).

To keep a vector away from 0 where Q is reducible or has zero rows, it is that of Q plus a tiny constant, which costs a relative
1e-13 per row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from boundcalc.exact.balls import Number, Value, ball
from boundcalc.program.ir import Scalar
from boundcalc.program.linear_map import linear_map

Vector = NDArray[np.float64]
_OFFSET = 1e-13
_STEPS, _LEAST_STEPS = 300, 10  # of the power iteration: it gains a digit in three or four
_WORK = 4_000_000  # averages taken by it, about a second: a deep network has fewer steps, and a bound that is a little larger
_CLOSE = 1e-6  # relative, of two bounds in floating point
_NOISE = 1e-13  # relative, of ratios
_SHIFT = 0.5  # of the power iteration, relative to the eigenvalue: bipartite matrices have -lambda_max as well


class Near(NamedTuple):
    """`norm_may_do`: the Frobenius norm of the matrix may be as small as its largest eigenvalue."""

    vector: tuple[float, ...]
    norm_may_do: bool


def nearly_perron(rows: Sequence[Sequence[tuple[int, Number]]]) -> Near:
    """Of a nonnegative symmetric matrix, whose rows are columns and entries of any magnitude."""
    matrix = _scaled(rows)
    vector = perron_vector(matrix)
    largest = (matrix @ vector / vector).max(initial=0.0)
    return Near(tuple(vector.tolist()), not np.linalg.norm(matrix) > largest * (1 + _CLOSE))


def by_power_iteration(
    products: Sequence[Scalar], seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value]
) -> tuple[float, ...]:
    """Of the matrix whose products with a vector are programs in the seeds."""
    mapped = linear_map(products, seeds, values)
    steps = max(_LEAST_STEPS, min(_STEPS, _WORK // (1 + len(mapped.averages))))
    return tuple(_power_iteration(mapped, len(seeds), steps).tolist())


def perron_vector(matrix: Vector) -> Vector:
    """The Perron vector of a nonnegative symmetric matrix with largest entry 1 (or all zero), in floating point.

    Noda: d <- (top I - Q)^{-1} d with top = max_i (Q d)_i / d_i. top falls at every step, quadratically near
    the end however small the gap of the spectrum is, and bipartite matrices are no exception.
    """
    size = len(matrix)
    offset = matrix + _OFFSET
    vector = best = np.ones(size)
    lowest = np.inf
    for _ in range(100):
        ratios = offset @ vector / vector
        top = ratios.max(initial=0.0)
        if not top < lowest:  # no more progress in double precision, or nan
            break
        best, lowest = vector, top
        if top - ratios.min(initial=top) <= 1e-14 * top:
            break
        try:
            vector = np.abs(np.linalg.solve(top * (1 + 1e-15) * np.eye(size) - offset, vector))
        except np.linalg.LinAlgError:
            break
        vector = np.maximum(vector / vector.max(), 1e-300)
    return best


def _power_iteration(product: Callable[[Vector], Vector], size: int, steps: int) -> Vector:
    """The same vector where only Q d can be had (up to a constant factor); d of the least ratio that was met."""
    vector = best = np.ones(size)
    lowest, stalled = np.inf, 0
    for _ in range(steps):
        image = product(vector)
        ratios = image / vector
        top = ratios.max(initial=0.0)
        if top == 0:
            break
        stalled = 0 if top < lowest * (1 - _NOISE) else stalled + 1  # in exact arithmetic the top never rises
        if top < lowest:
            best, lowest = vector, top
        if stalled == 5 or top - ratios.min(initial=top) <= _NOISE * top:
            break
        vector = image / top + _SHIFT * vector + _OFFSET * vector.sum()
        vector = vector / vector.max()
    return best


def _scaled(rows: Sequence[Sequence[tuple[int, Number]]]) -> Vector:
    """The matrix in doubles, its largest entry 1: entries may be 10^5000, and what underflows does not matter to d."""
    matrix = np.zeros((len(rows), len(rows)))
    top = max((ball(q).mid() for row in rows for _, q in row), default=arb(0))
    if top > 0:
        for i, row in enumerate(rows):
            for j, q in row:
                matrix[i, j] = float((ball(q) / top).mid())
    return matrix
