from __future__ import annotations

import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.blocks.perron import eigenvalue_by_gradient, largest_eigenvalue_upper
from boundcalc.exact.balls import Number, ball
from boundcalc.program.ir import Arena

TEN = fmpq(10)


def upper_triangle(matrix: np.ndarray) -> dict[tuple[int, ...], Number]:
    size = len(matrix)
    return {(i, j): arb(float(matrix[i, j])).fmpq() for i in range(size) for j in range(i, size) if matrix[i, j]}


def bound(matrix: np.ndarray) -> Number:
    return largest_eigenvalue_upper(upper_triangle(matrix), len(matrix)).upper


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[0, 1], [1, 0]], 1),
        ([[0]], 0),
        ([[3]], 3),
        ([[0, 0, 0], [0, 2, 0], [0, 0, 1]], 2),
        (np.zeros((4, 4)), 0),
        (np.ones((5, 5)), 5),
        ([[0, 2, 0], [2, 0, 0], [0, 0, 2]], 2),
        ([[1, 1e-6], [1e-6, 1 + 1e-9]], np.linalg.eigvalsh([[1, 1e-6], [1e-6, 1 + 1e-9]])[-1]),
        ([[0, 1, 0, 0], [1, 0, 1e-8, 0], [0, 1e-8, 0, 1], [0, 0, 1, 0]], 1 + 5e-9),
    ],
)
def test_known_spectra(matrix, expected):
    result = bound(np.asarray(matrix, dtype=float))
    assert float(ball(result).upper()) >= expected * (1 - 1e-15)
    assert float(ball(result).upper()) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_never_below_the_largest_eigenvalue_and_within_a_billionth(data):
    size = data.draw(st.integers(1, 7))
    exponents = st.one_of(st.none(), st.integers(-18, 3), st.integers(-1, 1))
    matrix = np.zeros((size, size))
    for i in range(size):
        for j in range(i, size):
            exponent = data.draw(exponents)
            if exponent is not None:
                matrix[i, j] = matrix[j, i] = data.draw(st.integers(1, 99)) * 10.0**exponent
    result = float(ball(bound(matrix)).upper())
    top = np.linalg.eigvalsh(matrix)[-1]
    assert result >= top * (1 - 1e-13)
    assert result <= top * (1 + 1e-9)


@pytest.mark.parametrize("exponent", [5000, -5000])
def test_magnitudes_out_of_the_range_of_floats(exponent):
    matrix = np.array([[1.0, 2, 0], [2, 0, 3], [0, 3, 1]])
    with ctx.workprec(128):
        scale = arb(10) ** exponent
        scaled = {key: value * scale for key, value in upper_triangle(matrix).items()}
        result = ball(largest_eigenvalue_upper(scaled, 3).upper) / scale
    assert float(result.upper()) == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-9)


def test_entries_of_very_different_magnitudes():
    with ctx.workprec(128):
        big, small = arb(10) ** 5000, arb(10) ** -5000
        result = largest_eigenvalue_upper({(0, 0): big, (0, 1): arb(1), (1, 1): small, (2, 2): arb(7)}, 3)
        assert ball(result.upper).upper() >= big.lower()
        assert ball(result.upper) <= big * (1 + arb("1e-9"))
    assert all(x > 0 for x in result.vector)


def test_the_vector_is_the_eigenvector():
    matrix = np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 1]])
    result = largest_eigenvalue_upper(upper_triangle(matrix), 3)
    values, vectors = np.linalg.eigh(matrix)
    expected = np.abs(vectors[:, -1])
    assert result.vector == pytest.approx((expected / expected.max()).tolist(), rel=1e-8)
    np.testing.assert_allclose(matrix @ result.vector, values[-1] * np.array(result.vector), rtol=1e-7)


def test_negative_entries_are_refused():
    with pytest.raises(ValueError, match="nonnegative"):
        largest_eigenvalue_upper({(0, 1): fmpq(-1)}, 2)


def test_no_blocks():
    assert largest_eigenvalue_upper({}, 0).upper == 0


@pytest.mark.parametrize("matrix", [[[0, 1], [1, 0]], [[0, 0], [0, 0]], [[1, 2, 0], [2, 0, 3], [0, 3, 1]]])
def test_by_gradients(matrix):
    arena = Arena()
    seeds = [sympy.Dummy(f"s{i}", positive=True) for i in range(len(matrix))]
    s = [arena.leaf(seed) for seed in seeds]
    form = arena.zero
    for i, row in enumerate(matrix):
        for j, q in enumerate(row):
            form = form + arena.leaf(q) * s[i] * s[j]
    result = eigenvalue_by_gradient(form, seeds, {})
    top = np.linalg.eigvalsh(matrix)[-1]
    assert float(ball(result.upper).upper()) >= top * (1 - 1e-14)
    assert float(ball(result.upper).upper()) == pytest.approx(top, rel=1e-9)
