"""A small spec for every kind of layer, with each of its options: what is attacked kind by kind."""

from __future__ import annotations

from collections.abc import Mapping

from reference.families.index import FAMILIES

HEAD = "batch: 2\nradius: 1\n"
NARROW = "radius: 1\ninput: {shape: [1], norm: 2}\n"  # one number, one sample: constants are nearly reached
VECTOR = HEAD + "input: {shape: [3], norm: {sample: 1}}\n"
ROWS = HEAD + "input: {shape: [2, 3], norm: {sample: 1}}\n"
SIGNAL = HEAD + "input: {shape: [2, 5], norm: {entry: 1/2}}\n"
GRIDS: Mapping[int, str] = {
    1: "radius: 1\ninput: {shape: [2, 5], norm: 1}\n",
    2: "radius: 1\ninput: {shape: [2, 4, 3], norm: 1}\n",
    3: "radius: 1\ninput: {shape: [2, 3, 3, 2], norm: 1}\n",
}
SCALAR = "{dense: {units: 1, bias: false}}"

# Of each activation: without its fields, and with each of them alone.
ACTIVATIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "relu", "relu6", "selu", "logsigmoid", "sigmoid", "tanh", "tanhshrink", "arctan", "softsign", "silu", "mish",
            "hardsigmoid", "hardswish", "sin", "gaussian", "square", "identity",
        ),
        (),
    ),
    "softplus": ("beta: 3", "beta: 1/2"),
    "leaky_relu": ("negative_slope: 1/5", "negative_slope: -2", "negative_slope: 1"),
    "hardtanh": ("min_val: -1/2", "max_val: 2", "min_val: 0, max_val: 1/4"),
    "elu": ("alpha: 1", "alpha: 2", "alpha: 1/3"),
    "celu": ("alpha: 1/2", "alpha: 2"),
    "gelu": ("approximate: none", "approximate: tanh"),
    "softshrink": ("lambd: 1/4",),
    "hardshrink": ("lambd: 1/4",),
}  # fmt: skip
CONVOLUTIONS = (
    "kernel: 2", "kernel: 2, bias: false", "kernel: 2, bias: true", "kernel: 2, stride: 2", "kernel: 3, padding: 1",
    "kernel: 2, padding: same", "kernel: 2, dilation: 2, padding: 1", "kernel: 2, groups: 2",
)  # fmt: skip
POOLINGS = (
    "kernel: 2", "kernel: 2, stride: 1", "kernel: 2, padding: 1", "kernel: 2, stride: 2, ceil: true",
    "kernel: 2, ceil: false", "kernel: 2, stride: 1, padding: 1, ceil: true",
)  # fmt: skip
DILATED = ("kernel: 2, dilation: 2, stride: 1, padding: 1", "kernel: 2, dilation: 2, padding: 1")
COUNTED = (
    "kernel: 2, count_include_pad: true",
    "kernel: 2, padding: 1, count_include_pad: false",
    "kernel: 3, stride: 1, padding: 1, count_include_pad: false",
    "kernel: 3, stride: 2, padding: 1, ceil: true, count_include_pad: false",
)
BATCHNORMS = (
    "eps: 1/4", "eps: 1/4, affine: true", "eps: 1/4, affine: false", "eps: 1/4, form: sqrt", "eps: 1/2, form: additive",
    "eps: 1/4, positions: true", "eps: 1/4, positions: false", "eps: 1/2, form: additive, positions: false, affine: true",
    "eps: 1/4, mode: train", "eps: 1/4, mode: eval, slope: 2, offset: 1", "eps: 1/4, mode: eval, slope: 1, offset: 3, affine: true, positions: false",
)  # fmt: skip
LAYERNORMS = (
    "eps: 1/4", "eps: 1/4, affine: true", "eps: 1/4, affine: false", "eps: 1/4, axes: 1", "eps: 1/4, axes: 2, affine: true",
)  # fmt: skip
ATTENTIONS = (
    "heads: 1", "heads: 2, bias: false", "heads: 2, bias: true, kv_heads: 1", "heads: 1, causal: true",
    "heads: 2, causal: false, mask: true", "heads: 1, mask: false, width: 3", "heads: 1, rotary: true",
    "heads: 2, rotary: false, dropout: 1/4", "heads: 2, relative_bias: 1/2", "heads: 1, relative_bias: 3, causal: true",
)  # fmt: skip


def _titled(kind: str, options: str) -> str:
    return f"{kind}, {options}" if options else kind


def _step(kind: str, options: str) -> str:
    return f"{{{kind}: {{{options}}}}}" if options else kind


def _of(head: str, *steps: str) -> str:
    return f"{head}layers: [{', '.join(steps)}]\n"


def _activations() -> dict[str, str]:
    return {
        _titled(kind, options): _of(NARROW, SCALAR, _step(kind, options), SCALAR)
        for kind, given in ACTIVATIONS.items()
        for options in ("", *given)
    }


def _windows() -> dict[str, str]:
    found: dict[str, str] = {}
    for axes, head in GRIDS.items():
        learned = f"{{conv{axes}d: {{channels: 2, kernel: 1, bias: false}}}}"
        for options in CONVOLUTIONS:
            kind = f"conv{axes}d"
            found[_titled(kind, options)] = _of(head, learned, _step(kind, f"channels: 2, {options}"))
        for kind in (f"maxpool{axes}d", f"avgpool{axes}d"):
            own = DILATED if kind.startswith("max") else COUNTED
            found |= {_titled(kind, options): _of(head, learned, _step(kind, options)) for options in POOLINGS + own}
    return found


def _normalised() -> dict[str, str]:
    step = "{conv1d: {channels: 2, kernel: 1}}"
    found = {_titled("batchnorm", options): _of(SIGNAL, step, _step("batchnorm", options)) for options in BATCHNORMS}
    return found | {
        _titled("layernorm", options): _of(SIGNAL, step, _step("layernorm", options)) for options in LAYERNORMS
    }


def _products() -> dict[str, str]:
    """By the rows before a softmax, and after it."""
    shapes = {(False, False): "3, 2", (True, False): "2, 2", (False, True): "2, 3", (True, True): "2, 2"}
    found: dict[str, str] = {}
    for (left, right), shape in shapes.items():
        options = f"transpose_left: {str(left).lower()}, transpose_right: {str(right).lower()}"
        for softmax in ((), ("softmax",)):
            step = f"{{matmul: {{from: [[], [parameter: [{shape}]]], {options}}}}}"
            name = _titled("matmul", options) + (" after softmax" if softmax else "")
            found[name] = _of(ROWS, "dense: 3", *softmax, step)
    return found


def _attentions() -> dict[str, str]:
    found = {
        _titled("attention", options): _of(ROWS, "dense: 2", _step("attention", options)) for options in ATTENTIONS
    }
    found["attention of an array to another"] = _of(ROWS, "{attention: {from: [[dense: 2], input], heads: 2}}")
    return found


INSTANCES: Mapping[str, str] = {
    "dense": _of(VECTOR, "dense: 2", "dense: 2"),
    "dense, bias: false": _of(VECTOR, SCALAR, SCALAR),
    "dense, bias: true": _of(VECTOR, "dense: {units: 1, bias: true}"),
    "dense on the last axis": _of(ROWS, "dense: 2", "dense: 1"),
    **_activations(),
    **_windows(),
    **_normalised(),
    "globalavgpool": _of(GRIDS[2], "{conv2d: {channels: 2, kernel: 1, bias: false}}", "globalavgpool"),
    "mean": _of(ROWS, "dense: 2", "mean"),
    "mean, axis: 0": _of(ROWS, "dense: 2", "mean: 0"),
    "flatten": _of(ROWS, "dense: 2", "flatten", "dense: 1"),
    "reshape": _of(ROWS, "dense: 2", "reshape: [4]", "dense: 1"),
    "reshape, -1": _of(ROWS, "dense: 2", "reshape: [1, -1]", "dense: 1"),
    "permute": _of(GRIDS[2], "{conv2d: {channels: 2, kernel: 1}}", "permute: [1, -1, 0]", "dense: 1"),
    "transpose": _of(ROWS, "dense: 2", "transpose", "dense: 1"),
    "transpose, axes": _of(ROWS, "dense: 2", "transpose: [0, 1]", "dense: 1"),
    "dropout": _of(VECTOR, SCALAR, "dropout: 1/2"),
    "dropout, mode: train": _of(VECTOR, SCALAR, "{dropout: {p: 1/3, mode: train}}"),
    "dropout, mode: eval": _of(VECTOR, SCALAR, "{dropout: {p: 1/3, mode: eval}}"),
    "softmax": _of(VECTOR, "dense: 2", "softmax"),
    "softmax, axis: 0": _of(ROWS, "dense: 2", "softmax: 0"),
    "softmax, causal: true": _of(ROWS, "dense: 2", "softmax: {causal: true}", "dense: 2"),
    "softmax, causal: false": _of(ROWS, "dense: 2", "softmax: {causal: false}"),
    "softmax, mask: true": _of(ROWS, "dense: 2", "softmax: {mask: true}", "dense: 2"),
    "softmax, mask: false": _of(ROWS, "dense: 2", "softmax: {mask: false}"),
    "logsoftmax": _of(VECTOR, "dense: 2", "logsoftmax"),
    "logsoftmax, axis: 0": _of(ROWS, "dense: 2", "logsoftmax: 0", "dense: 2"),
    "add": _of(VECTOR, "dense: 2", "{add: [[], [tanh, dense: 2]]}"),
    "add of one": _of(VECTOR, SCALAR, "{add: [[]]}"),
    "add to itself": _of(VECTOR, SCALAR, "{add: [[], []]}"),
    "concat": _of(VECTOR, "dense: 2", "{concat: [[], [tanh, dense: 1], input]}"),
    "concat, axis: 0": _of(ROWS, "dense: 2", "{concat: {from: [[], [tanh]], axis: 0}}"),
    "concat, axis: -1": _of(ROWS, "dense: 2", "{concat: {from: [[], [dense: 1]], axis: -1}}"),
    "multiply": _of(VECTOR, "{multiply: [[dense: 2], [dense: 2]]}"),
    "multiply of three": _of(VECTOR, SCALAR, "{multiply: [[], [], [dense: 1]]}"),
    **_products(),
    **_attentions(),
    "parameter": _of(VECTOR, "{parameter: [2]}", "tanh"),
    "parameter, added": _of(VECTOR, "dense: 2", "{add: [[], [parameter: {shape: [2]}]]}"),
    "linear": _of(VECTOR, "dense: 2", "linear: 3/2"),
    "linear, shape": _of(VECTOR, "dense: 2", "{linear: {norm: 1/2, shape: [2, 2]}}"),
    "linear, axes": _of(ROWS, "dense: 2", "{linear: {norm: 1/2, shape: [2, 4], axes: [0]}}"),
    "map": _of(NARROW, SCALAR, "{map: {lipschitz: 1, smoothness: 2, at_zero: 0}}"),
    "map, sup": _of(NARROW, SCALAR, "{map: {lipschitz: 1, smoothness: 2, at_zero: 1/2, sup: 1}}"),
    "map, shape": _of(VECTOR, "dense: 2", "{map: {lipschitz: 1, smoothness: 1, shape: [3]}}"),
    "map without a Lipschitz constant": _of(NARROW, SCALAR, "{map: {sup: 1}}"),
    "map without smoothness": _of(NARROW, SCALAR, "{map: {lipschitz: 1, at_zero: 1}}"),
    "map, axes": _of(ROWS, "dense: 2", "{map: {lipschitz: 1, smoothness: 2, at_zero: 1/2, sup: 1, axes: [sample, 0]}}"),
    "bilinear": _of(VECTOR, "{bilinear: {from: [[dense: 2], [dense: 2]], norm: 1}}"),
    "bilinear, shape": _of(VECTOR, "{bilinear: {from: [[dense: 2], [dense: 1]], norm: 2, shape: [3]}}"),
    "bilinear, axes": _of(ROWS, "{bilinear: {from: [[dense: 2], [dense: 1]], norm: 1, axes: [sample, -2]}}"),
    "generic": _of(NARROW, "generic: {lipschitz: 1, smoothness: 2}", "generic: {lipschitz: 1/2, smoothness: 1}"),
    "generic, linear": _of(NARROW, "generic: {lipschitz: 2, smoothness: 0}"),
    "generic, shape": _of(VECTOR, "{generic: {lipschitz: 1, smoothness: 1, shape: [2]}}"),
    "generic, axes": _of(ROWS, "{generic: {lipschitz: 1, smoothness: 1, axes: [sample]}}"),
    "generic without smoothness": _of(NARROW, "generic: 1"),
    "logistic": _of(VECTOR, "dense: 2") + "loss: logistic\n",
    "logistic of a step": _of(VECTOR, "{dense: {units: 2, name: a}}", "tanh") + "loss: {logistic: {from: a}}\n",
    "squared, labels": _of(NARROW, SCALAR) + "loss: {squared: {labels: 1}}\n",
    "squared of two steps": _of(VECTOR, "dense: {units: 3, name: a}") + "loss: {squared: {from: [a, input]}}\n",
    "regularizer": _of(NARROW, SCALAR) + "loss: {squared: {labels: 1}}\nregularizer: {l2: 1/2}\n",
    "residual": _of(VECTOR, "dense: 2", "{residual: [tanh, dense: 2]}"),
    "repeat": _of(VECTOR, "{repeat: {times: 2, layers: [dense: 3, tanh]}}"),
    **{name: text for family in FAMILIES for name, text in family.instances.items()},
}
