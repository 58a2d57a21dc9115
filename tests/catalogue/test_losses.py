"""Losses: gradients and Hessians of the mean over a batch."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import grad, hessian
from sympy import Rational

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


def scores(labels, temperature=1.0, smoothing=0.0):
    """Cross entropy against rows of a distribution, smoothed."""
    batch, classes = labels.shape
    target = (1 - smoothing) * labels + smoothing / classes

    def loss(flat):
        z = anp.reshape(flat, (batch, classes)) / temperature
        shifted = z - anp.max(z, axis=1, keepdims=True)
        logs = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
        return -anp.sum(target * logs) / batch

    return loss


@pytest.mark.parametrize("smoothing", [0, Rational(1, 10), Rational(1, 2), 1])
@pytest.mark.parametrize("temperature", [Rational(1, 2), 3])
@pytest.mark.parametrize(("batch", "classes"), [(1, 2), (3, 4)])
def test_logistic_with_smoothed_or_soft_labels(smoothing, temperature, batch, classes, rng):
    entry = LOSSES["logistic"].instantiate(
        batch=Z(batch),
        classes=Z(classes),
        label_smoothing=sympy.sympify(smoothing),
        temperature=sympy.sympify(temperature),
    )
    first, second = float(entry.lipschitz.value), float(entry.smoothness.value)
    a, t = float(smoothing), float(temperature)
    hard = np.eye(classes)[np.zeros(batch, dtype=int)]
    for _ in range(20):
        soft = rng.dirichlet(np.ones(classes), size=batch)
        z = rng.normal(size=batch * classes) * rng.choice((0.1, 1, 20)) * t
        for labels in (hard, soft):
            assert np.linalg.norm(grad(scores(labels, t, a))(z)) <= first * (1 + 1e-12)
            assert np.linalg.norm(hessian(scores(labels, t, a))(z), 2) <= second * (1 + 1e-9)
    wrong = np.tile([0.0, 60.0 * t, *(0.0,) * (classes - 2)], batch)
    assert np.linalg.norm(grad(scores(hard, t, a))(wrong)) == pytest.approx(first, rel=1e-9)
    tied = np.tile([0.0, 0.0, *(-60.0 * t,) * (classes - 2)], batch)
    assert np.linalg.norm(hessian(scores(hard, t, a))(tied), 2) == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("temperature", [Rational(1, 2), 1, 3])
def test_kl(temperature, rng):
    """The entropy of q is constant: the gradient is that of t^2 times the cross entropy."""
    batch, classes, t = 3, 4, float(temperature)
    entry = LOSSES["kl"].instantiate(batch=Z(batch), classes=Z(classes), temperature=sympy.sympify(temperature))
    first, second = float(entry.lipschitz.value), float(entry.smoothness.value)
    hard = np.eye(classes)[np.zeros(batch, dtype=int)]
    for _ in range(20):
        loss = scores(rng.dirichlet(np.ones(classes), size=batch), t)
        z = rng.normal(size=batch * classes) * rng.choice((0.1, 1, 20)) * t
        assert t**2 * np.linalg.norm(grad(loss)(z)) <= first * (1 + 1e-12)
        assert t**2 * np.linalg.norm(hessian(loss)(z), 2) <= second * (1 + 1e-9)
    wrong, tied = np.tile([0.0, 60.0 * t, 0.0, 0.0], batch), np.tile([0.0, 0.0, -60.0 * t, -60.0 * t], batch)
    assert t**2 * np.linalg.norm(grad(scores(hard, t))(wrong)) == pytest.approx(first, rel=1e-9)
    assert t**2 * np.linalg.norm(hessian(scores(hard, t))(tied), 2) == pytest.approx(second, rel=1e-9)
    certain = t**2 * scores(hard, t)(np.zeros(batch * classes))  # the entropy of one class is 0
    assert certain == pytest.approx(float(entry.at_zero.value))


# The scalar functions, written again: of x and the parameter.
SCALARS = {
    "binary_logistic": lambda x, _: anp.logaddexp(0.0, -x),
    "hinge": lambda x, _: anp.maximum(0.0, 1 - x),
    "squared_hinge": lambda x, _: anp.maximum(0.0, 1 - x) ** 2 / 2,
    "smoothed_hinge": lambda x, w: anp.where(x > 1, 0.0, anp.where(x > 1 - w, (1 - x) ** 2 / (2 * w), 1 - x - w / 2)),
    "huber": lambda x, d: anp.where(anp.abs(x) < d, x**2 / 2, d * (anp.abs(x) - d / 2)),
    "pseudo_huber": lambda x, d: d * anp.sqrt(d**2 + x**2) - d**2,
    "log_cosh": lambda x, _: anp.logaddexp(x, -x) - anp.log(2.0),
}
NAMES = {"smoothed_hinge": "width", "huber": "delta", "pseudo_huber": "delta"}


@pytest.mark.parametrize("value", [Rational(1, 4), 2])
@pytest.mark.parametrize("name", SCALARS)
def test_sums_over_entries(name, value, rng):
    """Sampled gradients and Hessians never exceed the constants; at the witness, with all entries there, they reach them."""
    batch, size, scalar = 3, 2, SCALARS[name]
    given = {NAMES[name]: sympy.sympify(value)} if name in NAMES else {}
    entry = LOSSES[name].instantiate(batch=Z(batch), size=Z(size), **given)

    def loss(z):
        return anp.sum(scalar(z, float(value))) / batch

    def at(point):
        clipped = {sympy.oo: 1e6, -sympy.oo: -1e6}.get(point, point)
        return np.full(batch * size, float(clipped))

    second = None if entry.smoothness.value is None else float(entry.smoothness.value)
    for _ in range(40):
        z = rng.normal(size=batch * size) * rng.choice((0.1, 1, 5))
        slope = np.linalg.norm(grad(loss)(z))
        if entry.lipschitz.value is not None:
            assert slope <= float(entry.lipschitz.value) * (1 + 1e-12)
        else:
            assert slope <= float(entry.derivative_at_zero) + second * np.linalg.norm(z)
        if second is not None:
            assert np.linalg.norm(hessian(loss)(z), 2) <= second * (1 + 1e-9)
        assert float(entry.function(sympy.Float(z[0]))) == pytest.approx(float(scalar(z[0], float(value))), abs=1e-12)
    if entry.lipschitz.value is not None:
        reached = np.linalg.norm(grad(loss)(at(entry.lipschitz.witness.point)))
        assert reached == pytest.approx(float(entry.lipschitz.value), rel=1e-9), entry.lipschitz.witness
    if second is not None:
        assert np.linalg.norm(hessian(loss)(at(entry.smoothness.witness.point)), 2) == pytest.approx(second, rel=1e-9)
    if entry.at_zero.value is not None:
        assert loss(at(0)) <= float(entry.at_zero.value) * (1 + 1e-12)


def test_a_smoothed_hinge_at_zero_is_that_of_the_hinge_where_its_width_is_small():
    entry = LOSSES["smoothed_hinge"].instantiate(batch=Z(1), size=Z(1), width=Rational(1, 10**6))
    assert float(SCALARS["smoothed_hinge"](0.0, 1e-6)) == pytest.approx(float(entry.at_zero.value), rel=1e-6)


def along(loss, z, u):
    """The third derivative along a line, by differences of the Hessian."""
    h = 1e-4
    return (hessian(loss)(z + h * u) - hessian(loss)(z - h * u)) @ u @ u / (2 * h)


@pytest.mark.parametrize("value", [Rational(1, 4), 2])
@pytest.mark.parametrize("name", [name for name in SCALARS if LOSSES[name].third is not None])
def test_third_order_of_sums_over_entries(name, value, rng):
    batch, size, scalar = 3, 2, SCALARS[name]
    given = {NAMES[name]: sympy.sympify(value)} if name in NAMES else {}
    entry = LOSSES[name].instantiate(batch=Z(batch), size=Z(size), **given)
    third = float(entry.third.value)

    def loss(z):
        return anp.sum(scalar(z, float(value))) / batch

    for _ in range(40):
        z, u = rng.normal(size=(2, batch * size))
        z = z * rng.choice((0.1, 1, 5))
        assert abs(along(loss, z, u / np.linalg.norm(u))) <= third * (1 + 1e-6)
    one = np.eye(batch * size)[0]
    reached = abs(along(loss, np.full(batch * size, float(entry.third.witness.point)), one))
    assert reached == pytest.approx(third, rel=1e-4)


@pytest.mark.parametrize("temperature", [Rational(1, 2), 1, 3])
def test_third_order_of_scores(temperature, rng):
    """The cumulant at p = (3 + sqrt(3))/6 of two classes."""
    batch, classes, t = 2, 3, float(temperature)
    values = {"batch": Z(batch), "classes": Z(classes), "temperature": sympy.sympify(temperature)}
    logistic_third, kl_third = (float(LOSSES[name].instantiate(**values).third.value) for name in ("logistic", "kl"))
    loss = scores(np.eye(classes)[np.zeros(batch, dtype=int)], t)
    for _ in range(60):
        z, u = rng.normal(size=(2, batch * classes))
        size = abs(along(loss, z * rng.choice((0.1, 1, 5)) * t, u / np.linalg.norm(u)))
        assert size <= logistic_third * (1 + 1e-6)
        assert size * t**2 <= kl_third * (1 + 1e-6)
    p = (3 + np.sqrt(3)) / 6
    skew = np.array([np.log(p / (1 - p)) * t, 0.0, -60.0 * t, 0.0, 0.0, 0.0])
    direction = np.array([0.5**0.5, -(0.5**0.5), 0.0, 0.0, 0.0, 0.0])
    assert abs(along(loss, skew, direction)) == pytest.approx(logistic_third, rel=1e-5)
    assert abs(along(loss, skew, direction)) * t**2 == pytest.approx(kl_third, rel=1e-5)


def test_third_order_of_the_squared_loss_is_zero():
    assert LOSSES["squared"].third.value == 0


def test_the_gradient_of_a_squared_hinge_grows_as_is_said():
    batch, size = 4, 3
    entry = LOSSES["squared_hinge"].instantiate(batch=Z(batch), size=Z(size))

    def loss(z):
        return anp.sum(SCALARS["squared_hinge"](z, 1)) / batch

    far = np.full(batch * size, -2.0)
    expected = float(entry.derivative_at_zero) / np.sqrt(batch) * np.sqrt(batch) + np.linalg.norm(far) / batch
    assert np.linalg.norm(grad(loss)(far)) == pytest.approx(expected)
