"""The network as a function of arrays, and the modules of array libraries. PyTorch and JAX: tests/layers/test_torch.py."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.mistakes import ExtraMissingError, SpecError

MLP = """
symbols: {width: 2}
batch: 3
input: {shape: [4], norm: 1}
radius: 1
layers: [{dense: {units: width, name: hidden}}, gelu, {dense: {units: 1, bias: false}}]
"""


def test_the_network_is_a_function_of_its_arrays() -> None:
    network = bc.network(bc.loads(MLP))
    assert network.shapes == {
        "hidden.weight": (2, 4),
        "hidden.bias": (2,),
        "dense_0.weight": (1, 2),
        "input": (3, 4),
    }
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape) for name, shape in network.shapes.items()}
    (found,) = network(arrays)
    z = arrays["input"] @ arrays["hidden.weight"].T + arrays["hidden.bias"]
    gelu = z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2
    assert np.allclose(found, gelu @ arrays["dense_0.weight"].T, rtol=1e-14)


def test_several_outputs_and_copies() -> None:
    text = "input: {shape: [2], norm: 1}\nradius: 1\nsymbols: {k: 2}\n"
    text += "layers: [{dense: {units: 2, bias: false, name: a}}, {repeat: {times: k, name: r, layers: [dense: {units: 2, bias: false}]}}]\n"
    network = bc.network(bc.loads(text + "output: [a, r]"))
    assert sorted(network.shapes) == ["a.weight", "input", "r.0.dense_0.weight", "r.1.dense_0.weight"]
    arrays = {name: 2 * np.eye(2) for name in network.shapes if name != "input"} | {"input": np.ones((1, 2))}
    first, last = network(arrays)
    assert first.tolist() == [[2, 2]]
    assert last.tolist() == [[8, 8]]


def test_what_is_missing() -> None:
    with pytest.raises(KeyError, match=r"there is no array 'hidden.weight' of shape \[2, 4\]"):
        bc.network(bc.loads(MLP))({"input": np.zeros((3, 4))})
    with pytest.raises(SpecError, match="without a value: width; give them with bc"):
        bc.network(bc.override(bc.loads(MLP), {"width": None}))
    with pytest.raises(TypeError, match="the architecture cannot be"):
        bc.network("specs/mlp.yaml")  # type: ignore[arg-type]


MADE_OF_NOTHING = """
batch: 2
inputs: {words: {shape: [3], tokens: 5}}
radius: 1
layers:
  - embedding: {features: 2, from: words}
  - add: {from: [[], [sinusoidal: [3, 2]]], name: placed}
  - repeat:
      times: 3
      share: true
      each: {x: placed}
      carry: {h: {shape: [2], next: h1}}
      layers: [{dense: {units: 2, from: h}}, {add: {from: [[], x], name: h1}}]
"""


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_what_is_made_of_no_array_has_the_precision_of_the_others(precision: type[np.floating]) -> None:
    """A table of positions, and a state that starts at zero; the ids of words come first and are no real numbers."""
    network = bc.network(bc.loads(MADE_OF_NOTHING))
    arrays = {"words": np.ones((2, 3), dtype=np.int64)}
    arrays |= {name: np.ones(shape, dtype=precision) for name, shape in network.shapes.items() if name != "words"}
    xp = namespace_of(*arrays.values())
    assert xp.asarray([0.5]).dtype == xp.zeros((2,)).dtype == precision
    assert {array.dtype for array in network.run(arrays, xp).values()} == {np.dtype(precision), np.dtype(np.int64)}
    assert network(arrays)[0].dtype == precision


def test_no_array_library_and_no_array(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError):
        namespace_of("text")
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    with pytest.raises(ExtraMissingError, match=r"pip install 'boundcalc\[falsify\]'"):
        namespace_of(np.zeros(1))
