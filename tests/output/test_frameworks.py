"""The generated source under other array modules, where they are installed: equal numbers, equal derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.output.python import to_python

TEXT = """
symbols: {n: 8, w:, R:, big: 2**40}
batch: n
input: {shape: [6], norm: big}
radius: R
layers: [dense: w, batchnorm: {eps: 1/10}, softplus, dense: {units: 10, radius: "min(R, 2)"}, softmax]
"""


@pytest.fixture
def function() -> Any:
    scope: dict[str, Any] = {}
    exec(to_python(bc.compile(bc.loads(TEXT))), scope)
    return scope["bounds"]


def slope() -> float:
    at = {"w": 3.0, "R": 1.5}
    return float(bc.compile(bc.loads(TEXT)).lipschitz.diff("R").evaluate(at))


def test_numpy_itself(function: Any) -> None:
    assert function(w=3.0, R=1.5)["lipschitz"].dtype == np.float64
    above, below = (float(function(w=3.0, R=1.5 + side)["lipschitz"]) for side in (1e-6, -1e-6))
    assert (above - below) / 2e-6 == pytest.approx(slope(), rel=1e-6)


def test_jax(function: Any) -> None:
    jax = pytest.importorskip("jax")
    with jax.experimental.enable_x64():
        expected = function(w=3.0, R=1.5)
        for name, value in function(w=3.0, R=1.5, xp=jax.numpy).items():
            assert float(value) == pytest.approx(float(expected[name]), rel=1e-9)
        gradient = jax.jit(jax.grad(lambda radius: function(w=3.0, R=radius, xp=jax.numpy)["lipschitz"]))
        assert float(gradient(1.5)) == pytest.approx(slope(), rel=1e-9)


def test_torch(function: Any) -> None:
    torch = pytest.importorskip("torch")
    expected = function(w=3.0, R=1.5)
    radius = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    found = function(w=3.0, R=radius, xp=torch)
    for name, value in found.items():
        assert float(value) == pytest.approx(float(expected[name]), rel=1e-9)
    found["lipschitz"].backward()
    assert float(radius.grad) == pytest.approx(slope(), rel=1e-9)
