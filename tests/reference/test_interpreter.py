"""The interpreter itself: derivatives against differences, layers against numbers worked out by hand (torch gives the same)."""

from __future__ import annotations

import numpy as np
import pytest

import boundcalc as bc
from reference import layers
from reference.derivatives import evaluate, jacobians, random_points
from reference.network import OUTPUT, Network
from reference.specs import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_complex_steps_are_derivatives(name: str) -> None:
    if name == "batchnorm without eps":
        return  # its slope is infinite where the variance is zero
    network = Network(bc.loads(NETWORKS[name]), ("parameters",))
    if not len(network.selected):
        return
    rng = np.random.default_rng(5)
    points = random_points(network, rng, 2)
    direction = rng.normal(size=len(network.selected))
    h = 1e-6
    ahead, behind = points.copy(), points.copy()
    ahead[:, network.selected] += h * direction
    behind[:, network.selected] -= h * direction
    path = network.graph.loss or OUTPUT
    difference = (evaluate(network, ahead)[path] - evaluate(network, behind)[path]) / (2 * h)
    derivative = jacobians(network, points)[path] @ direction
    assert np.allclose(derivative, difference, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(derivative).max())))


def array(*values: float) -> layers.Array:
    """One copy, one sample, one channel."""
    return np.array([[[values]]], dtype=complex)


def test_a_convolution_by_hand() -> None:
    kernel = np.array([[[[1, 10]]]], dtype=complex)
    bias = np.array([[0.5]])
    assert layers.convolution(array(1, 2, 3), kernel, None, [1], [0], [0], [1]).real.ravel().tolist() == [21, 32]
    assert layers.convolution(array(1, 2, 3), kernel, bias, [2], [1], [1], [1]).real.ravel().tolist() == [10.5, 32.5]
    assert layers.convolution(array(1, 2, 3), kernel, None, [1], [1], [1], [2]).real.ravel().tolist() == [20, 31, 2]
    assert layers.convolution(array(1, 2, 3), kernel, None, [1], [0], [1], [1]).real.ravel().tolist() == [
        21,
        32,
        3,
    ]  # pads on the right


def test_groups_see_their_own_channels() -> None:
    z = np.array([[[[1.0], [2.0], [3.0], [4.0]]]], dtype=complex)
    weight = np.ones((1, 2, 2, 1), dtype=complex)
    assert layers.convolution(z, weight, None, [1], [0], [0], [1]).real.ravel().tolist() == [3, 7]


def test_a_two_dimensional_convolution_by_hand() -> None:
    z = np.arange(6.0).reshape(1, 1, 1, 2, 3).astype(complex)
    weight = np.array([[1, 2], [3, 4]]).reshape(1, 1, 1, 2, 2).astype(complex)
    assert layers.convolution(z, weight, None, [1, 1], [0, 0], [0, 0], [1, 1]).real.ravel().tolist() == [27, 37]


def test_poolings_by_hand() -> None:
    z = array(1, 5, 2, 4, 3)
    assert layers.max_pool(z, [2], [2], [0], [2]).real.ravel().tolist() == [5, 4]
    assert layers.max_pool(z, [2], [2], [0], [3]).real.ravel().tolist() == [5, 4, 3]  # ceil
    assert layers.max_pool(-z, [3], [2], [1], [3]).real.ravel().tolist() == [-1, -2, -3]  # padding is ignored
    assert layers.average_pool(z, [2], [2], [0], [2]).real.ravel().tolist() == [3, 3]
    assert layers.average_pool(z, [3], [2], [1], [3]).real.ravel() == pytest.approx(
        [2, 11 / 3, 7 / 3]
    )  # padding counts
    assert layers.average_pool(z, [4], [2], [0], [2]).real.ravel() == pytest.approx([3, 3])  # ceil: 3 entries are left


def test_batchnorm_by_hand() -> None:
    z = np.array([[[[1.0, 3.0]], [[5.0, 7.0]]]], dtype=complex)  # two samples, one channel, two positions
    whole = layers.batchnorm(z, 4.0, "sqrt", positions=True).real.ravel()
    assert whole == pytest.approx(np.array([-3, -1, 1, 3]) / 3)  # variance 5, and 5 + 4 = 9
    each = layers.batchnorm(z, 2.0, "additive", positions=False).real.ravel()
    assert each == pytest.approx(np.array([-2, -2, 2, 2]) / 4)  # deviation 2 at each position


def test_activations_by_hand() -> None:
    z = np.array([-2.0, -0.25, 0.0, 1.0], dtype=complex)
    expected = {
        "relu": [0, 0, 0, 1],
        "softplus": np.log1p(np.exp(z.real)),
        "logsigmoid": -np.log1p(np.exp(-z.real)),
        "sigmoid": 1 / (1 + np.exp(-z.real)),
        "elu": [np.exp(-2) - 1, np.exp(-0.25) - 1, 0, 1],
        "gelu": [-0.0455003, -0.1003234, 0, 0.8413447],
        "silu": [-0.2384058, -0.1094559, 0, 0.7310586],
        "mish": [-0.2525015, -0.1299270, 0, 0.8650984],
        "hardsigmoid": [1 / 6, 2.75 / 6, 0.5, 4 / 6],
        "hardswish": [-1 / 3, -0.25 * 2.75 / 6, 0, 4 / 6],
        "softshrink": [-1.5, 0, 0, 0.5],
        "hardshrink": [-2, 0, 0, 1],
        "softsign": [-2 / 3, -0.2, 0, 0.5],
        "arctan": np.arctan(z.real),
        "gaussian": np.exp(-(z.real**2)),
    }
    for name, values in expected.items():
        assert layers.ACTIVATIONS[name](z).real == pytest.approx(values, abs=1e-6), name


def test_losses_by_hand() -> None:
    z = np.array([[[0.0, 0.0], [np.log(3), 0.0]]], dtype=complex)
    assert layers.logistic(z, np.array([0, 1])).real.tolist() == pytest.approx([(np.log(2) + np.log(4)) / 2])
    assert layers.squared(z, np.ones_like(z)).real.tolist() == pytest.approx([(3 + (np.log(3) - 1) ** 2) / 4])


def test_slice_by_slice_by_hand() -> None:
    """Sums along the last axis: slices along the second axis of the input, which is the first of the result."""
    z = np.arange(6.0).reshape(1, 1, 2, 3).astype(complex)
    found = layers.slice_by_slice(
        [z], (1, 2, 2), [[1], [2]], lambda slices, into: slices[0].sum(axis=2) * np.ones(into)
    )
    assert found.real.tolist() == [[[3, 3], [12, 12]]]


def test_members_of_given_classes_have_their_constants() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(1, 2, 3)).astype(complex)
    assert np.linalg.norm(layers.known_linear(np.eye(3).astype(complex), 4, 2.5, rng), 2) == pytest.approx(2.5)
    assert np.linalg.norm(layers.known_map(z * 0, 6, 2.0, 3.0, 0.5, None, rng)) == pytest.approx(0.5)
    assert np.linalg.norm(layers.known_bilinear(z, z, 3, 2.0, rng)) <= 2 * np.linalg.norm(z) ** 2
