"""Norms of features at given weights, from a forward pass: against one written out here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc

SPEC = """
symbols: {{R: {{value: 1/100, at_least: 0}}, n:}}
batch: {batch}
input: {{shape: [2, 5], norm: {{sample: 1}}}}
radius: R
layers:
  - conv1d: {{channels: 3, kernel: 2, name: first}}
  - batchnorm: {{eps: 1/1000, affine: true, mode: eval, name: norm}}
  - tanh: {{name: bend}}
  - flatten: {{name: flat}}
  - dense: {{units: 4, name: head}}
"""


def arrays(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "first.weight": rng.standard_normal((3, 2, 2)),
        "first.bias": rng.standard_normal(3),
        "norm.weight": rng.standard_normal(3),
        "norm.bias": rng.standard_normal(3),
        "norm.running_mean": rng.standard_normal(3),
        "norm.running_var": rng.random(3) + 0.1,
        "head.weight": rng.standard_normal((4, 12)),
        "head.bias": rng.standard_normal(4),
    }


def outputs(given: dict[str, Any], x: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The network with loops, nothing of the package in it."""
    first = np.zeros((len(x), 3, 4))
    for place in range(4):
        for channel in range(3):
            window = x[:, :, place : place + 2] * given["first.weight"][channel]
            first[:, channel, place] = window.sum((1, 2)) + given["first.bias"][channel]
    norm = np.empty_like(first)
    for channel in range(3):
        root = np.sqrt(given["norm.running_var"][channel] + 0.001)
        norm[:, channel] = (first[:, channel] - given["norm.running_mean"][channel]) / root
        norm[:, channel] = norm[:, channel] * given["norm.weight"][channel] + given["norm.bias"][channel]
    bend = np.tanh(norm)
    flat = bend.reshape(len(x), 12)
    head = flat @ given["head.weight"].T + given["head.bias"]
    return {"first": first, "norm": norm, "bend": bend, "flat": flat, "head": head}


def example(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    x = rng.standard_normal((count, 2, 5))
    return x / np.sqrt((x**2).sum((1, 2), keepdims=True))


@pytest.mark.parametrize("batch", ["3", "n"])
def test_features_are_the_norms_of_any_batch_of_the_samples(batch: str) -> None:
    rng = np.random.default_rng(0)
    given, x = arrays(rng), example(rng, 7)
    net = bc.loads(SPEC.format(batch=batch))
    values = bc.measure(net, given, inputs={"input": x})
    said = values.pop("features")
    assert isinstance(said, dict)
    wanted = outputs(given, x)
    assert set(said) == set(wanted)
    for path, array in wanted.items():
        norm = np.sqrt((array.reshape(7, -1) ** 2).sum(1).max() * 3)
        text = str(said[path])
        assert text.endswith("*sqrt(n)") == (batch == "n")
        found = float(text.removesuffix("*sqrt(n)")) * (np.sqrt(3) if batch == "n" else 1)
        assert norm <= found <= norm * (1 + 1e-5)
    assert values == bc.measure(net, given)

    n = {"n": 3} if batch == "n" else {}
    plain = bc.compile(bc.override(net, {**values, **n}))
    sharper = bc.compile(bc.override(net, {**values, **n, "features": said}))
    assert sharper.lipschitz.evaluate() < plain.lipschitz.evaluate()
    assert any("features" in warning for warning in sharper.warnings)
    moved = dict(given)
    for trial in range(20):  # weights in the balls: no output is longer than the norm that is found
        for ball in ("first", "norm", "head"):
            step = {name: rng.standard_normal(given[name].shape) for name in (f"{ball}.weight", f"{ball}.bias")}
            size = 0.01 / np.sqrt(sum((array**2).sum() for array in step.values()))
            moved |= {name: given[name] + size * array for name, array in step.items()}
        batch_of = x[rng.integers(0, 7, 3)] if trial else np.stack([x[np.argmax((wanted["head"] ** 2).sum(1))]] * 3)
        assert np.linalg.norm(outputs(moved, batch_of)["head"]) <= float(sharper.norm.evaluate())


def test_what_arrays_do_not_determine_has_no_features() -> None:
    """Of dropout, a mask, a constant and a map known by its constants a spec says only bounds."""
    net = bc.loads(
        """
batch: 2
inputs: {x: {shape: [3, 3], norm: 1}, y: {shape: [3, 3], norm: 1}}
radius: 1/10
layers:
  - dense: {from: x, units: 3, bias: false, name: a}
  - softmax: {mask: true, name: masked}
  - dense: {from: y, units: 3, bias: false, name: b}
  - dropout: {p: 1/2, name: drop}
  - tanh: {from: b, name: bend}
  - add: {from: [bend, drop], name: sum}
  - constant: {shape: [3, 3], norm: 1, name: fixed}
  - add: {from: [fixed, bend], name: shifted}
  - take: {from: bend, axis: 0, count: 3, most: 1, name: taken}
  - add: {from: [masked, sum, shifted, taken]}
"""
    )
    rng = np.random.default_rng(1)
    given = {name: rng.standard_normal((3, 3)) for name in ("a.weight", "b.weight")}
    x = {name: rng.standard_normal((4, 3, 3)) / 5 for name in ("x", "y")}
    said = bc.measure(net, given, inputs=x)["features"]
    assert isinstance(said, dict)
    assert set(said) == {"a", "b", "bend"}


def test_mistakes_of_examples() -> None:
    rng = np.random.default_rng(2)
    net, given, x = bc.loads(SPEC.format(batch="n")), arrays(rng), example(rng, 4)
    for inputs, finding in (
        ({"inputs": x}, "no input 'inputs'; did you mean 'input'"),
        ({}, "there is no input 'input' of shape"),
        ({"input": x[0]}, "the shape"),
        ({"input": x * np.nan}, "no finite numbers"),
        ({"input": x[:0]}, "the shape"),
    ):
        with pytest.raises(bc.SpecError, match=finding):
            bc.measure(net, given, inputs=inputs)
    ids = bc.loads(
        "batch: 2\ninput: {shape: [3], tokens: 5}\nradius: 1\nlayers: [embedding: {features: 2, name: e}, tanh]"
    )
    table = {"e.weight": rng.standard_normal((5, 2))}
    assert bc.measure(ids, table, inputs={"input": np.array([[0, 4, 1]])})["features"]
    for inputs, finding in (
        ([[0, 5, 1]], "not below 5"),
        ([[-1, 0, 1]], "not below 5"),
        ([[0.5, 1, 1]], "no token ids"),
    ):
        with pytest.raises(bc.SpecError, match=finding):
            bc.measure(ids, table, inputs={"input": np.array(inputs)})


def test_two_inputs_have_as_many_samples() -> None:
    net = bc.loads(
        "batch: 2\nradius: 1\ninputs: {x: {shape: [3], norm: 1}, y: {shape: [3], norm: 1}}\n"
        "layers: [add: {from: [x, y]}, dense: {units: 2, bias: false, name: d}]"
    )
    inputs = {"x": np.ones((4, 3)), "y": np.ones((5, 3))}
    with pytest.raises(bc.SpecError, match="different numbers of samples"):
        bc.measure(net, {"d.weight": np.ones((2, 3))}, inputs=inputs)


def test_the_command_takes_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    (tmp_path / "net.yaml").write_text(SPEC.format(batch="n"), encoding="utf-8")
    np.savez(tmp_path / "weights.npz", **arrays(rng))
    np.savez(tmp_path / "inputs.npz", input=example(rng, 5))
    command = [sys.executable, "-m", "boundcalc", "measure", "net.yaml", "--arrays", "weights.npz", "--inputs"]
    done = subprocess.run(
        [*command, "inputs.npz", "-o", "v.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "v.yaml").read_text(encoding="utf-8")
    assert "features:" in text
    assert "sqrt(n)" in text
    bounds = [sys.executable, "-m", "boundcalc", "bounds", "net.yaml", "--values", "v.yaml", "--set", "n=2"]
    done = subprocess.run(bounds, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "norms of features" in done.stdout + done.stderr
    done = subprocess.run([*command, "none.npz"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "none.npz: cannot be read" in done.stderr
