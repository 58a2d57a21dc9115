"""Softmax: covariances and third cumulants, maximised over distributions and directions."""

import numpy as np
import pytest
import sympy
from autograd import jacobian

from boundcalc.catalogue.index import LOG_SOFTMAX, SOFTMAX
from boundcalc.catalogue.softmax import MASKED_SOFTMAX, SUMMED_SMOOTHNESS


def of(name):
    """Read when it is asked for, so that `make mutate` can make it too small."""
    return float(getattr(SOFTMAX, name).value)


def softmax(z):
    shifted = np.exp(z - np.max(z))
    return shifted / shifted.sum()


def first(z):
    p = softmax(z)
    return np.diag(p) - np.outer(p, p)


def second(z, k):
    """D^2 softmax(z)[k, .], a matrix."""
    p = softmax(z)
    centred = k - p @ k
    return np.diag(p * centred) - np.outer(p, p * centred) - np.outer(p * centred, p)


def ascend(z, rng, rounds=8):
    k = rng.normal(size=z.size)
    for _ in range(rounds):
        _, values, rows = np.linalg.svd(second(z, k / np.linalg.norm(k)))
        k = rows[0]
    return float(values[0])


def fourth_cumulant(z, u):
    """D^3 softmax(z)[u, u] times u: by Banach, its largest value on unit vectors is the norm of D^3."""
    p = softmax(z)
    centred = u - p @ u
    return float(p @ centred**4 - 3 * (p @ centred**2) ** 2)


def test_the_fourth_cumulant_is_the_third_derivative(rng):
    z, u, h = rng.normal(size=4), rng.normal(size=4), 1e-4
    difference = (second(z + h * u, u) - second(z - h * u, u)) @ u @ u / (2 * h)
    assert fourth_cumulant(z, u) == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 4, 10])
def test_the_third_order_is_never_exceeded_and_reached(classes, rng):
    best = 0.0
    for _ in range(4000):
        z, u = rng.normal(size=classes) * rng.choice([0.3, 1, 3, 10]), rng.normal(size=classes)
        best = max(best, abs(fourth_cumulant(z, u / np.linalg.norm(u))))
    assert best <= of("third")
    tied, direction = np.array([0.0, 0.0, *(-60.0,) * (classes - 2)]), np.zeros(classes)
    direction[:2] = 0.5**0.5, -(0.5**0.5)
    assert abs(fourth_cumulant(tied, direction)) == pytest.approx(of("third"), rel=1e-12)


def test_formulas_are_the_derivatives(rng):
    import autograd.numpy as anp

    def function(z):
        e = anp.exp(z)
        return e / anp.sum(e)

    z, k = rng.normal(size=4), rng.normal(size=4)
    np.testing.assert_allclose(first(z), jacobian(function)(z), atol=1e-12)
    directional = np.tensordot(jacobian(jacobian(function))(z), k, axes=([2], [0]))
    np.testing.assert_allclose(second(z, k), directional, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 5, 10, 50])
def test_never_exceeded(classes, rng):
    for _ in range(60):
        z = rng.normal(size=classes) * rng.choice([0.3, 1, 3, 10])
        assert np.linalg.norm(first(z), 2) <= of("lipschitz") * (1 + 1e-12)
        assert ascend(z, rng) <= of("smoothness") * (1 + 1e-12)


def test_random_ascent_does_not_exceed(rng):
    """Hill climbing over the scores, from many starts, ends below the constants and close to them."""
    best = 0.0
    for classes in (2, 3, 4):
        z = rng.normal(size=classes)
        value = ascend(z, rng)
        for step in range(400):
            candidate = z + rng.normal(size=classes) * (0.5 if step < 200 else 0.05)
            reached = ascend(candidate, rng, 4)
            if reached > value:
                z, value = candidate, reached
        best = max(best, value)
        assert value <= of("smoothness") * (1 + 1e-12)
    assert best > 0.999 * of("smoothness")


@pytest.mark.parametrize("others", [0, 1, 8])
def test_witness(others):
    """Two classes; with more classes, the others at scores that tend to -oo."""
    rest = np.full(others, -40.0)
    direction = np.concatenate([[1, -1], np.zeros(others)]) / np.sqrt(2)
    assert np.linalg.norm(first(np.concatenate([[0, 0], rest])), 2) == pytest.approx(of("lipschitz"), rel=1e-9)
    p = (3 + np.sqrt(3)) / 6
    z = np.concatenate([[np.log(p / (1 - p)), 0], rest])
    assert np.linalg.norm(second(z, direction), 2) == pytest.approx(of("smoothness"), rel=1e-9)


def test_rows_are_independent_and_bounded(rng):
    """at_zero, norm and sup of a batch of `rows` vectors."""
    rows, classes = 6, 5
    entry = SOFTMAX.instantiate(rows=sympy.Integer(rows), classes=sympy.Integer(classes))
    at_zero = np.stack([softmax(np.zeros(classes)) for _ in range(rows)])
    assert np.linalg.norm(at_zero) == pytest.approx(float(entry.at_zero.value), rel=1e-12)
    assert at_zero.max() == pytest.approx(float(entry.sup_at_zero), rel=1e-12)
    for scale in (1, 10, 100):
        z = np.stack([softmax(v) for v in scale * rng.normal(size=(rows, classes))])
        assert np.linalg.norm(z) <= float(entry.norm.value) * (1 + 1e-12)
        assert z.max() <= float(entry.sup.value)
    one_hot = np.stack([softmax(1e3 * np.eye(classes)[i % classes]) for i in range(rows)])
    assert np.linalg.norm(one_hot) == pytest.approx(float(entry.norm.value), rel=1e-9)
    assert one_hot.max() == pytest.approx(float(entry.sup.value), rel=1e-9)


@pytest.mark.parametrize("kept", [1, 2, 5])
def test_some_entries_have_the_constants_of_all(kept, rng):
    """0 in the others' places, and the image of 0 is at most that of vectors that keep one entry."""
    entry = MASKED_SOFTMAX.instantiate(rows=sympy.Integer(1), classes=sympy.Integer(6))
    places = rng.permutation(6)[:kept]
    for scale in (0, 1, 10):
        z = scale * rng.normal(size=kept)
        image, whole = np.zeros(6), np.zeros((6, 6))
        image[places], whole[np.ix_(places, places)] = softmax(z), first(z)
        assert np.linalg.norm(image) <= float(entry.norm.value)
        assert np.linalg.norm(whole, 2) <= float(entry.lipschitz.value) * (1 + 1e-12)
        assert ascend(z, rng) <= float(entry.smoothness.value) * (1 + 1e-12)
        limit = np.full(6, -1e3)
        limit[places] = z
        np.testing.assert_allclose(softmax(limit), image, atol=1e-12)
        if scale == 0:
            assert np.linalg.norm(image) == pytest.approx(kept**-0.5)
            assert np.linalg.norm(image) <= float(entry.at_zero.value)
            assert image.max() <= float(entry.sup_at_zero)


def log_first(z):
    return np.eye(z.size) - np.outer(np.ones(z.size), softmax(z))


def log_second(z):
    """D^2 a[u, v] = -1 Cov_p(u, v): every entry is minus the same form."""
    return np.broadcast_to(-first(z), (z.size, z.size, z.size))


def log_third(z, u):
    """D^3 a[u, u, u]; all forms are symmetric, so that the diagonal is enough (Banach)."""
    p = softmax(z)
    return -np.ones(z.size) * (p @ (u - p @ u) ** 3)


def test_formulas_of_the_logarithm_are_its_derivatives(rng):
    import autograd.numpy as anp

    def function(z):
        return z - anp.log(anp.sum(anp.exp(z)))

    z, u = rng.normal(size=4), rng.normal(size=4)
    np.testing.assert_allclose(log_first(z), jacobian(function)(z), atol=1e-12)
    np.testing.assert_allclose(log_second(z), jacobian(jacobian(function))(z), atol=1e-12)
    along = np.einsum("aijk,i,j,k->a", jacobian(jacobian(jacobian(function)))(z), u, u, u)
    np.testing.assert_allclose(log_third(z, u), along, atol=1e-12)


@pytest.mark.parametrize("classes", [1, 2, 3, 5, 20])
def test_the_constants_of_the_logarithm_are_never_exceeded(classes, rng):
    entry = LOG_SOFTMAX.instantiate(rows=sympy.Integer(1), classes=sympy.Integer(classes))
    slope, curvature, third = (float(f.value) for f in (entry.lipschitz, entry.smoothness, entry.third))
    for _ in range(500):
        z, u = rng.normal(size=classes) * rng.choice([0.3, 1, 3, 10, 100]), rng.normal(size=classes)
        u /= np.linalg.norm(u)
        assert np.linalg.norm(log_first(z), 2) <= slope * (1 + 1e-12)
        assert np.sqrt(classes) * np.linalg.norm(log_second(z)[0], 2) <= curvature * (1 + 1e-12)
        assert np.linalg.norm(log_third(z, u)) <= third * (1 + 1e-12)


@pytest.mark.parametrize("others", [0, 1, 8])
def test_witnesses_of_the_logarithm(others):
    classes = 2 + others
    entry = LOG_SOFTMAX.instantiate(rows=sympy.Integer(1), classes=sympy.Integer(classes))
    far = np.zeros(classes)
    far[0] = 60.0
    assert np.linalg.norm(log_first(far), 2) == pytest.approx(float(entry.lipschitz.value), rel=1e-9)
    rest, across = np.full(others, -60.0), np.zeros(classes)
    across[:2] = 0.5**0.5, -(0.5**0.5)
    tied = np.concatenate([[0.0, 0.0], rest])
    reached = np.linalg.norm(np.einsum("aij,i,j->a", log_second(tied), across, across))
    assert reached == pytest.approx(float(entry.smoothness.value), rel=1e-9)
    p = (3 + np.sqrt(3)) / 6
    skewed = np.concatenate([[np.log(p / (1 - p)), 0.0], rest])
    assert np.linalg.norm(log_third(skewed, across)) == pytest.approx(float(entry.third.value), rel=1e-9)


def test_rows_of_the_logarithm_at_zero():
    rows, classes = 6, 5
    entry = LOG_SOFTMAX.instantiate(rows=sympy.Integer(rows), classes=sympy.Integer(classes))
    at_zero = np.log(np.stack([softmax(np.zeros(classes)) for _ in range(rows)]))
    assert np.linalg.norm(at_zero) == pytest.approx(float(entry.at_zero.value), rel=1e-12)
    assert np.abs(at_zero).max() == pytest.approx(float(entry.sup_at_zero), rel=1e-12)
    assert entry.norm is None  # an entry tends to -oo where another one's score tends to oo
    assert entry.sup is None


def test_the_sum_of_the_second_derivative_is_never_exceeded_and_reached(rng):
    """sum_j |D^2 p_j[u, u]| where no entry of u is larger than 1: signs are the largest, as it is convex in u at each p."""
    largest = float(SUMMED_SMOOTHNESS)
    for _ in range(2000):
        z, u = rng.normal(size=4) * rng.choice([0.3, 1, 3]), rng.choice([-1.0, 1.0], size=4)
        assert np.abs(second(z, u) @ u).sum() <= largest * (1 + 1e-12)
    q = (1 - 1 / np.sqrt(3)) / 2
    skewed = np.array([np.log(q / (1 - q)), 0.0])
    assert np.abs(second(skewed, np.array([1.0, -1.0])) @ [1.0, -1.0]).sum() == pytest.approx(largest, rel=1e-12)
