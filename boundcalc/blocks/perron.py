"""Certified upper bounds of the largest eigenvalue of a nonnegative symmetric matrix Q (Collatz, Wielandt).

For every d > 0, lambda_max(Q) <= max_i (Q d)_i / d_i, with equality at the Perron vector. So d is found in floating
point, by whatever works (`vectors`), and the bound at d is computed with certified numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import arb, arb_mat, ctx, fmpq

from boundcalc.exact.balls import Number, Value, add, ball, hypot, maximum, minimum, multiply, times
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar


@dataclass(frozen=True, slots=True)
class Perron:
    """`upper` contains a number >= lambda_max; `vector` is positive with maximum 1, close to the eigenvector."""

    upper: Number
    vector: tuple[float, ...]


def largest_eigenvalue_upper(entries: Mapping[tuple[int, ...], Number], size: int, precision: int = 128) -> Perron:
    """lambda_max of the symmetric matrix with the given upper triangle (what is absent is zero), of any magnitude.

    By Collatz-Wielandt, or the Frobenius norm where that is as small: of matrices of rank 1, and of few entries. Raises ValueError for negative entries.
    """
    from boundcalc.blocks.vectors import nearly_perron  # NumPy takes as long as a small network

    with ctx.workprec(precision):
        rows: list[list[tuple[int, Number]]] = [[] for _ in range(size)]
        for (i, j), q in entries.items():
            if q < 0:
                raise ValueError("Perron's theorem needs nonnegative entries")
            rows[i].append((j, q))
            if i != j:
                rows[j].append((i, q))
        near = nearly_perron(rows)
        d = [_exact(x) for x in near.vector]
        upper = _ratio([add(times(q, d[j]) for j, q in row) for row in rows], d)
        if near.norm_may_do:
            upper = minimum((upper, hypot(q for row in rows for _, q in row)))
    return Perron(upper, near.vector)


def eigenvalue_by_gradient(
    smoothness: Scalar, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value], precision: int = 128
) -> Perron:
    """lambda_max of the matrix Q of L(s) = s^T Q s without forming Q: its gradient is 2 Q s, one reverse pass.

    Only for programs that are polynomials in the seeds (`blocks.is_linear_in_seeds`), where the entries would be many.
    """
    from boundcalc.blocks.vectors import by_power_iteration

    products = gradient(smoothness, seeds)
    vector = by_power_iteration(products, seeds, values)
    d = [_exact(x) for x in vector]
    doubled = evaluate(products, {**values, **dict(zip(seeds, d, strict=True))}, precision)
    with ctx.workprec(precision):
        upper = _ratio([multiply((fmpq(1, 2), y)) for y in doubled], d)
    return Perron(upper, vector)


def first_order_by_gradient(
    lipschitz: Scalar, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value], precision: int = 128
) -> list[Number]:
    """The vector p of l(s) = p.s, which is its gradient; for programs that are polynomials in the seeds."""
    return evaluate(gradient(lipschitz, seeds), {**values, **dict.fromkeys(seeds, 1)}, precision)


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


def _exact(x: float) -> fmpq:
    return arb(float(x)).fmpq()


def _ratio(products: Sequence[Number], d: Sequence[fmpq]) -> Number:
    """max_i (Q d)_i / d_i."""
    return maximum([fmpq(0), *(multiply((y, 1 / x)) for y, x in zip(products, d, strict=True))])
