"""Losses: gradients and Hessians of the mean over a batch."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import grad, hessian

from boundcalc.catalogue.index import LOSSES

Z = sympy.Integer


def logistic(labels, classes):
    def loss(flat):
        scores = anp.reshape(flat, (len(labels), classes))
        shifted = scores - anp.max(scores, axis=1, keepdims=True)
        total = anp.log(anp.sum(anp.exp(shifted), axis=1))
        return anp.mean(total - shifted[np.arange(len(labels)), labels])

    return loss


@pytest.mark.parametrize(("batch", "classes"), [(1, 2), (3, 2), (4, 5)])
def test_logistic(batch, classes, rng):
    entry = LOSSES["logistic"].instantiate(batch=Z(batch), classes=Z(classes))
    first, second = float(entry.lipschitz.value), float(entry.smoothness.value)
    loss = logistic(rng.integers(classes, size=batch), classes)
    for scale in (0.1, 1, 10):
        for _ in range(10):
            z = rng.normal(size=batch * classes) * scale
            assert np.linalg.norm(grad(loss)(z)) <= first * (1 + 1e-12)
            assert np.linalg.norm(hessian(loss)(z), 2) <= second * (1 + 1e-12)
    assert loss(np.zeros(batch * classes)) == pytest.approx(float(entry.at_zero.value), rel=1e-12)


@pytest.mark.parametrize("batch", [1, 4])
def test_logistic_witnesses(batch):
    classes = 3
    entry = LOSSES["logistic"].instantiate(batch=Z(batch), classes=Z(classes))
    loss = logistic(np.zeros(batch, dtype=int), classes)
    wrong = np.tile([0.0, 60.0, 0.0], batch)
    assert np.linalg.norm(grad(loss)(wrong)) == pytest.approx(float(entry.lipschitz.value), rel=1e-9)
    tied = np.tile([0.0, 0.0, -60.0], batch)
    assert np.linalg.norm(hessian(loss)(tied), 2) == pytest.approx(float(entry.smoothness.value), rel=1e-9)


def test_squared(rng):
    batch, features = 4, 3
    truth = rng.normal(size=batch * features)
    size = np.linalg.norm(truth)
    exact = sympy.Rational(size)  # the double, exactly

    def loss(z):
        return anp.sum((truth - z) ** 2) / (2 * batch)

    entry = LOSSES["squared"].instantiate(batch=Z(batch), labels=exact)
    assert entry.lipschitz.value is None
    assert entry.derivative_at_zero is not None
    slope, second = float(entry.derivative_at_zero), float(entry.smoothness.value)
    first, norm = slope + second * 5, float(entry.at_zero.value) + (slope + second * 5) * 5  # where ||z|| <= 5
    for _ in range(50):
        z = rng.normal(size=batch * features)
        z *= rng.uniform(0, 5) / np.linalg.norm(z)
        assert np.linalg.norm(grad(loss)(z)) <= first
        assert abs(loss(z)) <= norm
    opposite = -5 * truth / size
    assert np.linalg.norm(grad(loss)(opposite)) == pytest.approx(first, rel=1e-12)
    assert np.linalg.norm(hessian(loss)(opposite), 2) == pytest.approx(second, rel=1e-9)
    assert loss(np.zeros_like(truth)) == pytest.approx(float(entry.at_zero.value), rel=1e-12)


def test_squared_accepts_zero_labels():
    entry = LOSSES["squared"].instantiate(batch=Z(2), labels=Z(0))
    assert (entry.at_zero.value, entry.derivative_at_zero) == (0, 0)
