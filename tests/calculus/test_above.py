"""The upper curvature of an objective: F(v) <= F(w) + <g, v - w> + c/2 ||v - w||^2 on the balls, under every grouping and calculus."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import boundcalc as bc

HEAD = "batch: 3\nradius: 1\ninput: {shape: [2], norm: {sample: 2}}\n"
CHAIN = "layers: [{dense: {units: 2, name: a}}, tanh, {dense: {units: 2, name: b}}]\n"
LINEAR = "layers: [{dense: {units: 2, name: b, bias: false}}]\n"
LOSSES = {
    "kmeans": "{kmeans: 2}",
    "one mean": "{kmeans: {k: 1, reduction: sum}}",
    "contrastive": "{contrastive: {from: [b, input], margin: 4}}",
    "contrastive, sum": "{contrastive: {from: [b, input], margin: 1/2, reduction: sum}}",
    "regularized": "{kmeans: 2}\nregularizer: {l2: {weight: 1/3, only: b}}",
}


OPTIONS: list[dict[str, Any]] = [
    {"blocks": blocks, "norms": norms} for blocks in ("total", "layer") for norms in ("euclidean", "mixed")
]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1729)


def upper(text: str, **options: Any) -> float:
    bounds = bc.compile(bc.loads(text), **options)
    assert bounds.objective is not None
    assert bounds.objective.upper_curvature is not None
    assert not bounds.objective.smoothness.finite
    return bounds.objective.upper_curvature.evaluate()  # type: ignore[return-value]


def objective(layers: str, loss: str, x: Any) -> Any:
    """F of one vector of all weights, written again."""
    is_deep = layers == CHAIN
    inner = np.array([i % 2 for i in range(len(x))]) == 1

    def F(w: Any) -> Any:  # noqa: N802
        z = (
            anp.tanh(x @ w[:4].reshape(2, 2).T + w[4:6]) @ w[6:10].reshape(2, 2).T + w[10:]
            if is_deep
            else x @ w.reshape(2, 2).T
        )
        if "contrastive" in loss:
            d, margin = z - x, 4.0 if "margin: 4" in loss else 0.5
            square = anp.sum(d * d, axis=1)
            each = anp.where(inner, square, anp.maximum(0.0, margin - anp.sqrt(square)) ** 2) / 2
        else:
            groups = [[[0, 1, 2]]] if "k: 1" in loss else [[[0, 1], [2]], [[0, 2], [1]], [[1, 2], [0]]]
            costs = [sum(anp.sum((z[g] - anp.mean(z[g], axis=0)) ** 2) for g in parts) / 2 for parts in groups]
            each = anp.array([costs[int(np.argmin([float(getattr(c, "_value", c)) for c in costs]))]])
        total = anp.sum(each) / (1 if "sum" in loss else 3)
        own = w[6:] if is_deep else w
        return total + (anp.sum(own * own) / 6 if "regularizer" in loss else 0.0)

    return F


def inside(w: Any, layers: str, rng: np.random.Generator) -> Any:
    parts = [w[:6], w[6:]] if layers == CHAIN else [w]
    return np.concatenate([p * rng.choice((0.3, 1)) / np.linalg.norm(p) for p in parts])


@pytest.mark.parametrize("layers", [CHAIN, LINEAR], ids=["chain", "linear"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_the_objective_is_bent_upwards_by_no_more(layers: str, loss: str, rng: np.random.Generator) -> None:
    text, size = HEAD + layers + "loss: " + loss, 12 if layers == CHAIN else 4
    least = min(upper(text, **options) for options in OPTIONS)
    largest = 0.0
    for _ in range(120):
        x = rng.normal(size=(3, 2))
        x *= 2 / np.linalg.norm(x, axis=1, keepdims=True)
        F = objective(layers, loss, x)
        w, v = (inside(rng.normal(size=size), layers, rng) for _ in range(2))
        v = w + rng.choice((1e-2, 1)) * (v - w)
        bent = 2 * (F(v) - F(w) - grad(F)(w) @ (v - w)) / np.sum((v - w) ** 2)
        largest = max(largest, bent)
    assert largest <= least
    assert largest > 0


def test_a_linear_map_reaches_it() -> None:
    """Of k-means with one mean, F = ||z - mean||^2/2 is bent by the points themselves."""
    text = (
        "batch: 2\nradius: 3\ninput: {shape: [2], norm: {sample: 2}}\n"
        + LINEAR
        + "loss: {kmeans: {k: 1, reduction: sum}}"
    )
    x = np.array([[2.0, 0.0], [-2.0, 0.0]])
    F = objective(LINEAR, "k: 1 sum", np.vstack([x, 0 * x[:1]]))
    w = np.zeros(4)
    v = np.array([1.0, 0, 0, 0])
    assert 2 * (F(v) - F(w)) == pytest.approx(upper(text)) == pytest.approx(8)


def test_a_step_does_not_increase_the_objective_across_kinks(rng: np.random.Generator) -> None:
    text = HEAD + CHAIN + "loss: {kmeans: 2}"
    step = bc.objective(bc.loads(text), blocks="layer").step.evaluate()
    x = rng.normal(size=(3, 2))
    x *= 2 / np.linalg.norm(x, axis=1, keepdims=True)
    F = objective(CHAIN, "kmeans", x)
    for _ in range(10):
        w = inside(rng.normal(size=12), CHAIN, rng) / 2
        for _ in range(20):
            g, before = grad(F)(w), F(w)
            w = w - step * g
            assert F(w) <= before - step / 2 * g @ g + 1e-12


def test_by_blocks_it_is_no_larger() -> None:
    for loss in LOSSES.values():
        total, layer = (upper(HEAD + CHAIN + "loss: " + loss, blocks=blocks) for blocks in ("total", "layer"))
        assert layer <= total


def test_smooth_losses_and_those_that_bend_upwards_at_kinks_have_none() -> None:
    for loss in ("logistic", "hinge", "{triplet: [b, b, input]}", "{convex_clustering: 1}"):
        objective = bc.compile(bc.loads(HEAD + CHAIN + "loss: " + loss)).objective
        assert objective is not None
        assert objective.upper_curvature is None
        assert objective.bend is objective.smoothness


def test_a_network_with_kinks_has_no_finite_one() -> None:
    """The composition needs a network that is smooth."""
    bounds = bc.compile(bc.loads(HEAD + CHAIN.replace("tanh", "relu") + "loss: {kmeans: 2}"))
    assert bounds.objective is not None
    found = bounds.objective.upper_curvature
    assert found is not None
    assert not found.finite
    assert "relu" in str(found.reason)
    assert found.evaluate() == math.inf


@pytest.mark.parametrize("times", ["2", "k"])
def test_in_repeats(times: str) -> None:
    head = "symbols: {k: {integer: true, value: 2}}\n" + HEAD
    text = (
        head
        + f"layers: [{{repeat: {{times: {times}, layers: [{{dense: 2}}, tanh]}}}}]\nloss: {{kmeans: 2}}\nregularizer: 1"
    )
    assert upper(text) == pytest.approx(upper(text.replace(f"times: {times}", "times: 2")), rel=1e-9)
    assert upper(text, blocks="layer") <= upper(text)
