"""`forward` of every kind on arrays of PyTorch and JAX, where they are installed: equal to torch's own operators, and to NumPy.

The arrays come through array-api-compat, as `xp`, with erf besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.derivatives import random_points
from reference.network import Network
from reference.specs import NETWORKS

import boundcalc as bc
from boundcalc.catalogue.index import ACTIVATIONS
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Layer
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.heads import rotated

Array = NDArray[np.float64]
NUMPY = namespace_of(np.zeros(1))


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def xp(torch: Any) -> Any:
    return namespace_of(torch.zeros(1))


def placed(step: str, shape: str, batch: int = 2, loss: bool = False) -> tuple[Layer, Any]:
    layers = "identity" if loss else f"{{{step}}}"
    text = f"batch: {batch}\ninput: {{shape: {shape}, norm: 2}}\nradius: 1\nlayers: [{layers}]"
    graph = Network(bc.loads(text + (f"\nloss: {{{step}}}" if loss else ""))).graph
    layer = list(graph.layers)[-1]
    return layer, at_values(layer.placed.facts, graph.conditions.values)


def arrays_of(torch: Any, layer: Layer) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {a.name: torch.asarray(rng.normal(size=[int(axis) for axis in a.shape])) for a in layer.arrays}


def check(torch: Any, xp: Any, step: str, shape: list[int], expected: Callable[[Any, Mapping[str, Any]], Any]) -> None:
    layer, facts = placed(step, str(shape))
    z = torch.asarray(3 * np.random.default_rng(4).normal(size=(2, *shape)))
    arrays = arrays_of(torch, layer)
    found, wanted = layer.kind.forward(facts, arrays, [z], xp), expected(z, arrays)
    assert tuple(found.shape) == tuple(wanted.shape) == (2, *(int(axis) for axis in layer.shape))
    assert torch.allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_normalisations(torch: Any, xp: Any) -> None:
    nn = torch.nn.functional
    means, variances = (torch.full((4,), value, dtype=torch.float64) for value in (3 / 2, 3 / 4))

    def groups(count: int) -> Callable[[Any, Mapping[str, Any]], Any]:
        return lambda z, a: nn.group_norm(z, count, a.get("weight"), a.get("bias"), 0.25)

    for shape in ([4, 3], [4, 3, 2], [4, 2, 1, 3]):
        check(torch, xp, "l2norm: {eps: 2, axis: 0}", shape, lambda z, a: nn.normalize(z, eps=2.0))
        step = "localresponsenorm: {size: 3, alpha: 2, beta: 1/2, k: 3}"
        check(torch, xp, step, shape, lambda z, a: nn.local_response_norm(z, 3, 2.0, 0.5, 3.0))
        check(torch, xp, "groupnorm: {groups: 2, eps: 1/4, affine: true}", shape, groups(2))
        check(torch, xp, "groupnorm: {groups: 1, eps: 1/4}", shape, groups(1))
        check(
            torch,
            xp,
            "instancenorm: {eps: 1/4, affine: true}",
            shape,
            lambda z, a: nn.instance_norm(z, weight=a["weight"], bias=a["bias"], eps=0.25),
        )
        check(
            torch,
            xp,
            "rmsnorm: {eps: 1/4, affine: true, axes: 2}",
            shape,
            lambda z, a: nn.rms_norm(z, z.shape[-2:], a["weight"], 0.25),
        )
        check(  # a variance of 3/4 and means of 3/2: 1/sqrt(variance + 1/4) is 1, the norm of four times 3/2 is 3
            torch,
            xp,
            "batchnorm: {eps: 1/4, mode: eval, slope: 1, offset: 3, affine: true}",
            shape,
            lambda z, a: nn.batch_norm(z, means, variances, a["weight"], a["bias"], False, eps=0.25),
        )


def test_dense(torch: Any, xp: Any) -> None:
    linear = torch.nn.functional.linear
    check(torch, xp, "dense: 3", [4], lambda z, a: linear(z, a["weight"], a["bias"]))
    check(torch, xp, "dense: {units: 3, bias: false}", [2, 5, 4], lambda z, a: linear(z, a["weight"]))


@pytest.mark.parametrize(
    ("axes", "fields", "options"),
    [
        (1, "kernel: 3", {}),
        (1, "kernel: 3, stride: 2, padding: 1, dilation: 2", {"stride": 2, "padding": 1, "dilation": 2}),
        (1, "kernel: 4, padding: same", {"padding": "same"}),
        (1, "kernel: 4, padding: same, dilation: 3, groups: 2", {"padding": "same", "dilation": 3, "groups": 2}),
        (2, "kernel: [2, 3], stride: [2, 1], padding: [1, 0]", {"stride": (2, 1), "padding": (1, 0)}),
        (2, "kernel: 3, dilation: [1, 2], groups: 2, bias: false", {"dilation": (1, 2), "groups": 2}),
        (3, "kernel: [2, 1, 3], stride: [1, 2, 1], padding: [0, 1, 1]", {"stride": (1, 2, 1), "padding": (0, 1, 1)}),
        (3, "kernel: 2, padding: same, groups: 4", {"padding": "same", "groups": 4}),
    ],
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_convolutions(torch: Any, xp: Any, axes: int, fields: str, options: Mapping[str, Any]) -> None:
    operator = getattr(torch.nn.functional, f"conv{axes}d")
    shape = [4, *(7, 6, 5)[:axes]] if axes > 1 else [4, 11]
    check(
        torch,
        xp,
        f"conv{axes}d: {{channels: 8, {fields}}}",
        shape,
        lambda z, a: operator(z, a["weight"], a.get("bias"), **options),
    )


@pytest.mark.parametrize(
    ("axes", "fields", "options"),
    [
        (1, "kernel: 3", {}),
        (1, "kernel: 3, stride: 2, padding: 2, output_padding: 1, groups: 2", {"stride": 2, "padding": 2, "output_padding": 1, "groups": 2}),
        (2, "kernel: [2, 3], stride: [3, 1], dilation: [1, 2]", {"stride": (3, 1), "dilation": (1, 2)}),
        (2, "kernel: 2, stride: 2, bias: false, groups: 4", {"stride": 2, "groups": 4}),
        (3, "kernel: [2, 1, 3], stride: 2, padding: [1, 0, 1]", {"stride": 2, "padding": (1, 0, 1)}),
    ],
)  # fmt: skip
def test_transposed_convolutions(torch: Any, xp: Any, axes: int, fields: str, options: Mapping[str, Any]) -> None:
    operator, shape = getattr(torch.nn.functional, f"conv_transpose{axes}d"), [4, *(5, 4, 3)[:axes]]
    step = f"convtranspose{axes}d: {{channels: 8, {fields}}}"
    check(torch, xp, step, shape, lambda z, a: operator(z, a["weight"], a.get("bias"), **options))


POOLINGS = (
    (1, "kernel: 3", {"kernel_size": 3}),
    (1, "kernel: 3, stride: 1, padding: 1", {"kernel_size": 3, "stride": 1, "padding": 1}),
    (1, "kernel: 2, stride: 2, padding: 1, ceil: true", {"kernel_size": 2, "padding": 1, "ceil_mode": True}),
    (1, "kernel: 4, stride: 3, ceil: true", {"kernel_size": 4, "stride": 3, "ceil_mode": True}),
    (2, "kernel: [2, 3], stride: [1, 2]", {"kernel_size": (2, 3), "stride": (1, 2)}),
    (2, "kernel: 3, stride: 2, padding: 1, ceil: true", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    (3, "kernel: 2, ceil: true", {"kernel_size": 2, "ceil_mode": True}),
    (3, "kernel: [3, 2, 2], stride: 1, padding: [1, 0, 1]", {"kernel_size": (3, 2, 2), "stride": 1, "padding": (1, 0, 1)}),
)  # fmt: skip


@pytest.mark.parametrize(("axes", "fields", "options"), POOLINGS)
@pytest.mark.parametrize("length", [6, 7, 8, 9])
@pytest.mark.parametrize("kind", ["maxpool", "avgpool"])
def test_poolings(
    torch: Any, xp: Any, kind: str, length: int, axes: int, fields: str, options: Mapping[str, Any]
) -> None:
    name = {"maxpool": "max_pool", "avgpool": "avg_pool"}[kind]
    operator = getattr(torch.nn.functional, f"{name}{axes}d")
    shape = [2, *(length, 5, 4)[:axes]]
    check(torch, xp, f"{kind}{axes}d: {{{fields}}}", shape, lambda z, a: operator(z, **options))


def modules(torch: Any) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """What torch has under another name, and the values of parameters that are compared."""
    nn = torch.nn
    same = {"celu": "CELU", "elu": "ELU", "gelu": "GELU", "hardsigmoid": "Hardsigmoid", "hardswish": "Hardswish"}
    same |= {"hardtanh": "Hardtanh", "hardshrink": "Hardshrink", "leaky_relu": "LeakyReLU", "logsigmoid": "LogSigmoid"}
    same |= {"mish": "Mish", "relu": "ReLU", "relu6": "ReLU6", "selu": "SELU", "sigmoid": "Sigmoid", "silu": "SiLU"}
    same |= {"softplus": "Softplus", "softshrink": "Softshrink", "softsign": "Softsign", "tanh": "Tanh"}
    same |= {"tanhshrink": "Tanhshrink"}
    found = {name: getattr(nn, module) for name, module in same.items()}
    found["softplus"] = partial(
        nn.Softplus, threshold=1000
    )  # where torch switches to x, which is 2e-9 off at its default
    found |= {"arctan": lambda: torch.atan, "sin": lambda: torch.sin, "gaussian": lambda: lambda z: torch.exp(-z * z)}
    found |= {"square": lambda: torch.square, "identity": nn.Identity}
    found["affine"] = lambda scale=1, shift=0: lambda z: scale * z + shift
    return found


PARAMETERS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "softplus": ({"beta": 3},),
    "celu": ({"alpha": 0.5}, {"alpha": 3}),
    "elu": ({"alpha": 2}, {"alpha": -0.5}),
    "hardtanh": ({"min_val": -0.5, "max_val": 2}, {"min_val": 1, "max_val": 3}),
    "leaky_relu": ({"negative_slope": -3}, {"negative_slope": 0.25}),
    "softshrink": ({"lambd": 2},),
    "hardshrink": ({"lambd": 2},),
    "gelu": ({"approximate": "tanh"},),
    "affine": ({"scale": -2, "shift": 0.5},),
}


@pytest.mark.parametrize("kind", [*ACTIVATIONS, "gelu", "square", "identity"])
def test_activations(torch: Any, xp: Any, kind: str) -> None:
    for parameters in ({}, *PARAMETERS.get(kind, ())):
        module = modules(torch)[kind](**parameters)
        fields = ", ".join(f"{name}: {value}" for name, value in parameters.items())
        check(torch, xp, f"{kind}: {{{fields}}}", [5, 40], lambda z, a, module=module: module(z))


def test_softplus_far_out(torch: Any, xp: Any) -> None:
    """Frameworks switch to x there, which is what the exact function rounds to."""
    layer, facts = placed("softplus: {}", "[3]")
    z = torch.asarray([[1e4, 30.0, -1e4]], dtype=torch.float64)
    found = layer.kind.forward(facts, {}, [z], xp)
    assert torch.allclose(found, torch.nn.functional.softplus(z), rtol=1e-12)


@pytest.mark.parametrize(
    ("fields", "amounts", "mode"),
    [
        ("amounts: [0, [1, 2]]", (1, 2), "constant"),
        ("amounts: [0, [3, 0]], mode: reflect", (3, 0), "reflect"),
        ("amounts: [0, [1, 6]], mode: replicate", (1, 6), "replicate"),
        ("amounts: [0, [5, 2]], mode: circular", (5, 2), "circular"),
    ],
)
def test_pad(torch: Any, xp: Any, fields: str, amounts: tuple[int, int], mode: str) -> None:
    check(torch, xp, f"pad: {{{fields}}}", [3, 5], lambda z, a: torch.nn.functional.pad(z, amounts, mode=mode))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_poolings(torch: Any, xp: Any, kind: str, axes: int) -> None:
    operator = getattr(torch.nn.functional, f"adaptive_{kind}_pool{axes}d")
    for size in (1, 2, 3, 5, 8):
        step = f"adaptive{kind}pool{axes}d: {size}"
        check(torch, xp, step, [2, *(7, 5, 4)[:axes]], lambda z, a, size=size: operator(z, size))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_upsample(torch: Any, xp: Any, axes: int) -> None:
    linear = ("linear", "bilinear", "trilinear")[axes - 1]
    operator, shape = torch.nn.functional.interpolate, [2, *(4, 3, 1)[:axes]]
    for factor in (1, 2, 3):
        check(torch, xp, f"upsample: {factor}", shape, lambda z, a, f=factor: operator(z, scale_factor=f))
        step = f"upsample: {{factor: {factor}, mode: linear}}"
        check(torch, xp, step, shape, lambda z, a, f=factor: operator(z, scale_factor=f, mode=linear))


def test_options_of_poolings(torch: Any, xp: Any) -> None:
    functional = torch.nn.functional
    step = "maxpool2d: {kernel: [2, 3], stride: 1, padding: 1, dilation: 2}"
    check(torch, xp, step, [2, 7, 6], lambda z, a: functional.max_pool2d(z, (2, 3), 1, 1, 2))
    for ceil in (False, True):
        step = f"avgpool2d: {{kernel: 3, stride: 2, padding: 1, ceil: {str(ceil).lower()}, count_include_pad: false}}"
        check(torch, xp, step, [2, 8, 5], lambda z, a, c=ceil: functional.avg_pool2d(z, 3, 2, 1, c, False))
    for p in (2, 4):
        step = f"lppool2d: {{p: {p}, kernel: [2, 3], stride: 1}}"
        check(torch, xp, step, [2, 5, 6], lambda z, a, p=p: functional.lp_pool2d(z, p, (2, 3), 1))
    check(torch, xp, "mean: [0, -1]", [2, 5, 6], lambda z, a: z.mean(dim=(1, 3)))


def test_moves(torch: Any, xp: Any) -> None:
    check(torch, xp, "roll: {axis: -1, by: 7}", [3, 5], lambda z, a: torch.roll(z, 7, -1))
    check(torch, xp, "expand: [2, 3, -1, 4]", [3, 5, 1], lambda z, a: z[:, None].expand(2, 2, 3, 5, 4))
    check(torch, xp, "squeeze: -2", [3, 1, 2], lambda z, a: z.squeeze(-2))
    check(torch, xp, "unsqueeze: -1", [3, 2], lambda z, a: z.unsqueeze(-1))
    check(torch, xp, "slice: {axis: 1, start: -4, step: 2}", [3, 5], lambda z, a: z[:, :, -4::2])


def test_batchnorm(torch: Any, xp: Any) -> None:
    operator = torch.nn.functional.batch_norm
    for shape in ([3], [3, 5], [2, 3, 4]):
        check(torch, xp, "batchnorm: 1/10", shape, lambda z, a: operator(z, None, None, training=True, eps=0.1))
        check(
            torch,
            xp,
            "batchnorm: {eps: 1/10, affine: true}",
            shape,
            lambda z, a: operator(z, None, None, a["weight"], a["bias"], training=True, eps=0.1),
        )
    check(
        torch,
        xp,
        "batchnorm: {eps: 1/10, positions: false}",
        [3, 4],
        lambda z, a: operator(z.flatten(1), None, None, training=True, eps=0.1).reshape(z.shape),
    )
    additive = "batchnorm: {eps: 1/10, form: additive}"
    check(torch, xp, additive, [3], lambda z, a: (z - z.mean(0)) / (0.1 + z.std(0, correction=0)))


def test_layernorm(torch: Any, xp: Any) -> None:
    operator = torch.nn.functional.layer_norm
    check(torch, xp, "layernorm: 1/10", [5, 3], lambda z, a: operator(z, [3], eps=0.1))
    affine = "layernorm: {eps: 1/10, affine: true, axes: AXES}"
    for axes, slice_ in (("1", [3]), ("2", [5, 3]), ("3", [2, 5, 3])):
        check(
            torch,
            xp,
            affine.replace("AXES", axes),
            [2, 5, 3],
            lambda z, a, slice_=slice_: operator(z, slice_, a["weight"], a["bias"], eps=0.1),
        )


@pytest.mark.parametrize("kind", ["maxpool1d", "avgpool1d"])
def test_single_precision(torch: Any, xp: Any, kind: str) -> None:
    """Nothing that a layer adds of its own turns float32 into float64, or overflows."""
    layer, facts = placed(f"{kind}: {{kernel: 3, stride: 2, padding: 1, ceil: true}}", "[1, 6]")
    z = torch.ones((2, 1, 6), dtype=torch.float32)
    found = layer.kind.forward(facts, {}, [z], xp)
    assert found.dtype == torch.float32
    assert bool(torch.isfinite(found).all())


def test_softmax(torch: Any, xp: Any) -> None:
    check(torch, xp, "softmax: {}", [3, 4], lambda z, a: torch.softmax(z, -1))
    check(torch, xp, "softmax: {axis: 0}", [3, 4], lambda z, a: torch.softmax(z, 1))


def test_means_and_shapes(torch: Any, xp: Any) -> None:
    check(torch, xp, "mean: {}", [3, 4], lambda z, a: z.mean(-1))
    check(torch, xp, "mean: {axis: 0}", [3, 4], lambda z, a: z.mean(1))
    check(torch, xp, "globalavgpool: {}", [3, 4, 5], lambda z, a: torch.nn.AdaptiveAvgPool2d(1)(z)[..., 0, 0])
    check(torch, xp, "flatten: {}", [3, 4], lambda z, a: torch.flatten(z, 1))
    check(torch, xp, "permute: [2, 0, -2]", [3, 4, 5], lambda z, a: z.permute(0, 3, 1, 2))
    check(torch, xp, "transpose: {}", [3, 4, 5], lambda z, a: z.transpose(-2, -1))
    check(torch, xp, "transpose: [0, -1]", [3, 4, 5], lambda z, a: z.transpose(1, 3))
    check(torch, xp, "reshape: [2, 6]", [3, 4], lambda z, a: z.reshape(-1, 2, 6))
    check(torch, xp, "dropout: {p: 1/4, mode: eval}", [3], lambda z, a: torch.dropout(z, 0.25, False))


def test_dropout_keeps_what_torch_may_keep(torch: Any, xp: Any) -> None:
    torch.manual_seed(0)
    layer, facts = placed("dropout: 1/4", "[30]")
    z = torch.ones((2, 30), dtype=torch.float64)
    dropped = torch.dropout(z, 0.25, True)
    assert torch.allclose(layer.kind.forward(facts, {}, [z], xp)[dropped != 0], dropped[dropped != 0])


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


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("causal", [True, False])
def test_attention_of_groups(torch: Any, xp: Any, groups: int, causal: bool) -> None:
    def expected(z: Any, a: Mapping[str, Any]) -> Any:
        maps = (
            (torch.nn.functional.linear(z, a[f"{name}.weight"], a[f"{name}.bias"]))
            for name in ("query", "key", "value")
        )
        heads = (image.unflatten(-1, (-1, 3)).transpose(-2, -3) for image in maps)
        product = torch.nn.functional.scaled_dot_product_attention(*heads, is_causal=causal, enable_gqa=True)
        joined = product.transpose(-2, -3).flatten(-2)
        return torch.nn.functional.linear(joined, a["out.weight"], a["out.bias"])

    step = f"attention: {{heads: 4, kv_heads: {groups}, width: 12, causal: {str(causal).lower()}}}"
    check(torch, xp, step, [5, 7], expected)
    check(torch, xp, step, [2, 5, 7], expected)


def test_attention_with_a_table_of_offsets(torch: Any, xp: Any) -> None:
    """With weights that are zero, the table alone decides how positions are mixed."""
    layer, facts = placed("attention: {heads: 1, relative_bias: 1, bias: false}", "[4, 2]")
    one = torch.eye(2, dtype=torch.float64)
    table = torch.asarray([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], dtype=torch.float64)  # of the offsets -3 to 3
    arrays = {
        "query.weight": 0 * one,
        "key.weight": one,
        "value.weight": one,
        "out.weight": one,
        "relative_bias.weight": table,
    }
    z = torch.asarray(np.random.default_rng(4).normal(size=(1, 4, 2)))
    weights = torch.softmax(
        torch.asarray([[float(3 + j - i) for j in range(4)] for i in range(4)], dtype=torch.float64), -1
    )
    assert torch.allclose(layer.kind.forward(facts, arrays, [z], xp), weights @ z)


def test_rotary_embeddings_are_products_of_complex_numbers(torch: Any, xp: Any) -> None:
    z = torch.asarray(np.random.default_rng(4).normal(size=(2, 5, 6)))
    angles = torch.arange(5)[:, None] * 10_000.0 ** (-torch.arange(3, dtype=torch.float64) / 3)
    turned = torch.complex(z[..., :3], z[..., 3:]) * torch.polar(torch.ones_like(angles), angles)
    assert torch.allclose(rotated(z, xp), torch.cat([turned.real, turned.imag], -1))


def test_losses(torch: Any, xp: Any) -> None:
    z = torch.asarray(np.random.default_rng(5).normal(size=(2, 3)))
    layer, facts = placed("logistic: {}", "[3]", loss=True)
    expected = torch.nn.functional.cross_entropy(z, torch.zeros(2, dtype=torch.long))
    assert torch.allclose(layer.kind.forward(facts, {}, [z], xp), expected)
    layer, facts = placed("squared: {labels: 2}", "[3]", loss=True)
    target = torch.full((2, 3), -2 / math.sqrt(6), dtype=torch.float64)
    half = torch.nn.functional.mse_loss(z, target, reduction="sum") / 2
    assert torch.allclose(layer.kind.forward(facts, {}, [z], xp), half / 2)
    assert torch.allclose(layer.kind.forward(facts, {}, [z, target], xp), half / 2)


def test_products(torch: Any, xp: Any) -> None:
    rng = np.random.default_rng(6)
    f, g = (torch.asarray(rng.normal(size=(2, 3, *shape))) for shape in ((4, 5), (5, 4)))
    for left in (False, True):
        for right in (False, True):
            facts = SimpleNamespace(transpose_left=left, transpose_right=right)
            factors = (f.mT if left else f, g.mT if right else g)
            found = VOCABULARY["matmul"].forward(facts, {}, factors, xp)
            assert torch.allclose(found, torch.matmul(f, g))
    assert torch.allclose(VOCABULARY["multiply"].forward(None, {}, [f, f, f], xp), f**3)
    assert torch.allclose(VOCABULARY["add"].forward(None, {}, [f, f, f], xp), 3 * f)
    facts = SimpleNamespace(axis=1)
    assert torch.allclose(VOCABULARY["concat"].forward(facts, {}, [f, f], xp), torch.cat([f, f], 2))


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
