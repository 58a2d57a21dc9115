"""Constants that are said to be attained, each reached by its own map at its witness: what the other files of this folder do not reach.

The maps are written down again, the derivatives are autograd's, and where the catalogue has the constant it is the same number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import jacobian

import boundcalc as bc
from boundcalc.catalogue.index import SOFTMAX
from boundcalc.catalogue.normalisations import WEIGHTS

Array = Any
Function = Callable[[Array], Array]
RADIAL = 48 * math.sqrt(5) / 125  # the largest second derivative of sqrt(1 + t^2), off its bend


def first(f: Function, z: Array) -> float:
    return float(np.linalg.norm(np.atleast_2d(jacobian(f)(np.asarray(z, dtype=float))), 2))


def second(f: Function, z: Array, u: Array) -> float:
    """||D^2 f(z)[u, u]|| / ||u||^2."""
    z, u = np.asarray(z, dtype=float), np.asarray(u, dtype=float)
    turned = jacobian(lambda x: anp.dot(jacobian(f)(x), u))(z)
    return float(np.linalg.norm(turned @ u) / (u @ u))


@pytest.mark.parametrize("d", [0.5, 1.0, 3.0])
def test_a_vector_over_its_smooth_length(d: float) -> None:
    """z/sqrt(||z||^2 + d^2): 1/d at 0, and 48 sqrt(5)/125 / d^2 along z where ||z|| = d/2."""

    def f(z: Array) -> Array:
        return z / anp.sqrt(anp.sum(z**2) + d**2)

    assert first(f, [0.0, 0.0]) == pytest.approx(1 / d)
    assert second(f, [d / 2, 0.0], [1.0, 0.0]) == pytest.approx(RADIAL / d**2)


@pytest.mark.parametrize("d", [0.5, 2.0])
def test_the_direction_of_a_vector(d: float) -> None:
    """z/||z|| on ||z|| >= d: 1/d across z, and 2/(sqrt(3) d^2) at sin^2 = 2/3 from z."""

    def f(z: Array) -> Array:
        return z / anp.sqrt(anp.sum(z**2))

    assert first(f, [d, 0.0]) == pytest.approx(1 / d)
    assert second(f, [d, 0.0], [math.sqrt(1 / 3), math.sqrt(2 / 3)]) == pytest.approx(2 / (math.sqrt(3) * d**2))


@pytest.mark.parametrize(("gain", "least"), [(1.0, 1.0), (3.0, 0.5), (0.25, 2.0)])
def test_weight_normalisation(gain: float, least: float) -> None:
    """g v/||v||: max(1, y) with y = gain/least, and 2 (1 + y^2)/(least sqrt(4 + 3 y^2)), found over all directions."""

    def f(x: Array) -> Array:
        return x[0] * x[1:] / anp.sqrt(anp.sum(x[1:] ** 2))

    y, at = gain / least, [gain, least, 0.0]
    angles = [(a, b) for a in np.linspace(0, np.pi, 181) for b in np.linspace(0, np.pi, 181)]
    largest = 2 * (1 + y**2) / (least * math.sqrt(4 + 3 * y**2))
    hessian = jacobian(jacobian(f))(np.asarray(at))
    units = np.array([[np.cos(a), np.sin(a) * np.cos(b), np.sin(a) * np.sin(b)] for a, b in angles])
    found = float(np.linalg.norm(np.einsum("kij,ni,nj->nk", hessian, units, units), axis=1).max())
    assert largest * (1 - 1e-3) <= found <= largest * (1 + 1e-12)
    assert first(f, at) == pytest.approx(max(1, y))
    entry = WEIGHTS.instantiate(gain=sympy.Rational(gain), least=sympy.Rational(least), rows=sympy.S.One)
    assert float(entry.lipschitz.value or 0) == pytest.approx(max(1, y))
    assert float(entry.smoothness.value or 0) == pytest.approx(largest)


@pytest.mark.parametrize("classes", [2, 5])
def test_log_softmax(classes: int) -> None:
    """z - lse(z): sqrt(K) where one class has all the weight, sqrt(K)/2 at two classes that tie."""

    def f(z: Array) -> Array:
        return z - anp.log(anp.sum(anp.exp(z)))

    far, tied = np.zeros(classes), np.full(classes, -60.0)
    far[0] = 60.0
    tied[:2] = 0.0
    across = np.zeros(classes)
    across[:2] = 1.0, -1.0
    assert first(f, far) == pytest.approx(math.sqrt(classes))
    assert second(f, tied, across) == pytest.approx(math.sqrt(classes) / 2)


def test_the_largest_entry_of_a_normalised_slice() -> None:
    """sqrt(M - 1): one entry differs from all others, which are equal, as eps tends to 0."""
    for count in (2, 5, 16):
        z = np.zeros(count)
        z[0] = 1e6
        centred = z - z.mean()
        reached = np.abs(centred / np.sqrt(centred @ centred / count + 1e-9)).max()
        assert reached == pytest.approx(math.sqrt(count - 1), rel=1e-9)
        text = f"input: {{shape: [{count}], norm: 1000000}}\nlayers: [layernorm: 1/1000000000]"
        assert bc.compile(bc.loads(text), measure="entry", norms="mixed").norm.evaluate() == pytest.approx(reached)


@pytest.mark.parametrize(("samples", "features"), [(3, 4), (6, 2)])
def test_gain_and_shift_of_a_normalisation_in_one_ball(samples: int, features: int, rng: np.random.Generator) -> None:
    """(g, h) -> g z_hat + h of batch-norm: the columns z_hat and 1 of a channel are orthogonal, each no longer than sqrt(n)."""
    z = 100 * rng.normal(size=(samples, features))
    z_hat = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-9)
    columns = np.zeros((samples * features, 2 * features))
    for j in range(features):
        columns[j::features, j] = z_hat[:, j]
        columns[j::features, features + j] = 1
    reached = float(np.linalg.norm(columns, 2))
    assert reached == pytest.approx(math.sqrt(samples))
    text = f"batch: {samples}\ninput: {{shape: [{features}], norm: 1000}}\nradius: 1\nlayers: [batchnorm: {{eps: 1/1000000000, affine: true}}]"
    assert bc.compile(bc.loads(text)).lipschitz.evaluate() == pytest.approx(reached, rel=1e-6)


@pytest.mark.parametrize("largest", [1.0, 3.330, 5.0, 20.0])
def test_the_state_of_an_lstm(largest: float) -> None:
    """c' = s(f) c + s(i) tanh(g) with |c| <= c0: sqrt(1 + F(c0)) by (f, c, i, g), F(c) = max s^2 (1 + c^2 (1 - s)^2)."""
    s = 1.0 if largest <= 3.330 else (3 - math.sqrt(1 - 8 / largest**2)) / 4
    best = 1.0 if largest <= 3.330 else s**3 / (2 * s - 1)
    grid = np.linspace(0, 1, 100001)
    assert best == pytest.approx(float((grid**2 * (1 + largest**2 * (1 - grid) ** 2)).max()), rel=1e-6)

    def f(x: Array) -> Array:
        gates = 1 / (1 + anp.exp(-x[0])), 1 / (1 + anp.exp(-x[2]))
        return anp.array([gates[0] * x[1] + gates[1] * anp.tanh(x[3])])

    forget = 40.0 if s == 1 else math.log(s / (1 - s))
    assert first(f, [forget, largest, 40.0, 0.0]) == pytest.approx(math.sqrt(1 + best))


def test_the_minimizer_of_a_strongly_convex_function() -> None:
    """b minimises half of a quadratic with Hessian H between -k and k and H_bb = 1: db/dv = -H_bv, largest sqrt(k^2 - 1), and sqrt(k - 1) where
    H is positive semidefinite."""
    for kappa in (1.5, 4.0):
        coupling = math.sqrt(kappa**2 - 1)
        hessian = np.array([[1.0, coupling], [coupling, -1.0]])  # eigenvalues -kappa and kappa
        assert np.abs(np.linalg.eigvalsh(hessian)).max() == pytest.approx(kappa)
        text = f"input: {{shape: [1], norm: 1}}\nlayers: [argmin: {{strong_convexity: 1, lipschitz_gradient: {kappa}, at_zero: 0}}]"
        assert bc.compile(bc.loads(text), wrt="input").lipschitz.evaluate() == pytest.approx(coupling)
        joint = math.sqrt(kappa - 1)
        convex = np.array([[1.0, joint], [joint, kappa - 1]])  # eigenvalues 0 and kappa
        assert np.linalg.eigvalsh(convex) == pytest.approx([0, kappa])


@pytest.mark.parametrize(("left", "right", "target"), [(1.0, 2.0, 3.0), (2.0, 2.0, 0.0), (0.5, 3.0, 1.0)])
def test_matrix_factorisation(left: float, right: float, target: float) -> None:
    """Half of (a b - y)^2 at a = R1, b = R2, y = -target: gradient (a b - y)(b, a), Hessian [[b^2, 2 a b - y], [2 a b - y, a^2]]."""

    def f(x: Array) -> Array:
        return anp.array([(x[0] * x[1] + target) ** 2 / 2])

    at, two = np.array([left, right]), left * right + target
    hessian = jacobian(jacobian(f))(at)[0]
    text = (
        "input: {shape: [1, 1], norm: 1}\nlayers:\n"
        f"  - parameter: {{shape: [1, 1], name: a, radius: {left}}}\n  - parameter: {{shape: [1, 1], name: b, radius: {right}}}\n"
        f"loss: {{matrix_factorisation: {{from: [a, b], target: {target}}}}}"
    )
    objective = bc.compile(bc.loads(text), blocks="layer").objective
    assert objective is not None
    assert objective.lipschitz.evaluate() == pytest.approx(first(f, at)) == pytest.approx(two * math.hypot(left, right))
    assert objective.smoothness.evaluate() == pytest.approx(float(np.linalg.eigvalsh(hessian).max()))


def test_softmax_over_a_temperature() -> None:
    """1/(2 t) and sqrt(6)/(9 t^2): those of softmax, scaled."""
    assert float(SOFTMAX.lipschitz.value or 0) == 0.5
    for t in (0.5, 2.0):

        def f(z: Array, t: float = t) -> Array:
            weights = anp.exp(z / t)
            return weights / anp.sum(weights)

        p = (3 + math.sqrt(3)) / 6
        across = np.array([1.0, -1.0])
        assert first(f, [0.0, 0.0]) == pytest.approx(1 / (2 * t))
        assert second(f, [t * math.log(p / (1 - p)), 0.0], across) == pytest.approx(math.sqrt(6) / (9 * t**2))
