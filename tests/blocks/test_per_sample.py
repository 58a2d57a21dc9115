"""The gradient of one sample's loss by every layer, against gradients that are computed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import boundcalc as bc

HEAD = "symbols: {n: 3, R: 3/2, k: {value: 2, integer: true}}\nbatch: n\nradius: R\n"
VECTOR = HEAD + "input: {shape: [4], norm: {sample: 2}}\n"
CHAIN = VECTOR + "layers: [{dense: {units: 3, name: a}}, tanh, {dense: {units: 2, name: b}}]\n"


def per_sample(text: str, **options: object) -> dict[str, float]:
    bounds = bc.compile(bc.loads(text), **options)  # type: ignore[arg-type]
    assert bounds.objective is not None
    return {path: float(bound.evaluate()) for path, bound in bounds.objective.per_sample.items()}  # type: ignore[arg-type]


def test_a_dense_layer_and_squared_errors_reach_it() -> None:
    """Of 1/2 ||W x - y||^2 the gradient is (W x - y) x^T: at W = R u x^T/||x|| and y = -u labels, (2 R + labels) 2."""
    text = VECTOR + "layers: [dense: {units: 2, bias: false}]\nloss: {squared: {labels: 1}}"
    found = per_sample(text)
    assert found == {"dense_0": pytest.approx((2 * 1.5 + 1) * 2, rel=1e-12)}
    rng = np.random.default_rng(0)
    largest = 0.0
    for _ in range(200):
        u, x = (v / np.linalg.norm(v) for v in (rng.standard_normal(2), rng.standard_normal(4)))
        gradient = np.outer(1.5 * np.outer(u, x) @ (2 * x) + u, 2 * x)
        largest = max(largest, float(np.linalg.norm(gradient)))
    assert largest == pytest.approx(found["dense_0"], rel=1e-9)


def test_no_gradient_of_a_sample_is_larger() -> None:
    """Central differences, at arrays on the spheres; the largest is not far below."""
    text = CHAIN + "loss: logistic"
    bounds, network = per_sample(text), bc.network(bc.loads(text))
    rng, largest = np.random.default_rng(1), dict.fromkeys(per_sample(text), 0.0)

    def loss(arrays: dict[str, NDArray[np.float64]], x: NDArray[np.float64]) -> NDArray[np.float64]:
        (scores,) = network({**arrays, "input": x})
        return np.log(np.exp(scores).sum(axis=1)) - scores[:, 0]

    for _ in range(60):
        arrays = {name: rng.standard_normal(shape) for name, shape in network.shapes.items() if "." in name}
        x = rng.standard_normal((3, 4))
        x *= 2 / np.linalg.norm(x, axis=1, keepdims=True)
        parts = {path: [name for name in arrays if name.startswith(f"{path}.")] for path in bounds}
        for own in parts.values():
            length = np.sqrt(sum(np.sum(arrays[name] ** 2) for name in own))
            arrays |= {name: arrays[name] * 1.5 / length for name in own}
        for path, own in parts.items():
            squares = np.zeros(3)
            for name in own:
                for index in np.ndindex(arrays[name].shape):
                    step = np.zeros_like(arrays[name])
                    step[index] = 1e-6
                    sides = [loss({**arrays, name: arrays[name] + sign * step}, x) for sign in (1, -1)]
                    squares += ((sides[0] - sides[1]) / 2e-6) ** 2
            largest[path] = max(largest[path], float(np.sqrt(squares.max())) / bounds[path])
    assert all(0.2 < ratio <= 1 + 1e-6 for ratio in largest.values()), largest


@pytest.mark.parametrize(
    "options", [{}, {"blocks": "layer"}, {"norms": "mixed"}, {"measure": "sample", "norms": "mixed"}]
)
def test_it_depends_on_no_option_but_on_how_slopes_are_bounded(options: dict[str, str]) -> None:
    text = CHAIN + "loss: logistic\nregularizer: 2"
    assert per_sample(text, **options) == pytest.approx(per_sample(CHAIN + "loss: logistic"), rel=1e-12)


def test_it_does_not_depend_on_the_number_of_samples() -> None:
    text = CHAIN + "loss: logistic"
    assert per_sample(text.replace("n: 3", "n: 500")) == pytest.approx(per_sample(text), rel=1e-12)


@pytest.mark.parametrize(
    ("layers", "coupling"),
    [
        ("dense: 3, batchnorm: 1/10, {dense: {units: 2, name: b}}", "batchnorm_0"),
        ("dense: 3, linear: 1, {dense: {units: 2, name: b}}", "linear_0"),
    ],
)
def test_a_layer_that_couples_samples_makes_it_infinite(layers: str, coupling: str) -> None:
    bounds = bc.compile(bc.loads(VECTOR + f"layers: [{layers}]\nloss: logistic"))
    assert bounds.objective is not None
    for bound in bounds.objective.per_sample.values():
        assert bound.reason == f"layer '{coupling}' couples samples: the loss of one depends on all others"
        assert bound.infinite_from == coupling


def test_a_repeat_has_what_its_copies_have() -> None:
    loop = "layers: [{repeat: {times: k, share: true, layers: [{dense: {units: 4, name: a}}, tanh]}}, {dense: {units: 2, name: b}}]\nloss: logistic"
    found = per_sample(VECTOR + loop)
    copies = per_sample(VECTOR + loop.replace("times: k", "times: 2"))
    assert sorted(found.values()) == pytest.approx(sorted(copies.values()), rel=1e-12)


def test_layers_that_are_not_differentiated_by_are_left_out() -> None:
    text = CHAIN.replace("name: a", "name: a, frozen: true") + "loss: logistic"
    assert list(per_sample(text)) == ["b"]
    assert per_sample(CHAIN + "loss: logistic", wrt="a").keys() == {"a"}


def test_concatenated_layers_are_bounded_one_by_one() -> None:
    text = (
        VECTOR
        + "layers: [{concat: [[{dense: {units: 2, name: a}}], [{dense: {units: 2, name: b}}]]}, {dense: {units: 2, name: c}}]\n"
        "loss: logistic"
    )
    found = per_sample(text)
    assert len(found) == 3
    assert len({round(found[path], 9) for path in found if path.endswith((".a", ".b"))}) == 1


def test_layers_that_the_loss_does_not_read_change_nothing() -> None:
    head = "batch: 2\ninput: {shape: [3], norm: {sample: 1}}\nradius: 1\nlayers: ["
    last = "{dense: {units: 3, name: last, from: input}}]\nloss: logistic\n"
    for unread in (
        "sin, tanh, ",
        "{dense: 2}, tanh, layernorm: 1/10, ",
        "{repeat: {times: 2, layers: [{dense: 3}, tanh]}}, ",
    ):
        found = bc.compile(bc.loads(head + unread + last)).objective
        alone = bc.compile(bc.loads(head + last)).objective
        assert found is not None
        assert alone is not None
        assert found.per_sample["last"].evaluate() == alone.per_sample["last"].evaluate()
