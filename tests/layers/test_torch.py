"""`forward` of every kind on arrays of PyTorch and JAX, where they are installed: equal to NumPy.

The arrays come through array-api-compat, as `xp`, with erf besides. Torch's own operators: tests/frameworks/test_kinds.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.derivatives import random_points
from reference.network import Network
from reference.specs import NETWORKS

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Layer

Array = NDArray[np.float64]
NUMPY = namespace_of(np.zeros(1))


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def xp(torch: Any) -> Any:
    return namespace_of(torch.zeros(1, dtype=torch.float64))


def placed(step: str, shape: str) -> tuple[Layer, Any]:
    graph = Network(bc.loads(f"batch: 2\ninput: {{shape: {shape}, norm: 2}}\nradius: 1\nlayers: [{{{step}}}]")).graph
    layer = list(graph.layers)[-1]
    return layer, at_values(layer.placed.facts, graph.conditions.values)


def arrays_of(torch: Any, layer: Layer) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {a.name: torch.asarray(rng.normal(size=[int(axis) for axis in a.shape])) for a in layer.arrays}


def test_softplus_far_out(torch: Any, xp: Any) -> None:
    """Frameworks switch to x there, which is what the exact function rounds to."""
    layer, facts = placed("softplus: {}", "[3]")
    z = torch.asarray([[1e4, 30.0, -1e4]], dtype=torch.float64)
    found = layer.kind.forward(facts, {}, [z], xp)
    assert torch.allclose(found, torch.nn.functional.softplus(z), rtol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("context", [[5, 8], [3, 6]])
def test_attention_is_multi_head_attention(torch: Any, xp: Any, context: list[int], bias: bool) -> None:
    of_two = "" if context == [5, 8] else f"from: [[], [{{linear: {{norm: 1, shape: {context}}}}}]], "
    layer, facts = placed(f"attention: {{{of_two}heads: 4, bias: {str(bias).lower()}}}", "[5, 8]")
    arrays, rng = arrays_of(torch, layer), np.random.default_rng(4)
    queries, keys = (torch.asarray(rng.normal(size=(2, *shape))) for shape in ([5, 8], context))
    options = {"kdim": context[1], "vdim": context[1]} if of_two else {}
    module = torch.nn.MultiheadAttention(8, 4, bias=bias, batch_first=True, dtype=torch.float64, **options)
    names = {"out_proj.weight": arrays["out.weight"]}
    maps = [arrays[f"{name}.weight"] for name in ("query", "key", "value")]
    if of_two:
        names |= {f"{name}_proj_weight": array for name, array in zip("qkv", maps, strict=True)}
    else:
        names["in_proj_weight"] = torch.cat(maps)
    if bias:
        names["in_proj_bias"] = torch.cat([arrays[f"{name}.bias"] for name in ("query", "key", "value")])
        names["out_proj.bias"] = arrays["out.bias"]
    module.load_state_dict(names)
    inputs = [queries, keys] if of_two else [queries]
    expected = module(queries, inputs[-1], inputs[-1], need_weights=False)[0]
    assert torch.allclose(layer.kind.forward(facts, arrays, inputs, xp), expected, rtol=1e-12, atol=1e-12)


def converter(framework: str) -> Callable[[Array], Any]:
    """From arrays of NumPy to those of a framework, in double precision."""
    if framework == "torch":
        torch = pytest.importorskip("torch")
        return lambda array: torch.asarray(array.copy())
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize(
    "name", ["attention", "attention layer", "recurrent", "batchnorm of images", "activation gelu"]
)
def test_networks_on_arrays_of_frameworks(framework: str, name: str) -> None:
    convert = converter(framework)
    network = bc.network(bc.loads(NETWORKS[name]))
    rng = np.random.default_rng(1)
    arrays = {path: rng.normal(size=shape) for path, shape in network.shapes.items()}
    (expected,), (found,) = network(arrays), network({path: convert(array) for path, array in arrays.items()})
    assert type(found) is type(convert(np.zeros(1)))
    assert np.allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_arrays_of_frameworks_give_what_numpy_gives(framework: str) -> None:
    """Every layer of the networks that together use every kind."""
    convert = converter(framework)
    xp = namespace_of(convert(np.zeros(1)))
    for name, text in NETWORKS.items():
        network = Network(bc.loads(text))
        w = random_points(network, np.random.default_rng(0), 1)[0]
        outputs = {path: value[0].real for path, value in network.outputs(w[None].astype(complex)).items()}
        for layer in network.graph.layers:
            facts = at_values(layer.placed.facts, network.graph.conditions.values)
            arrays = {a.name: network._array(layer, a.name, w[None])[0] for a in layer.arrays}  # type: ignore[index]
            inputs = [np.ascontiguousarray(outputs[path]) for path in layer.inputs]
            expected = layer.kind.forward(facts, arrays, inputs, NUMPY)
            converted = {key: convert(np.ascontiguousarray(array)) for key, array in arrays.items()}
            found = np.asarray(layer.kind.forward(facts, converted, [convert(array) for array in inputs], xp))
            assert found.dtype == np.float64, (name, layer.path)
            assert found.shape == np.shape(expected), (name, layer.path)
            assert np.allclose(found, expected, rtol=1e-12, atol=1e-12), (name, layer.path)
