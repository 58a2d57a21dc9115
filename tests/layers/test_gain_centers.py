"""Gains around a given one: their largest entry bounds their map, in every grouping and norm, and nothing exceeds the bounds."""

from __future__ import annotations

import math
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.layers.index import VOCABULARY

HEAD = "symbols: {R: 1/10}\nbatch: 2\n"
CENTER = "center: {weight: {norm: 3, spectral: 2}, bias: 1}, radius: R"
LAYERS = {
    "scale": f"scale: {{bias: true, {CENTER}}}",
    "layer_scale": "layer_scale: {start: 1/10, center: {norm: 3, spectral: 2}, radius: R}",
    "layernorm": f"layernorm: {{eps: 1/10, affine: true, {CENTER}}}",
    "rmsnorm": "rmsnorm: {eps: 1/10, affine: true, center: {norm: 3, spectral: 2}, radius: R}",
    "groupnorm": f"groupnorm: {{groups: 1, eps: 1/10, affine: true, {CENTER}}}",
    "instancenorm": f"instancenorm: {{eps: 1/10, affine: true, {CENTER}}}",
    "batchnorm": f"batchnorm: {{eps: 1/10, affine: true, mode: eval, slope: 3, offset: 1, {CENTER}}}",
}


def spec(kind: str) -> Any:
    shape = "[3, 2]" if kind in ("groupnorm", "instancenorm", "batchnorm") else "[3]"
    return bc.loads(f"{HEAD}input: {{shape: {shape}, norm: {{sample: 1}}}}\nlayers: [{LAYERS[kind]}]\n")


def test_every_gain_is_here() -> None:
    assert LAYERS.keys() == {name for name, kind in VOCABULARY.items() if kind.diagonal}


def test_the_largest_entry_is_the_operator_norm() -> None:
    for kind, slope in (("scale", 1), ("layer_scale", 1), ("batchnorm", 3)):
        for norms in ("euclidean", "mixed"):
            assert bc.compile(spec(kind), wrt="input", norms=norms).lipschitz.evaluate() == pytest.approx(2.1 * slope)
    without = bc.override(spec("scale"), {"scale_0.center": {"weight": 3, "bias": 1}})
    assert bc.compile(without, wrt="input").lipschitz.evaluate() == pytest.approx(
        math.sqrt(10) + 0.1
    )  # of weight and bias together


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(
    "options", [{}, {"blocks": "layer"}, {"norms": "mixed", "measure": "entry"}, {"wrt": "input"}, {"refine": True}]
)
def test_nothing_exceeds_the_bounds(kind: str, options: Any) -> None:
    found = bc.falsify(spec(kind), trials=6, seconds=3, **options)
    assert not found.falsified
    ratio = found.bounds["lipschitz"].result.ratio
    assert ratio is not None
    if kind == "scale" and options == {"wrt": "input"}:
        assert ratio < 1.01  # it is reached
