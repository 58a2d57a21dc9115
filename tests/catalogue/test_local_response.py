"""Local response normalisation: its constants are sums of terms, each term found again by a search; nothing sampled exceeds them."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import jacobian

from boundcalc.catalogue.local_response import local_response

GRID = np.concatenate([np.linspace(0, 1, 20001), np.geomspace(1, 1e4, 200001)])
CASES = [(1, 1, "1/2"), (3, 3, "3/4"), (5, 4, "3/4"), (3, 3, "2")]


def build(size, windows, beta, k="2", alpha="1/3"):
    numbers = [sympy.sympify(n) for n in (size, windows, alpha, beta, k)]
    return local_response(*numbers, gentle=numbers[3] <= 1), [float(n) for n in numbers]


@pytest.mark.parametrize(("size", "windows", "beta"), CASES)
def test_the_terms_are_as_large_as_is_said(size, windows, beta):
    entry, (_, _, a, b, k) = build(size, windows, beta)
    s, h = 1 + GRID, min(2, windows)
    slope = 1 + 2 * b * np.sqrt(h) * np.max(GRID * s ** (-b - 1))
    least = min(slope, np.sqrt(windows)) if b <= 1 else slope
    first = np.max(np.sqrt(GRID) * s ** (-b - 1))
    second = np.max(np.sqrt(GRID) * s ** (-b - 1) * (2 * (b + 1) * GRID / s - 1))
    curve = b * (4 * first + 2 * np.sqrt(h) * max(first, second))
    assert float(entry.lipschitz.value) == pytest.approx(least * k**-b, rel=1e-6)
    assert float(entry.smoothness.value) == pytest.approx(curve * np.sqrt(a / size) * k ** (-b - 0.5), rel=1e-6)


@pytest.mark.parametrize(("size", "windows", "beta"), CASES)
def test_nothing_exceeds_them_and_one_channel_reaches_the_slope(size, windows, beta, rng, second_derivative_norm):
    entry, (_, _, a, b, k) = build(size, windows, beta)
    channels, half = windows, size // 2

    def function(z):
        square = z**2
        sums = [anp.sum(square[max(0, i - half) : i + half + 1]) for i in range(channels)]
        return z * (k + a / size * anp.array(sums)) ** (-b)

    first = jacobian(function)
    for scale in (0.1, 1, 3, 10):
        z = rng.normal(size=channels) * scale
        assert np.linalg.norm(first(z), 2) <= float(entry.lipschitz.value) * (1 + 1e-9)
        assert second_derivative_norm(first, z, rng) <= float(entry.smoothness.value) * (1 + 1e-6)
    reached = np.linalg.norm(first(np.zeros(channels)), 2)
    assert reached == pytest.approx(k**-b)
    if windows == 1:
        assert reached == pytest.approx(float(entry.lipschitz.value))
