"""Numerical operator norms, shared by the tests of the catalogue."""

from collections.abc import Callable

import numpy as np
import pytest

Jacobian = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20200924)


def _second_derivative_norm(jacobian: Jacobian, z: np.ndarray, rng: np.random.Generator, step: float = 1e-5) -> float:
    """A lower bound of sup ||D^2 a(z)[h, k]||, alternating: fix k, take the best h, use it as the next k."""
    k = rng.normal(size=z.size)
    k /= np.linalg.norm(k)
    best = 0.0
    for _ in range(6):
        slope = (jacobian(z + step * k) - jacobian(z - step * k)) / (2 * step)
        _, values, rows = np.linalg.svd(slope)
        best, k = max(best, float(values[0])), rows[0]
    return best


@pytest.fixture
def second_derivative_norm() -> Callable[..., float]:
    return _second_derivative_norm
