"""The network as a function of its arrays and inputs, against a reference that shares nothing with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.derivatives import random_points
from reference.network import Network as Reference
from reference.specs import NETWORKS
from reference.subjects import subject_and_bounds

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.falsification.namespaces import DOUBLES
from boundcalc.falsification.network import Network, network_of
from boundcalc.falsification.taylor import Taylor
from boundcalc.falsification.taylor_namespace import TaylorNamespace
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Layer

XP = namespace_of(np.zeros(1))
# The reference draws members of these classes at random.
DRAWN = frozenset({"take", "constant", "linear", "map", "bilinear", "generic", "dropout", "logistic", "squared"})


def both(text: str, seed: int = 0) -> tuple[Reference, Network, dict[str, NDArray[np.float64]], dict[str, Any]]:
    """Two networks, the arrays of a random point for the one, and what the other computes there."""
    reference = Reference(bc.loads(text))
    network = network_of(reference.graph, reference.graph.conditions.values)
    w = random_points(reference, np.random.default_rng(seed), 1)[0]
    arrays = {f"{path}.{name}": w[part].reshape(shape) for (path, name), (part, shape) in reference.arrays.items()}
    for node in reference.graph.inputs:
        entries = w[reference.block(node.path).part] if node.tokens is None else reference._ids(node).astype(float)
        arrays[node.path] = entries.reshape(network.shapes[node.path])
    return reference, network, arrays, {p: v[0].real for p, v in reference.outputs(w[None].astype(complex)).items()}


def drawn(reference: Reference) -> set[str]:
    """What depends on something that the reference draws."""
    found: set[str] = set()
    for node in reference.graph:
        kind = getattr(getattr(node, "kind", None), "name", "")
        is_masked = isinstance(node, Layer) and getattr(node.placed.facts, "mask", False)
        if kind in DRAWN or is_masked or found.intersection(node.inputs):
            found.add(node.path)
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_what_the_reference_does(name: str) -> None:
    reference, network, arrays, expected = both(NETWORKS[name])
    assert {name: array.shape for name, array in arrays.items()} == network.shapes
    assert (network.outputs, network.loss) == (reference.graph.outputs, reference.graph.loss)
    skipped = drawn(reference)
    found = network.run(arrays, XP)
    series = network.run({key: Taylor(DOUBLES, (array,)) for key, array in arrays.items()}, TaylorNamespace(DOUBLES))
    assert [*found] == [node.path for node in reference.graph]
    for path in found.keys() - skipped:
        assert found[path].shape == expected[path].shape, path
        assert np.allclose(found[path], expected[path], rtol=1e-10, atol=1e-12), path
    for path, value in found.items():
        assert np.allclose(series[path].parts[0], value, rtol=1e-12, atol=1e-12), path
    entries = sum(array.size for array in arrays.values()) + sum(
        found[node.path].size for node in network.nodes if node.path != network.loss
    )
    assert entries <= network.entries
    assert network.entries <= entries + 1000 or reference.graph.fixed_points  # many passes


def test_what_is_compared_is_most() -> None:
    compared = sum(not set(reference.graph.outputs) & drawn(reference) for reference in (Reference(bc.loads(text)) for text in NETWORKS.values()))  # fmt: skip
    assert compared >= 0.8 * len(NETWORKS)


def test_a_shared_array_is_transposed_where_it_has_to_be() -> None:
    text = "input: {shape: [3], norm: 1}\nradius: 1\nlayers: [{dense: {units: 2, bias: false, name: a}}, {dense: {units: 3, share: {weight: a.weight}}}]"
    graph = expand(bc.loads(text.replace("units: 3,", "units: 3, bias: false,")))
    network = network_of(graph, {})
    weight, z = np.arange(6.0).reshape(2, 3), np.array([[1.0, -2.0, 0.5]])
    assert network.shapes == {"a.weight": (2, 3), "input": (1, 3)}
    found = network.run({"a.weight": weight, "input": z}, XP)
    assert np.array_equal(found[network.outputs[0]], z @ weight.T @ weight)


SCAN = """symbols: {T: {value: 3, integer: true}}
batch: 2
input: {shape: [T, 2], norm: 1}
radius: 1
layers:
  - repeat:
      times: T
      share: true
      name: r
      each: {x: input}
      carry: {h: {shape: [2], next: h1}}
      layers: [{dense: {units: 2, from: h}}, {add: {from: [[], x], name: h1}}]
"""


def test_a_scan_reads_one_entry_a_pass_and_starts_at_zero() -> None:
    for text in (SCAN, SCAN.replace("times: T", "times: 3")):
        network = subject_and_bounds(text)[0].network
        rng = np.random.default_rng(0)
        arrays = {name: rng.normal(size=shape) for name, shape in network.shapes.items()}
        weight, bias = (next(array for key, array in arrays.items() if key.endswith(end)) for end in ("weight", "bias"))
        h = np.zeros((2, 2))
        for t in range(3):
            h = h @ weight.T + bias + arrays["input"][:, t]
        assert np.allclose(network.run(arrays, XP)[network.outputs[0]], h)


def test_a_symbolic_repeat_has_to_be_unrolled() -> None:
    graph = expand(bc.loads(SCAN))
    with pytest.raises(TypeError, match="belongs to a symbolic repeat"):
        network_of(graph, graph.conditions.values)
