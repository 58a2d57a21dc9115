"""Certified upper bounds of the largest eigenvalue of a nonnegative symmetric matrix Q (Collatz, Wielandt).

For every d > 0, lambda_max(Q) <= max_i (Q d)_i / d_i, with equality at the Perron vector. So d is found in floating
point, by whatever works, and the bound at d is computed with certified numbers. To keep d away from 0 where Q is
reducible or has zero rows, d is the Perron vector of Q plus a tiny constant, which costs a relative 1e-13 per row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy
from flint import arb, arb_mat, ctx, fmpq
from numpy.typing import NDArray

from boundcalc.exact.balls import Number, Value, add, ball, hypot, maximum, minimum, multiply, times
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.linear_map import linear_map

Vector = NDArray[np.float64]
_OFFSET = 1e-13
_STEPS, _LEAST_STEPS = 300, 10  # of the power iteration: it gains a digit in three or four
_WORK = 4_000_000  # averages taken by it, about a second: a deep network has fewer steps, and a bound that is a little larger
_CLOSE = 1e-6  # relative, of two bounds in floating point
_NOISE = 1e-13  # relative, of ratios
_SHIFT = 0.5  # of the power iteration, relative to the eigenvalue: bipartite matrices have -lambda_max as well


@dataclass(frozen=True, slots=True)
class Perron:
    """`upper` contains a number >= lambda_max; `vector` is positive with maximum 1, close to the eigenvector."""

    upper: Number
    vector: tuple[float, ...]


def largest_eigenvalue_upper(entries: Mapping[tuple[int, ...], Number], size: int, precision: int = 128) -> Perron:
    """lambda_max of the symmetric matrix with the given upper triangle (what is absent is zero), of any magnitude.

    By Collatz-Wielandt, or the Frobenius norm where that is as small: of matrices of rank 1, and of few entries. Raises ValueError for negative entries.
    """
    with ctx.workprec(precision):
        rows: list[list[tuple[int, Number]]] = [[] for _ in range(size)]
        for (i, j), q in entries.items():
            if q < 0:
                raise ValueError("Perron's theorem needs nonnegative entries")
            rows[i].append((j, q))
            if i != j:
                rows[j].append((i, q))
        matrix = _scaled(rows)
        vector = perron_vector(matrix)
        d = [_exact(x) for x in vector]
        upper = _ratio([add(times(q, d[j]) for j, q in row) for row in rows], d)
        nearly = (matrix @ vector / vector).max(initial=0.0)
        if not np.linalg.norm(matrix) > nearly * (1 + _CLOSE):
            upper = minimum((upper, hypot(q for row in rows for _, q in row)))
    return Perron(upper, tuple(vector.tolist()))


def eigenvalue_by_gradient(
    smoothness: Scalar, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value], precision: int = 128
) -> Perron:
    """lambda_max of the matrix Q of L(s) = s^T Q s without forming Q: its gradient is 2 Q s, one reverse pass.

    Only for programs that are polynomials in the seeds (`blocks.is_linear_in_seeds`), where the entries would be many.
    """
    products = gradient(smoothness, seeds)
    mapped = linear_map(products, seeds, values)
    steps = max(_LEAST_STEPS, min(_STEPS, _WORK // (1 + len(mapped.averages))))
    vector = _power_iteration(mapped, len(seeds), steps)
    d = [_exact(x) for x in vector]
    doubled = evaluate(products, {**values, **dict(zip(seeds, d, strict=True))}, precision)
    with ctx.workprec(precision):
        upper = _ratio([multiply((fmpq(1, 2), y)) for y in doubled], d)
    return Perron(upper, tuple(vector.tolist()))


def first_order_by_gradient(
    lipschitz: Scalar, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value], precision: int = 128
) -> list[Number]:
    """The vector p of l(s) = p.s, which is its gradient; for programs that are polynomials in the seeds."""
    return evaluate(gradient(lipschitz, seeds), {**values, **dict.fromkeys(seeds, 1)}, precision)


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


def eigenvector(entries: Mapping[tuple[int, ...], Number], start: Sequence[float]) -> list[Number]:
    """The Perron vector to the current precision (certifies nothing): Rayleigh quotient iteration from a double vector.

    Each step triples the correct digits, and solves with a matrix that is singular to as many: hence three times the
    precision. It stops where ||Q d - (d.Q d / d.d) d|| falls no more: the next solution would be noise.
    """
    size = len(start)
    with ctx.workprec(3 * ctx.prec):
        matrix = arb_mat(size, size)
        for (i, j), q in entries.items():
            matrix[i, j] = matrix[j, i] = ball(q).mid()
        vector = best = arb_mat(size, 1, [arb(x) for x in start])
        least: arb | None = None
        while True:
            image = matrix * vector
            dots = [sum((vector[i, 0] * other[i, 0] for i in range(size)), arb(0)) for other in (vector, image)]
            quotient = (dots[1] / dots[0]).mid()
            residue = sum(((image[i, 0] - quotient * vector[i, 0]) ** 2 for i in range(size)), arb(0)).mid()
            if least is not None and not residue < least:
                break
            best, least = vector, residue
            shifted = arb_mat(matrix)
            for i in range(size):
                shifted[i, i] = matrix[i, i] - quotient
            try:
                solved = shifted.solve(vector).mid()
            except ZeroDivisionError:
                break
            largest = max((abs(solved[i, 0]) for i in range(size)), default=arb(1))
            vector = arb_mat(size, 1, [abs(solved[i, 0] / largest).mid() for i in range(size)])
    return [best[i, 0] for i in range(size)]


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


def _exact(x: float) -> fmpq:
    return arb(float(x)).fmpq()


def _ratio(products: Sequence[Number], d: Sequence[fmpq]) -> Number:
    """max_i (Q d)_i / d_i."""
    return maximum([fmpq(0), *(multiply((y, 1 / x)) for y, x in zip(products, d, strict=True))])
