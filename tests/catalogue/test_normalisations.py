"""Normalisations: sampled Jacobians and their slopes stay below the constants, the witnesses reach them."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import jacobian

from boundcalc.catalogue.index import NORMALISATIONS

CASES = [
    (kind, form, count, eps) for kind, form in NORMALISATIONS for count, eps in ((2, "1/4"), (5, "3"), (9, "1/100"))
]


def normalise(kind, form, eps):
    """One group, as in the definition, with the biased variance."""

    def function(z):
        centred = z if kind == "rmsnorm" else z - anp.mean(z)
        variance = anp.mean(centred**2)
        if form == "sqrt":
            return centred / anp.sqrt(variance + eps)
        return centred / (eps + anp.sqrt(variance))

    return function


def build(kind, form, count, eps):
    groups = "channels" if kind == "batchnorm" else "rows"
    entry = NORMALISATIONS[kind, form].instantiate(
        **{groups: sympy.Integer(3)}, count=sympy.Integer(count), eps=sympy.Rational(eps)
    )
    function = normalise(kind, form, float(sympy.Rational(eps)))
    return entry, function, jacobian(function)


def direction(kind, count, rng):
    unit = rng.normal(size=count)
    if kind != "rmsnorm":
        unit -= unit.mean()
    return unit / np.linalg.norm(unit)


@pytest.mark.parametrize(("kind", "form", "count", "eps"), CASES)
def test_lipschitz(kind, form, count, eps, rng):
    entry, _, first = build(kind, form, count, eps)
    constant = float(entry.lipschitz.value)
    scale = float(sympy.Rational(eps)) ** (0.5 if form == "sqrt" else 1)
    for size in (1e-2, 1e-1, 1, 10, 100):
        z = rng.normal(size=count) * scale * size + rng.normal()
        assert np.linalg.norm(first(z), 2) <= constant * (1 + 1e-9)
    at_constant_input = first(1e-9 * scale * direction(kind, count, rng))
    assert np.linalg.norm(at_constant_input, 2) == pytest.approx(constant, rel=1e-6)


@pytest.mark.parametrize(("kind", "form", "count", "eps"), CASES)
def test_smoothness_never_exceeded(kind, form, count, eps, rng, second_derivative_norm):
    entry, _, first = build(kind, form, count, eps)
    constant = float(entry.smoothness.value)
    scale = float(sympy.Rational(eps)) ** (0.5 if form == "sqrt" else 1)
    for size in (0.3, 0.5, 1, 3):
        z = rng.normal(size=count) * scale * size
        assert second_derivative_norm(first, z, rng, step=1e-4 * scale) <= constant * (1 + 1e-5)
    # Chords of the Jacobian at all scales, also through 0, where the additive form has no second derivative.
    for size in (1e-3, 1e-1, 1, 10):
        a = scale * size * direction(kind, count, rng)
        for b in (-a * 1.5, a * 1.01, 1e-9 * a, 0.7 * scale * size * direction(kind, count, rng)):
            chord = np.linalg.norm(first(a) - first(b), 2) / np.linalg.norm(a - b)
            assert chord <= constant * (1 + 1e-6)


@pytest.mark.parametrize(("kind", "form", "count", "eps"), CASES)
def test_smoothness_witness(kind, form, count, eps, rng):
    entry, _, first = build(kind, form, count, eps)
    constant = float(entry.smoothness.value)
    number = float(sympy.Rational(eps))
    unit = direction(kind, count, rng)
    if form == "sqrt":  # variance eps/4
        point, step = np.sqrt(count * number) / 2, 1e-4 * np.sqrt(number)
        ends = (point + step, point - step)
    else:  # from 0 to a small variance
        ends = (1e-7 * number * np.sqrt(count), 1e-12 * number * np.sqrt(count))
    change = first(ends[0] * unit) - first(ends[1] * unit)
    assert np.linalg.norm(change, 2) / (ends[0] - ends[1]) == pytest.approx(constant, rel=1e-6)


@pytest.mark.parametrize(("kind", "form", "count", "eps"), CASES)
def test_values(kind, form, count, eps, rng):
    entry, function, _ = build(kind, form, count, eps)
    assert entry.at_zero.value == 0
    if form == "sqrt":  # numpy divides 0/0 in the additive form's derivative only
        assert np.linalg.norm(function(np.zeros(count))) == 0
    norm, sup = float(entry.norm.value), float(entry.sup.value)
    images = [function(rng.normal(size=(count,)) * size) for size in (1e-3, 1, 1e3)]
    assert all(np.sqrt(3) * np.linalg.norm(image) <= norm for image in images)
    far = function(1e9 * direction(kind, count, rng))
    assert np.sqrt(3) * np.linalg.norm(far) == pytest.approx(norm, rel=1e-6)
    spike = np.abs(function(1e9 * np.eye(count)[0])).max()
    assert spike <= sup
    assert spike == pytest.approx(sup, rel=1e-6)


def test_several_groups_have_the_constants_of_one(rng, second_derivative_norm):
    function = normalise("batchnorm", "sqrt", 0.5)

    def both(z):
        return anp.concatenate([function(z[:4]), function(z[4:])])

    entry = NORMALISATIONS["batchnorm", "sqrt"].instantiate(
        channels=sympy.Integer(2), count=sympy.Integer(4), eps=sympy.Rational(1, 2)
    )
    first = jacobian(both)
    for _ in range(20):
        z = rng.normal(size=8) * 0.5
        assert np.linalg.norm(first(z), 2) <= float(entry.lipschitz.value)
        assert second_derivative_norm(first, z, rng) <= float(entry.smoothness.value)


def test_needs_eps():
    with pytest.raises(TypeError, match="needs eps"):
        NORMALISATIONS["layernorm", "sqrt"].instantiate(rows=sympy.Integer(1), count=sympy.Integer(2))
    with pytest.raises(ValueError, match="eps"):
        NORMALISATIONS["layernorm", "sqrt"].instantiate(
            rows=sympy.Integer(1), count=sympy.Integer(2), eps=sympy.Integer(0)
        )
