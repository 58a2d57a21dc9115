"""`forward` of every kind against an implementation that shares nothing with it, on the inputs of networks of all kinds."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.derivatives import random_points
from reference.network import Network
from reference.specs import NETWORKS

import boundcalc as bc
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Layer
from boundcalc.layers.index import VOCABULARY

XP = SimpleNamespace(**{**vars(np), "erf": np.vectorize(math.erf, otypes=[float])})
# The reference draws members of these classes at random; theirs are fixed, and tested below.
DRAWN = frozenset({"take", "constant", "linear", "map", "bilinear", "generic", "dropout", "logistic", "squared"})
Array = NDArray[np.float64]


def forward(network: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = at_values(layer.placed.facts, network.graph.conditions.values)
    arrays = {array.name: network._array(layer, array.name, w[None])[0] for array in layer.arrays}  # type: ignore[index]
    return layer.kind.forward(facts, arrays, inputs, XP)


@pytest.mark.parametrize("name", NETWORKS)
def test_forward_is_what_the_reference_computes(name: str) -> None:
    network = Network(bc.loads(NETWORKS[name]))
    w = random_points(network, np.random.default_rng(0), 1)[0]
    outputs = {path: value[0].real for path, value in network.outputs(w[None].astype(complex)).items()}
    for layer in network.graph.layers:
        if layer.kind.name in DRAWN or _has_drawn_mask(layer):
            continue
        found = forward(network, layer, [outputs[path] for path in layer.inputs], w)
        expected = outputs[layer.path]
        assert found.shape == expected.shape, layer.path
        assert np.allclose(found, expected, rtol=1e-12, atol=1e-12), layer.path


def _has_drawn_mask(layer: Layer) -> bool:
    return layer.kind.name == "attention" and (layer.placed.facts.mask or layer.placed.facts.kept != 1)


def test_every_kind_was_compared() -> None:
    used = {layer.kind.name for text in NETWORKS.values() for layer in Network(bc.loads(text)).graph.layers}
    assert used >= set(VOCABULARY)


def alone(step: str, shape: str = "[3]", batch: int = 2) -> tuple[Network, Layer]:
    text = f"batch: {batch}\ninput: {{shape: {shape}, norm: 2}}\nradius: 1\nlayers: [{{{step}}}]"
    network = Network(bc.loads(text))
    return network, list(network.graph.layers)[-1]


def jacobian(network: Network, layer: Layer, z: Array, w: Array) -> Array:
    """By central differences, with respect to z."""
    columns = []
    for i in range(z.size):
        step = np.zeros(z.size)
        step[i] = 1e-6
        ahead, behind = (forward(network, layer, [z + s * step.reshape(z.shape)], w) for s in (1, -1))
        columns.append((ahead - behind).ravel() / 2e-6)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    ("step", "bound"),
    [
        ("linear: 3", 3),
        ("linear: {norm: 3, shape: [2]}", 3),
        ("linear: {norm: 3, shape: [5]}", 3),
        ("dropout: 1/4", 4 / 3),
    ],
)
def test_linear_members_reach_the_norm(step: str, bound: float) -> None:
    network, layer = alone(step)
    z = np.random.default_rng(1).normal(size=(2, 3))
    assert np.linalg.norm(jacobian(network, layer, z, np.zeros(network.width)), 2) == pytest.approx(bound, rel=1e-6)


@pytest.mark.parametrize(
    "constants",
    [
        "lipschitz: 2",
        "lipschitz: 2, smoothness: 3, at_zero: 0",
        "lipschitz: 2, smoothness: 1, sup: 5, at_zero: 1",
        "lipschitz: 1/2, smoothness: 1, sup: 2",
        "lipschitz: 2, sup: 1",
        "smoothness: 3, sup: 1, at_zero: 1/2",
        "smoothness: 2, at_zero: 1",
        "sup: 2, at_zero: 0",
        "smoothness: 0, lipschitz: 1",
    ],
)
def test_maps_keep_their_constants_and_reach_them(constants: str) -> None:
    network, layer = alone(f"map: {{{constants}}}")
    facts = layer.placed.facts
    grid = np.linspace(-6, 6, 2401)
    direction = np.ones((2, 3)) / math.sqrt(6)
    values = np.array(
        [np.sum(forward(network, layer, [t * direction], np.zeros(network.width)) * direction) for t in grid]
    )
    slopes, curvatures = np.diff(values) / np.diff(grid), np.diff(values, 2) / np.diff(grid)[0] ** 2
    reached = []
    for constant, found in ((facts.lipschitz, np.abs(slopes).max()), (facts.smoothness, np.abs(curvatures).max())):
        if constant is not None:
            assert found <= float(constant) * (1 + 1e-6) + 1e-6
            reached.append(found >= float(constant) * (1 - 1e-3))
    assert all(reached)
    if facts.at_zero is not None:
        assert abs(values[len(grid) // 2]) == pytest.approx(float(facts.at_zero), abs=1e-12)
    if facts.sup is not None:
        assert np.abs(values).max() == pytest.approx(float(facts.sup), rel=1e-12)


@pytest.mark.parametrize(("shape", "both"), [("[3]", True), ("[7]", True), ("[2]", True), ("[1]", False)])
def test_generic_members_reach_the_constant_by_their_array_and_by_their_input(shape: str, both: bool) -> None:
    """With a single output the two share it: l is reached by both together only."""
    network, layer = alone(f"generic: {{lipschitz: 3, smoothness: 1/2, shape: {shape}}}", batch=1)
    at = at_values(layer.placed.facts, network.graph.conditions.values)

    def image(joint: Array) -> Array:
        return layer.kind.forward(at, {"weight": joint[:1]}, [joint[None, 1:]], XP).ravel()

    joint = np.array([1.0, 2.0, 0.5, 1.5])  # where the function is straight
    derivative = np.stack([(image(joint + s) - image(joint - s)) / 2e-6 for s in 1e-6 * np.eye(4)], axis=1)
    norms = [np.linalg.norm(part, 2) for part in (derivative, derivative[:, :1], derivative[:, 1:])]
    assert norms[0] == pytest.approx(3, rel=1e-6)
    assert all(norm == pytest.approx(3, rel=1e-6) for norm in norms[1:]) == both


def test_a_bilinear_member_reaches_its_norm() -> None:
    network, layer = alone("bilinear: {norm: 3, from: [[], [tanh]]}")
    f = np.ones((2, 3)) / math.sqrt(6)
    found = forward(network, layer, [f, f], np.zeros(network.width))
    assert np.linalg.norm(found) == pytest.approx(3)


def of_scores(loss: str, z: Array) -> float:
    text = f"batch: 2\ninput: {{shape: [3], norm: 2}}\nlayers: [identity]\nloss: {loss}"
    network = Network(bc.loads(text))
    return float(
        forward(network, list(network.graph.layers)[-1], [z] if "from" not in loss else [z, z + 1], np.zeros(0))
    )


def test_losses_are_means_over_the_batch() -> None:
    z = np.random.default_rng(2).normal(size=(2, 3))
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - z[:, 0])
    assert of_scores("logistic", z) == pytest.approx(expected)
    assert of_scores("{logistic: {reduction: sum}}", z) == pytest.approx(2 * expected)
    smooth = 0.7 * z[:, 0] + 0.3 * z.mean(axis=1)
    expected = np.mean(np.log(np.exp(z / 2).sum(axis=1)) - smooth / 2)
    assert of_scores("{logistic: {label_smoothing: 3/10, temperature: 2}}", z) == pytest.approx(expected)
    assert of_scores("{squared: {from: [input, input]}}", z) == pytest.approx(6 / 4)
    assert of_scores("{squared: {from: [input, input], reduction: sum}}", z) == pytest.approx(6 / 2)


def test_a_constant_and_what_is_taken_reach_their_numbers() -> None:
    text = "input: {shape: [3, 2], norm: 1}\nradius: 1\nlayers:\n  - constant: {shape: [2, 3], norm: 3/2, entry: 1}\n  - take: {from: input, axis: 0, count: 5, most: 2}\n"
    network = Network(bc.loads(text))
    constant, take = network.graph.layers
    found = constant.kind.forward(at_values(constant.placed.facts, {}), {}, [], XP)
    assert found.shape == (1, 2, 3)
    assert np.isclose(np.linalg.norm(found), 1.5, rtol=1e-12)
    assert np.max(np.abs(found)) == 1
    rows = np.arange(6.0).reshape(1, 3, 2)
    taken = take.kind.forward(at_values(take.placed.facts, {}), {}, [rows], XP)
    assert np.array_equal(taken[0, :, 0], [0, 0, 2, 2, 4])
