"""Brier score: attained by two classes, and never exceeded; the functions of few numbers that the proof leaves (catalogue/brier.py)."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import grad, hessian

from boundcalc.catalogue.index import LOSSES

Z = sympy.Integer
ATTAINED = 0.30811714


def brier(batch, classes):
    def loss(flat):
        z = anp.reshape(flat, (batch, classes))
        odds = anp.exp(z - anp.max(z, axis=1, keepdims=True))
        p = odds / anp.sum(odds, axis=1, keepdims=True)
        return (anp.sum(p * p) - 2 * anp.sum(p[:, 0]) + batch) / (2 * batch)

    return loss


def constants(batch, classes):
    entry = LOSSES["brier"].instantiate(batch=Z(batch), classes=Z(classes))
    return float(entry.lipschitz.value), float(entry.smoothness.value), float(entry.at_zero.value)


@pytest.mark.parametrize("classes", [2, 3, 4, 7])
def test_sampled_values_never_exceed_the_constants(classes, rng):
    first, second, at_zero = constants(1, classes)
    loss = brier(1, classes)
    for _ in range(300):
        z = rng.normal(size=classes) * rng.choice((0.3, 1, 3)) - rng.choice((0, 2)) * rng.integers(2, size=classes)
        assert np.linalg.norm(grad(loss)(z)) <= first * (1 + 1e-12)
        assert np.linalg.norm(hessian(loss)(z), 2) <= second
    assert loss(np.zeros(classes)) == pytest.approx(at_zero, rel=1e-12)


@pytest.mark.parametrize(("batch", "classes"), [(1, 2), (3, 2), (2, 4)])
def test_the_witnesses(batch, classes):
    """The score of the label's class against one other, the others far below."""
    first, second, _ = constants(batch, classes)
    loss, others = brier(batch, classes), [-60.0] * (classes - 2)

    def at(probability):
        return np.tile([np.log(probability / (1 - probability)), 0.0, *others], batch)

    assert np.linalg.norm(grad(loss)(at(1 / 3))) == pytest.approx(first, rel=1e-9)
    reached = np.linalg.norm(hessian(loss)(at((9 + 33**0.5) / 24)), 2) * batch
    assert reached == pytest.approx(ATTAINED, rel=1e-7)
    assert 0.99 * second * batch < reached < second * batch


def test_the_square_of_the_gradient_is_bounded_by_a_polynomial():
    a, beta = np.meshgrid(np.linspace(0, 1, 601), np.linspace(0, 1, 601), indexing="ij")
    t = 1 - a
    negative = np.maximum(0, beta * ((t - beta) ** 2 - a * t))
    of_label = a * (t**2 + (t - beta) ** 2 + beta**2)
    square = of_label**2 + (negative + of_label) ** 2 + negative**2
    assert np.max(square[beta <= t]) == pytest.approx(2 * (8 / 27) ** 2, rel=1e-12)


def rest(c, u, total):
    """Of probabilities p with sum u and sum of squares `total`, a bound of the sum of p |2 p + c|."""
    b = np.abs(c)
    negative = b * u - 2 * total + 2 * np.maximum(0, 2 * total - b * np.sqrt(total))
    return np.where(c >= 0, 2 * total + c * u, negative)


def oval(h, r):
    """The largest |x| with |x - h_1| |x - h_2| <= r_1 r_2."""
    root = np.sqrt(((h[0] - h[1]) / 2) ** 2 + r[0] * r[1])
    return np.abs(h[0] + h[1]) / 2 + root


def row(a, own, others, u, total):
    """The diagonal entry and a bound of the sum off it of the row of a class that is not the label."""
    s = a * a + own * own + sum(p * p for p in others) + total
    off = a * np.abs(2 * own + 4 * a - 3 * s - 1)
    off = off + sum(p * np.abs(2 * own + 2 * p + 2 * a - 3 * s) for p in others)
    c = own * (2 * own + a - s)
    return c - 2 * own * c + own * own * s, own * (off + rest(2 * own + 2 * a - 3 * s, u, total))


def row_of_label(a, other, u, total):
    s = a * a + other * other + total
    off = other * np.abs(2 * other - 3 * s + 4 * a - 1) + rest(4 * a - 1 - 3 * s, u, total)
    c = a * (3 * a - s - 1)
    return c - 2 * a * c + a * a * s, a * off


def of_two_rows(a, p, q, share):
    """The bound by the rows of p and of the label (q is None), or of q."""
    u = np.maximum(0, 1 - a - p - (0 if q is None else q))
    total = share * u * u
    rows = (
        (row_of_label(a, p, u, total), row(a, p, (), u, total))
        if q is None
        else (row(a, p, (q,), u, total), row(a, q, (p,), u, total))
    )
    return oval(*zip(*rows, strict=True))


def largest(dimension, steps, low=0.0, high=1.0):
    ends = zip(*np.broadcast_arrays(low, high, np.zeros(dimension))[:2], strict=True)
    axes = [np.linspace(lo, hi, steps) for lo, hi in ends]
    a, p, *rest_ = np.meshgrid(*axes, indexing="ij")
    q, share = (None, rest_[0]) if dimension == 3 else rest_
    found = np.where(a + p + (0 if q is None else q) <= 1, of_two_rows(a, p, q, share), 0)
    at = np.unravel_index(np.argmax(found), found.shape)
    return found[at], np.array([axis[i] for axis, i in zip(axes, at, strict=True)])


@pytest.mark.parametrize(("dimension", "steps"), [(3, 61), (4, 33)])
def test_the_ovals_stay_below_the_constant(dimension, steps):
    """On a grid, and on finer ones around the largest value."""
    value, at = largest(dimension, steps)
    for width in (2 / steps, 4 / steps**2):
        more, at = largest(dimension, 25, np.maximum(0, at - width), np.minimum(1, at + width))
        value = max(value, more)
    assert 0.307 < value < 0.31


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_rows_and_ovals_are_those_of_the_hessian(classes, rng):
    loss = brier(1, classes)
    for _ in range(50):
        p = rng.dirichlet(np.full(classes, rng.choice((0.3, 1, 5))))
        h = hessian(loss)(np.log(p))
        off = np.abs(h).sum(axis=1) - np.abs(np.diag(h))
        for i in range(1, classes):
            u = 1 - p[0] - p[i]
            total = max(0, np.sum(p**2) - p[0] ** 2 - p[i] ** 2)
            for (diagonal, bound), k in ((row_of_label(p[0], p[i], u, total), 0), (row(p[0], p[i], (), u, total), i)):
                assert diagonal == pytest.approx(h[k, k], abs=1e-12)
                assert off[k] <= bound + 1e-12
