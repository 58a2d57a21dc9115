"""Norms of given arrays: never below the exact ones, and near them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import gcd, prod
from typing import Any

import numpy as np
import pytest

from boundcalc.graph.sliding import Sliding
from boundcalc.importers import torus
from boundcalc.importers.gram import TOLERANCE, largest_norm
from boundcalc.importers.upward import gamma, scaled
from boundcalc.importers.weights import convolution_norm, euclidean_norm, largest_entry, largest_row, operator_norm

RNG = np.random.default_rng(0)
SEEDS = range(20)


def exact_squares(array: Any) -> Fraction:
    return sum((Fraction(float(x)) ** 2 for x in np.asarray(array).ravel()), Fraction(0))


def is_semidefinite(matrix: list[list[Fraction]]) -> bool:
    """By elimination with exact numbers."""
    rows = [list(row) for row in matrix]
    while rows:
        pivot = max(range(len(rows)), key=lambda i: rows[i][i])
        value = rows[pivot][pivot]
        if value < 0 or any(rows[i][i] < 0 for i in range(len(rows))):
            return False
        if value == 0:
            return all(x == 0 for row in rows for x in row)
        others = [i for i in range(len(rows)) if i != pivot]
        rows = [[rows[i][j] - rows[i][pivot] * rows[pivot][j] / value for j in others] for i in others]
    return True


def is_above(bound: Fraction, matrix: Any) -> bool:
    """bound^2 I - A^T A is positive semidefinite, exactly."""
    a = [[Fraction(float(x)) for x in row] for row in np.asarray(matrix)]
    size = range(len(a[0]))
    gram = [[sum((row[i] * row[j] for row in a), Fraction(0)) for j in size] for i in size]
    return is_semidefinite([[(bound**2 if i == j else 0) - gram[i][j] for j in size] for i in size])


HARD = {
    "rank one": np.outer([1.0, 3.0, 7.0], [1 / 3, 1e-8, 5.0]),
    "diagonal": np.diag([1.0, 1.0, 1.0]),
    "orthogonal": np.linalg.qr(RNG.standard_normal((4, 4)))[0],
    "hilbert": np.array([[1 / (i + j + 1) for j in range(5)] for i in range(5)]),
    "huge": RNG.standard_normal((3, 4)) * 1e300,
    "largest": np.full((3, 3), np.finfo(np.float64).max),
    "tiny": RNG.standard_normal((3, 4)) * 1e-300,
    "subnormal": np.array([[5e-324, 1e-323], [0.0, 5e-324]]),
    "far apart": np.array([[1e300, 1e-300], [1e-200, 1e200]]),
    "jordan": np.eye(4) + 1e8 * np.eye(4, k=1),
    "one entry": np.array([[0.0, -0.1], [0.0, 0.0]]),
    "cancelling": np.array([[1.0, -1.0], [1.0, 1.0 + 2**-52]]),
    "half": RNG.standard_normal((3, 5)).astype(np.float16),
    "single": RNG.standard_normal((5, 3)).astype(np.float32),
}


@pytest.mark.parametrize("name", HARD)
def test_operator_norms_of_hard_matrices(name: str) -> None:
    matrix = HARD[name]
    bound = operator_norm(matrix)
    assert is_above(bound, matrix)
    assert not is_above(bound * Fraction(1 - 2 * TOLERANCE), matrix)
    assert euclidean_norm(matrix) ** 2 >= exact_squares(matrix)
    assert euclidean_norm(matrix) ** 2 <= exact_squares(matrix) * Fraction(1 + 1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_operator_norms_of_random_matrices_are_above_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    matrix = rng.standard_normal(shape) * 10.0 ** rng.integers(-8, 8, shape)
    assert is_above(operator_norm(matrix), matrix)
    assert is_above(operator_norm(matrix, tolerance=1e-12), matrix)


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (60, 1), (50, 50), (120, 30), (30, 120), (256, 256)])
def test_operator_norms_are_near_the_singular_values(shape: tuple[int, int]) -> None:
    for matrix in (RNG.standard_normal(shape), RNG.standard_normal(shape).astype(np.float32) + 1):
        norm = float(np.linalg.svd(matrix.astype(np.float64), compute_uv=False)[0])
        assert norm * (1 - 1e-12) <= operator_norm(matrix) <= norm * (1 + TOLERANCE)


def test_a_stack_has_the_largest_norm() -> None:
    stack = RNG.standard_normal((7, 5, 3)) * (10.0 ** np.arange(-3, 4))[:, None, None]
    norm = max(float(np.linalg.svd(each, compute_uv=False)[0]) for each in stack)
    assert norm * (1 - 1e-12) <= operator_norm(stack) <= norm * (1 + TOLERANCE)
    assert operator_norm(np.concatenate([stack, 0 * stack])) == operator_norm(stack)
    assert largest_norm(stack / 1e4, known=5.0) == 5.0


def test_complex_matrices() -> None:
    """That of the real matrix [[a, -b], [b, a]]."""
    for m, n in ((3, 4), (4, 3), (20, 20)):
        a, b = RNG.standard_normal((2, m, n))
        norm = float(np.linalg.svd(a + 1j * b, compute_uv=False)[0])
        found = largest_norm((a + 1j * b)[None])
        assert norm * (1 - 1e-12) <= found <= norm * (1 + TOLERANCE)
        if m < 10:
            assert is_above(Fraction(found), np.block([[a, -b], [b, a]]))


def test_power_iteration_is_below_where_this_is_above() -> None:
    """Two singular values side by side: no start finds the larger one soon."""
    matrix = np.diag([1.0, 1 - 2.0**-40])
    vector = np.array([1e-9, 1.0])
    for _ in range(50):
        vector = matrix @ vector / np.linalg.norm(matrix @ vector)
    assert np.linalg.norm(matrix @ vector) < 1 <= operator_norm(matrix)


def test_zeros_and_no_entries() -> None:
    assert operator_norm(np.zeros((3, 4))) == 0
    for norm in (euclidean_norm, operator_norm, largest_row):
        assert norm(np.zeros((0, 4))) == 0


def test_largest_rows() -> None:
    table = RNG.standard_normal((9, 4)) * 1e200
    rows = [exact_squares(row) for row in table]
    assert max(rows) <= largest_row(table) ** 2 <= max(rows) * Fraction(1 + 1e-13)
    assert largest_row(np.array([3.0, -4.0])) >= 4


def test_largest_entries() -> None:
    for array in (RNG.standard_normal((4, 3)) * 1e-310, np.array([-0.1, 0.05], dtype=np.float16)):
        assert largest_entry(array) == max(abs(Fraction(float(x))) for x in array.ravel())


def test_long_sums() -> None:
    array = np.full(1_000_000, 0.1, dtype=np.float32)
    square = Fraction(float(array[0])) ** 2 * 1_000_000
    assert square <= euclidean_norm(array) ** 2 <= square * Fraction(1 + 1e-9)
    assert gamma(100) > Fraction(100) / (2**53 - 100)


@pytest.mark.parametrize("norm", [euclidean_norm, largest_row, operator_norm])
def test_what_is_refused(norm: Any) -> None:
    for bad in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="not finite"):
            norm(np.array([[1.0, bad]]))
    for other in (
        np.array([[1, 2]]),
        np.array([[1 + 1j]]),
        np.array([["a"]]),
        np.array([[None]]),
        np.array([[1.0]], dtype=np.longdouble),
    ):
        with pytest.raises(TypeError, match="entries of type"):
            norm(other)


def test_scaling_is_exact() -> None:
    for factor in (1.0, 1e300, 1e-310, 5e-324):
        found = scaled(np.array([1.0, -0.75]) * factor)
        assert 0.5 <= np.abs(found.values).max() < 1
        assert [Fraction(float(v)) * Fraction(2) ** found.exponent for v in found.values] == [
            Fraction(float(v)) for v in np.array([1.0, -0.75]) * factor
        ]


# Convolutions ------------------------------------------------------------------------------------------------------------


def explicit(
    kernel: Any,
    lengths: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> tuple[Any, list[int]]:
    """The matrix of a convolution, entry by entry, and its numbers of positions."""
    out, read, *taps = kernel.shape
    count = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(lengths, taps, stride, padding, dilation, strict=True)
    ]
    matrix = np.zeros((out, *count, read * groups, *lengths))
    for o, c, at, tap in product(range(out), range(read), np.ndindex(*count), np.ndindex(*taps)):
        entry = [i * s + t * d - p for i, s, t, d, p in zip(at, stride, tap, dilation, padding, strict=True)]
        if all(0 <= e < n for e, n in zip(entry, lengths, strict=True)):
            matrix[(o, *at, o // (out // groups) * read + c, *entry)] += kernel[(o, c, *tap)]
    return matrix.reshape(out * prod(count), -1), count


def sliding(
    kernel: Any,
    count: Sequence[int],
    lengths: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Sliding:
    touches = [
        min(o, -(-k * gcd(s, d) // s)) for o, k, s, d in zip(count, kernel.shape[2:], stride, dilation, strict=True)
    ]
    return Sliding(touches, lengths, dilation, groups)


CASES = [
    ((3, 2, 3), [9], [1], [1], [1], 1), ((3, 2, 3), [9], [2], [1], [1], 1), ((3, 2, 4), [10], [2], [2], [3], 1),
    ((4, 2, 3), [60], [1], [1], [1], 1), ((2, 1, 2), [80], [3], [1], [2], 2), ((4, 1, 5), [12], [1], [0], [1], 4),
    ((3, 2, 3, 3), [6, 7], [1, 1], [1, 1], [1, 1], 1), ((3, 2, 3, 2), [6, 7], [2, 1], [0, 1], [1, 2], 1),
    ((6, 1, 3, 3), [6, 5], [1, 2], [1, 1], [1, 1], 3), ((4, 3, 1, 1), [4, 4], [1, 1], [0, 0], [1, 1], 1),
    ((2, 2, 2, 2, 2), [4, 3, 4], [1, 2, 1], [1, 0, 0], [1, 1, 1], 1), ((2, 3, 3, 3), [4, 4], [4, 4], [1, 1], [1, 1], 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_convolutions_are_above_their_matrices(case: Any) -> None:
    shape, lengths, stride, padding, dilation, groups = case
    for seed in range(3):
        rng = np.random.default_rng(seed)
        kernel = rng.standard_normal(shape) + (seed == 1)
        matrix, count = explicit(kernel, lengths, stride, padding, dilation, groups)
        norm = float(np.linalg.svd(matrix, compute_uv=False)[0])
        how = sliding(kernel, count, lengths, stride, dilation, groups)
        plain, sharp = convolution_norm(kernel, how), convolution_norm(kernel, how, torus=True)
        assert norm * (1 - 1e-12) <= sharp <= plain
        if not any(padding):  # some window is whole
            assert plain <= norm * math.sqrt(prod(how.touches)) * (1 + TOLERANCE)
        if set(stride) == {1} and min(lengths) > 5:
            assert sharp <= norm * 1.3


def test_transposed_convolutions_are_the_adjoints() -> None:
    """The kernel of a transposed one is [in, out of a group, ...], that of the convolution whose adjoint it is."""
    kernel = RNG.standard_normal((3, 2, 3))
    matrix, count = explicit(kernel, [9], [2], [1], [1], 1)
    norm = float(np.linalg.svd(matrix.T, compute_uv=False)[0])
    assert norm <= convolution_norm(kernel, sliding(kernel, count, [9], [2], [1], 1), torus=True)


@pytest.mark.parametrize("taps", [2, 3, 4, 5, 6])
def test_frequencies_between_those_of_the_sample_are_bounded(taps: int) -> None:
    """Kernels whose largest frequency is anywhere: on the whole circle, by a fine grid, it is below what the sample gives."""
    for seed in range(10):
        kernel = np.random.default_rng(seed).standard_normal((2, 2, taps))
        angles = np.linspace(0, 2 * math.pi, 2000, endpoint=False)
        waves = np.exp(-1j * np.outer(angles, np.arange(taps)))
        norms = np.linalg.svd(np.einsum("ft,oit->foi", waves, kernel), compute_uv=False)[:, 0]
        found = torus.torus_norm(kernel / 8, 1, [10_000], [1]) * 8
        assert norms.max() <= found <= norms.max() * 1.0125 * (1 + 2 * torus.TOLERANCE)
        exact = torus.torus_norm(kernel / 8, 1, [10], [1]) * 8
        assert exact <= norms.max() * (1 + torus.TOLERANCE)


def test_depthwise_kernels_are_those_of_their_channels() -> None:
    kernel = RNG.standard_normal((6, 1, 3, 3))
    how = Sliding([3, 3], [8, 8], [1, 1], 6)
    alone = [convolution_norm(kernel[c : c + 1], Sliding([3, 3], [8, 8], [1, 1]), torus=True) for c in range(6)]
    assert convolution_norm(kernel, how) == pytest.approx(float(3 * largest_row(kernel)))
    assert float(convolution_norm(kernel, how, torus=True)) == pytest.approx(float(max(alone)), rel=0.01)


@pytest.mark.parametrize("factor", [1e300, 1e-300, 1e-320])
def test_convolutions_of_any_size(factor: float) -> None:
    kernel = RNG.standard_normal((2, 2, 3))
    how = Sliding([3], [9], [1])
    for is_torus in (False, True):
        one, other = (
            convolution_norm(kernel, how, torus=is_torus),
            convolution_norm(kernel * factor, how, torus=is_torus),
        )
        assert float(other / Fraction(factor)) == pytest.approx(float(one), rel=1e-3)
    assert convolution_norm(0 * kernel, how, torus=True) == 0
