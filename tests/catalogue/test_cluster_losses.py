"""Losses of all samples together: sampled values never exceed the constants, witnesses reach them."""

from itertools import product

import numpy as np
import pytest
import sympy
from sympy import Rational

from boundcalc.catalogue.index import LOSSES

Z = sympy.Integer


def kmeans(points, k):
    """The value and a gradient, by all groups."""
    best = (np.inf, points)
    for groups in product(range(k), repeat=len(points)):
        away = points.copy()
        for group in set(groups):
            own = np.array(groups) == group
            away[own] -= points[own].mean(axis=0)
        best = min(best, (np.sum(away**2) / 2, away), key=lambda pair: pair[0])
    return best


def spectral(points, k):
    u, s, v = np.linalg.svd(points, full_matrices=False)
    s[:k] = 0
    return np.sum(s**2) / 2, (u * s) @ v


def convex(points, weight, passes=4000):
    """Splitting: representatives, and their differences, which shrink."""
    n, d = points.shape
    pairs = [(i, j) for i in range(n) for j in range(i)]
    differences = np.array([np.eye(n)[i] - np.eye(n)[j] for i, j in pairs])
    split, dual = np.zeros((len(pairs), d)), np.zeros((len(pairs), d))
    system = np.linalg.inv(np.eye(n) + differences.T @ differences)
    for _ in range(passes):
        b = system @ (points + differences.T @ (split - dual))
        moved = differences @ b + dual
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        split = moved * np.maximum(0, 1 - weight / np.maximum(length, 1e-300))
        dual = moved - split
    cost = np.sum((points - b) ** 2) / 2 + weight * np.sum(np.linalg.norm(differences @ b, axis=1))
    return cost, points - b


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize(("name", "of"), [("kmeans", kmeans), ("spectral_clustering", spectral)])
def test_what_is_least_of_several_is_bent_upwards_by_one(name, of, k, rng):
    n = 4
    entry = LOSSES[name].instantiate(batch=Z(n))
    upper = float(entry.upper.value)
    assert entry.lipschitz.value is entry.smoothness.value is None
    assert entry.derivative_at_zero == 0
    for _ in range(60):
        x, y = (rng.normal(size=(n, 3)) * rng.choice((0.3, 1)) for _ in range(2))
        (at_x, g), (at_y, _) = of(x, k), of(y, k)
        assert np.linalg.norm(g) / n <= upper * np.linalg.norm(x) * (1 + 1e-12)
        assert at_y / n <= at_x / n + np.sum(g * (y - x)) / n + upper / 2 * np.sum((y - x) ** 2) + 1e-12
    spread = np.kron(np.array([[1.0], [-1.0], [1.0], [-1.0]]), np.ones((1, 3)))
    if name == "kmeans":
        cost, g = kmeans(spread, 1)
        assert np.linalg.norm(g) / n == pytest.approx(upper * np.linalg.norm(spread))
        assert cost / n == pytest.approx(upper / 2 * np.sum(spread**2))
    else:  # along the gradient, where the largest singular values stay the largest
        diagonal = np.diag([8.0, 4.0, 1.0, 1.0])[:, :3]
        cost, g = spectral(diagonal, k)
        moved, _ = spectral(diagonal + g / 2, k)
        assert moved / n == pytest.approx(cost / n + np.sum(g * g) / 2 / n + upper / 2 * np.sum((g / 2) ** 2))


@pytest.mark.parametrize("values", [(3.0, 1.0), (3.0, 2.5), (1.1, 1.0), (5.0, 0.1)])
def test_with_a_gap_spectral_clustering_is_smooth_near_a_matrix(values):
    """Of half the sum of squares of all singular values but k: L = max(1, s_(k+1)/(s_k - s_(k+1))), reached at diagonal matrices."""
    z, step = np.diag([*values, 0.0])[:, :2], 1e-5
    columns = []
    for i in np.ndindex(z.shape):
        move = np.zeros_like(z)
        move[i] = step
        columns.append((spectral(z + move, 1)[1] - spectral(z - move, 1)[1]).ravel() / (2 * step))
    found = np.linalg.norm(np.array(columns), 2)
    assert found == pytest.approx(max(1, values[1] / (values[0] - values[1])), rel=1e-6)


@pytest.mark.parametrize("weight", [Rational(1, 4), 2])
def test_convex_clustering(weight, rng):
    n = 3
    entry = LOSSES["convex_clustering"].instantiate(batch=Z(n), weight=sympy.sympify(weight))
    first, second = float(entry.lipschitz.value), float(entry.smoothness.value)
    for _ in range(10):
        x, y = (rng.normal(size=(n, 2)) * rng.choice((0.3, 2)) for _ in range(2))
        g, h = convex(x, float(weight))[1] / n, convex(y, float(weight))[1] / n
        assert np.linalg.norm(g) <= min(first, np.linalg.norm(x) / n) * (1 + 1e-6)
        assert np.linalg.norm(g - h) <= second * np.linalg.norm(x - y) * (1 + 1e-6)
    apart = 100.0 * np.eye(n)  # at equal distances
    assert np.linalg.norm(convex(apart, float(weight))[1]) / n == pytest.approx(first, rel=1e-6)
    near = 1e-3 * np.eye(n)
    g, h = convex(near, float(weight))[1], convex(-near, float(weight))[1]
    centred = near - near.mean(axis=0)
    assert np.linalg.norm(g - h) / n == pytest.approx(second * 2 * np.linalg.norm(centred), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_convex_clustering_on_a_line(n):
    """Its gradient has norm at most weight sqrt(n (n^2 - 1)/3), reached by points that are far apart."""
    points = 1000.0 * np.arange(n)[:, None]
    assert np.linalg.norm(convex(points, 2.0)[1]) == pytest.approx(2 * np.sqrt(n * (n**2 - 1) / 3), rel=1e-6)
