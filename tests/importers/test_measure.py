"""Given arrays as values of a spec: what is written, that bounds at it hold for the network itself, and what is refused."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.kinds import INSTANCES

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.importers.weights import euclidean_norm, operator_norm
from boundcalc.studies.parts.subject import subject_of

TEXT = """
symbols: {R: {value: 1/100, at_least: 0}, k: {value: 2, integer: true}, eps: 1/100}
batch: 2
input: {shape: [3, 6, 6], norm: 1}
radius: R
layers:
  - conv2d: {channels: 4, kernel: 3, padding: 1, stride: 2, bias: false, name: features.0}
  - batchnorm: {eps: eps, affine: true, mode: eval, name: features.1}
  - softplus
  - convtranspose2d: {channels: 2, kernel: 2, stride: 2, groups: 2, name: up}
  - flatten
  - dense: {units: 5, name: fc}
  - repeat: {times: k, name: r, layers: [{dense: {units: 5, name: x}}, tanh]}
  - dense: {units: 5, name: tied, bias: false}
  - dense: {units: 5, name: again, bias: false, share: tied}
"""
SHAPES = {
    "features.0.weight": (4, 3, 3, 3), "features.1.weight": (4,), "features.1.bias": (4,), "features.1.running_mean": (4,),
    "features.1.running_var": (4,), "up.weight": (4, 1, 2, 2), "up.bias": (2,), "fc.weight": (5, 72), "fc.bias": (5,),
    "r.0.x.weight": (5, 5), "r.0.x.bias": (5,), "r.1.x.weight": (5, 5), "r.1.x.bias": (5,), "tied.weight": (5, 5),
}  # fmt: skip


def arrays(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found = {name: (rng.standard_normal(shape) / 2).astype(np.float32) for name, shape in SHAPES.items()}
    found["features.1.running_var"] = found["features.1.running_var"] ** 2
    return found


def refusal(given: dict[str, Any], text: str = TEXT) -> list[str]:
    with pytest.raises(bc.SpecError) as caught:
        bc.measure(bc.loads(text, "s"), given)
    return str(caught.value).splitlines()


def test_what_is_measured() -> None:
    given = arrays()
    found: dict[str, Any] = dict(bc.measure(bc.loads(TEXT), given))
    assert found.keys() == {
        "features.0.center", "features.1.center", "features.1.slope", "features.1.offset", "up.center", "fc.center",
        "r.x.center", "tied.center",
    }  # fmt: skip
    assert found["features.0.center"].keys() == {"norm", "spectral"}
    assert found["features.1.center"].keys() == {"weight", "bias"}
    assert found["fc.center"]["weight"].keys() == {"norm", "spectral"}
    assert float(found["features.1.center"]["weight"]["spectral"]) == pytest.approx(
        np.abs(given["features.1.weight"]).max()
    )
    weight = given["fc.weight"]
    assert (
        euclidean_norm(weight)
        <= Fraction(found["fc.center"]["weight"]["norm"])
        <= euclidean_norm(weight) * Fraction(1 + 1e-6)
    )
    assert operator_norm(weight) <= Fraction(found["fc.center"]["weight"]["spectral"])
    both = [float(euclidean_norm(given[f"r.{i}.x.weight"])) for i in range(2)]
    assert float(found["r.x.center"]["weight"]["norm"]) == pytest.approx(max(both))
    factors = 1 / np.sqrt(given["features.1.running_var"].astype(float) + 0.01)
    assert float(found["features.1.slope"]) == pytest.approx(factors.max())
    assert float(found["features.1.offset"]) == pytest.approx(
        np.linalg.norm(factors * given["features.1.running_mean"])
    )


@pytest.mark.parametrize("seed", range(4))
def test_bounds_at_given_weights_hold(seed: int) -> None:
    """Of the network without statistics, whose forward pass has the arrays themselves: with radius 0 by the input, and in the ball."""
    text = (
        TEXT.replace("mode: eval, ", "positions: true, ")
        .replace("  - batchnorm", "  - groupnorm")
        .replace("{eps: eps, affine: true, positions: true", "{groups: 2, eps: eps, affine: true")
        .replace("times: k", "times: 2")
    )
    given = {name: array for name, array in arrays(seed).items() if "running" not in name}
    measured = bc.override(bc.loads(text), bc.measure(bc.loads(text), given))
    network = bc.network(bc.loads(text))
    rng = np.random.default_rng(seed)
    exactly = bc.override(measured, {"R": 0})
    by_input = bc.compile(exactly, wrt="input").lipschitz.evaluate()
    norm, by_weights = (bc.compile(measured).norm.evaluate(), bc.compile(measured).lipschitz.evaluate())

    def run(x: Any, moved: dict[str, Any]) -> Any:
        return network({**moved, "input": x})[0]

    doubles = {name: array.astype(float) for name, array in given.items()}
    for _ in range(10):
        x = rng.standard_normal((2, 3, 6, 6))
        x /= np.linalg.norm(x)
        step = rng.standard_normal(x.shape) * 1e-6
        assert np.linalg.norm(run(x * 0.9, doubles) - run(x * 0.9 + step, doubles)) <= by_input * np.linalg.norm(step)
        steps = {name: rng.standard_normal(array.shape) for name, array in doubles.items()}
        moved = {n: a + 0.005 * steps[n] / np.linalg.norm(steps[n]) / 2 for n, a in doubles.items()}
        distance = math.sqrt(sum(np.linalg.norm(moved[n] - doubles[n]) ** 2 for n in doubles))
        assert np.linalg.norm(run(x, moved)) <= norm
        assert np.linalg.norm(run(x, moved) - run(x, doubles)) <= by_weights * distance


def test_the_torus_is_smaller() -> None:
    text = "input: {shape: [4, 12], norm: 1}\nradius: 0\nlayers: [conv1d: {channels: 4, kernel: 5, padding: 2, bias: false, name: c}]\n"
    given = {"c.weight": np.random.default_rng(0).standard_normal((4, 4, 5))}
    plain, torus = (bc.measure(bc.loads(text), given, torus=torus)["c.center"] for torus in (False, True))
    assert isinstance(plain, dict)
    assert isinstance(torus, dict)
    assert plain["norm"] == torus["norm"]
    assert float(str(torus["spectral"])) < 0.8 * float(str(plain["spectral"]))


def test_statistics_of_no_variance() -> None:
    """A slope that is rounded above that of variance 0 is written as that."""
    given = arrays()
    given["features.1.running_var"][:] = [0, 1, 2, 3]
    for eps, slope in (("1/100", "1/sqrt(1/100)"), ("1/1000", "1/sqrt(1/1000)")):
        architecture = bc.override(bc.loads(TEXT), {"eps": eps})
        found = bc.measure(architecture, given)
        assert found["features.1.slope"] == slope
        assert bc.compile(bc.override(architecture, found)).norm.finite


def test_statistics_without_a_pooled_mean_and_in_additive_form() -> None:
    text = "batch: 2\ninput: {shape: [2, 3], norm: 1}\nradius: 1\nlayers: [batchnorm: {eps: 1/10, mode: eval, form: additive, positions: false, name: b}]\n"
    given = {
        "b.running_mean": np.full((2, 3), 2.0),
        "b.running_var": np.full((2, 3), 4.0),
        "b.num_batches_tracked": np.array(7),
    }
    found = bc.measure(bc.loads(text), given)
    assert float(str(found["b.slope"])) == pytest.approx(1 / 2.1)
    assert float(str(found["b.offset"])) == pytest.approx(2 / 2.1 * math.sqrt(6))


def test_statistics_that_are_not_needed_are_left_alone() -> None:
    text = TEXT.replace("mode: eval, ", "")
    assert "features.1.slope" not in bc.measure(bc.loads(text), arrays())
    without = {name: array for name, array in arrays().items() if "running" not in name}
    assert bc.measure(bc.loads(text), without) == bc.measure(bc.loads(text), arrays())


def test_every_mistake_at_once() -> None:
    given = arrays()
    given["fc.wieght"] = given.pop("fc.weight")
    given["up.bias"] = np.zeros(4)
    given["r.0.x.weight"] = given["r.0.x.weight"] * math.nan
    given["r.1.x.bias"] = np.array([1, 2, 3, 4, 5])
    given["features.1.running_var"] = -given["features.1.running_var"]
    given["again.weight"] = given["tied.weight"] + 1
    assert sorted(refusal(given)) == sorted(
        [
            "<arrays>: the spec has no array 'fc.wieght'; did you mean 'fc.weight'?",
            "<arrays>: there is no array 'fc.weight' of shape [5, 72]; did you mean 'fc.wieght'?",
            "<arrays>: the array 'up.bias' has the shape [4], and in the spec [2]",
            "<arrays>: the array 'r.0.x.weight' has entries that are not finite",
            "<arrays>: the array 'r.1.x.bias' has entries of type int64; they are float16, bfloat16, float32 or float64",
            f"<arrays>: 'features.1' has a variance of {-float(arrays()['features.1.running_var'].max())}",
            "<arrays>: the array 'again.weight' differs from 'tied.weight', whose array it is in the spec; leave `share` out, or give one of them",
        ]
    )
    assert refusal({**arrays(), "fc.weight": np.zeros((72, 5))}) == [
        "<arrays>: the array 'fc.weight' has the shape [72, 5], and in the spec [5, 72]; transpose it"
    ]


def test_shared_arrays_may_be_given_twice() -> None:
    given = arrays()
    assert bc.measure(bc.loads(TEXT), {**given, "again.weight": given["tied.weight"]}) == bc.measure(
        bc.loads(TEXT), given
    )


def test_symbols_without_values() -> None:
    assert bc.measure(bc.override(bc.loads(TEXT), {"R": None}), arrays())
    for name in ("k", "eps"):
        with pytest.raises(bc.SpecError, match=r"without a value|too many passes"):
            bc.measure(bc.override(bc.loads(TEXT), {name: None}), arrays())
    with pytest.raises(bc.SpecError, match="without a value: w"):
        bc.measure(bc.loads("symbols: {w:}\ninput: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: w]"), {})
    with pytest.raises(bc.SpecError, match="needs the statistics"):
        bc.compile(bc.loads(TEXT))


def test_attention_has_several_maps(tmp_path: Path) -> None:
    text = "input: {shape: [3, 4], norm: 1}\nradius: 1/10\nlayers: [attention: {heads: 2, name: a}, {layernorm: {eps: 1/10, affine: true, name: n}}]\n"
    architecture = bc.loads(text)
    shapes = bc.network(architecture).shapes
    given = {name: np.ones(shape) for name, shape in shapes.items() if name != "input"}
    found = bc.measure(architecture, given)
    assert isinstance(found["a.center"], dict)
    assert found["a.center"].keys() == {
        f"{m}.{a}" for m in ("query", "key", "value", "out") for a in ("weight", "bias")
    }
    assert bc.compile(bc.override(architecture, found)).lipschitz.finite


@pytest.mark.parametrize("part", range(4))
def test_every_kind_can_be_measured_and_stays_below_its_bound(part: int) -> None:
    """The norm of the output at the given arrays, at inputs that are as large as the spec allows; every sixth instance of the kinds."""
    rng, checked = np.random.default_rng(part), 0
    for name, text in [*INSTANCES.items()][part::24]:
        architecture = bc.loads(text)
        network, graph = bc.network(architecture), expand(architecture, unroll=True)
        if graph.fixed_points or any(layer.placed.buffers or layer.placed.least for layer in graph.layers):
            continue  # given arrays need not contract, or have rows so long; a forward pass does not have the statistics
        given = {n: rng.standard_normal(s) * 0.3 for n, s in network.shapes.items() if n not in architecture.inputs}
        around = bc.override(architecture, bc.measure(architecture, given))
        bounds = bc.compile(around)
        point = {n: rng.standard_normal(network.shapes[n]) * 5 for n in architecture.inputs}
        domain = subject_of(bounds)[0].domain
        for part_of in (*domain.inputs, *domain.tokens):
            point |= part_of.project(point)
        found = math.sqrt(sum(float(np.sum(np.square(array))) for array in network({**given, **point})))
        for each in (bounds, bc.compile(around, sharpest=True)):
            assert found <= each.norm.evaluate() * (1 + 1e-9), name
        assert bc.loads(around.to_yaml()).overrides.keys() == around.overrides.keys()
        checked += 1
    assert checked > 10
