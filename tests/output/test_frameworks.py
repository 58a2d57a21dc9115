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


GATED = """
symbols: {T: {integer: true}, R:, n: 4}
batch: n
input: {shape: [T, 2], norm: {sample: 1}}
radius: R
layers:
  - repeat:
      times: T
      each: {x: input}
      carry: {h: {shape: [3], next: h1}}
      layers:
        - concat: {from: [x, h], name: xh}
        - dense: {units: 3, from: xh, name: gate}
        - sigmoid: {name: g}
        - multiply: {from: [g, h], name: gh}
        - dense: {units: 3, from: xh, name: new}
        - add: {from: [gh, new], name: h1}
"""


def recurrent(times: int, radius: Any, xp: Any) -> Any:
    """A bound without a closed form in the number of steps: the source runs the recursion."""
    compiled = bc.compile(bc.loads(GATED))
    assert compiled.lipschitz.unclosed is not None
    scope: dict[str, Any] = {}
    exec(to_python(compiled.document), scope)
    return scope["bounds"](T=times, R=radius, xp=xp)["lipschitz"]


def recurrent_slope() -> float:
    return float(bc.compile(bc.loads(GATED)).lipschitz.diff("R").evaluate(T=3, R=0.5))


def test_the_recursion_in_numpy() -> None:
    bounds = bc.compile(bc.loads(GATED))
    for times in (1, 2, 5):
        assert float(recurrent(times, 0.5, np)) == pytest.approx(bounds.lipschitz.evaluate(T=times, R=0.5), rel=1e-12)
    sides = [float(recurrent(3, 0.5 + side, np)) for side in (1e-6, -1e-6)]
    assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(recurrent_slope(), rel=1e-6)


@pytest.fixture
def function() -> Any:
    scope: dict[str, Any] = {}
    exec(to_python(bc.compile(bc.loads(TEXT)).document), scope)
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
    jax.config.update("jax_enable_x64", True)
    expected = function(w=3.0, R=1.5)
    for name, value in function(w=3.0, R=1.5, xp=jax.numpy).items():
        assert float(value) == pytest.approx(float(expected[name]), rel=1e-9)
    gradient = jax.jit(jax.grad(lambda radius: function(w=3.0, R=radius, xp=jax.numpy)["lipschitz"]))
    assert float(gradient(1.5)) == pytest.approx(slope(), rel=1e-9)
    assert float(jax.grad(lambda radius: recurrent(3, radius, jax.numpy))(0.5)) == pytest.approx(
        recurrent_slope(), rel=1e-9
    )


def test_torch(function: Any) -> None:
    torch = pytest.importorskip("torch")
    expected = function(w=3.0, R=1.5)
    radius = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    found = function(w=3.0, R=radius, xp=torch)
    for name, value in found.items():
        assert float(value.detach()) == pytest.approx(float(expected[name]), rel=1e-9)
    found["lipschitz"].backward()
    assert float(radius.grad) == pytest.approx(slope(), rel=1e-9)
    radius = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    recurrent(3, radius, torch).backward()
    assert float(radius.grad) == pytest.approx(recurrent_slope(), rel=1e-9)
