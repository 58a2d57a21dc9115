"""Shapes and numbers of parameters, against torch's formulas computed by hand."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Layer, LayerGraph


def graph(text: str, unroll: bool = False) -> LayerGraph:
    return expand(bc.loads(text), unroll=unroll)


def last(shape: str, step: str, head: str = "") -> Layer:
    found = graph(f"{head}input: {{shape: {shape}, norm: 1}}\nradius: 1\nlayers: [{step}]")
    return found.layer(found.outputs[0])


@pytest.mark.parametrize(
    ("shape", "step", "expected", "parameters"),
    [
        ("[7]", "dense: 3", (3,), 24),
        ("[7]", "dense: {units: 3, bias: false}", (3,), 21),
        ("[5, 7]", "dense: 3", (5, 3), 24),  # the last axis
        ("[3, 10]", "conv1d: {channels: 4, kernel: 3}", (4, 8), 40),
        ("[3, 10]", "conv1d: {channels: 4, kernel: 3, stride: 2}", (4, 4), 40),
        ("[3, 10]", "conv1d: {channels: 4, kernel: 3, stride: 3, padding: 1}", (4, 4), 40),
        ("[3, 10]", "conv1d: {channels: 4, kernel: 3, dilation: 3}", (4, 4), 40),
        ("[3, 10]", "conv1d: {channels: 4, kernel: 4, padding: same, dilation: 2}", (4, 10), 52),
        ("[4, 10]", "conv1d: {channels: 6, kernel: 3, groups: 2}", (6, 8), 6 * 2 * 3 + 6),
        ("[3, 224, 224]", "conv2d: {channels: 64, kernel: 7, stride: 2, padding: 3}", (64, 112, 112), 64 * 3 * 49 + 64),
        ("[3, 9, 8]", "conv2d: {channels: 2, kernel: [3, 2], stride: [2, 1], padding: [0, 1], dilation: [1, 2]}", (2, 4, 8), 38),
        ("[1, 5, 6, 7]", "conv3d: {channels: 2, kernel: [1, 2, 3], bias: false}", (2, 5, 5, 5), 12),
        ("[2, 9]", "maxpool1d: 2", (2, 4), 0),
        ("[2, 9]", "maxpool1d: {kernel: 2, ceil: true}", (2, 5), 0),
        ("[2, 9]", "maxpool1d: {kernel: 3, stride: 2, padding: 1}", (2, 5), 0),
        ("[2, 3]", "maxpool1d: {kernel: 2, stride: 3, padding: 1, ceil: true}", (2, 2), 0),
        ("[2, 4]", "maxpool1d: {kernel: 2, stride: 3, padding: 1, ceil: true}", (2, 2), 0),  # a third window would start in the padding
        ("[2, 112, 112]", "maxpool2d: {kernel: 3, stride: 2, padding: 1}", (2, 56, 56), 0),
        ("[2, 7, 8]", "avgpool2d: [3, 2]", (2, 2, 4), 0),
        ("[2, 4, 6, 5]", "avgpool3d: 2", (2, 2, 3, 2), 0),
        ("[2, 4, 6, 5]", "maxpool3d: {kernel: [1, 2, 3], stride: 1}", (2, 4, 5, 3), 0),
        ("[2, 4, 6]", "globalavgpool", (2,), 0),
        ("[2, 4, 6]", "mean", (2, 4), 0),
        ("[2, 4, 6]", "mean: 0", (4, 6), 0),
        ("[2, 4, 6]", "flatten", (48,), 0),
        ("[2, 4, 6]", "reshape: [8, -1, 3]", (8, 2, 3), 0),
        ("[2, 4, 6]", "{softmax: {axis: 1}}", (2, 4, 6), 0),
        ("[2, 4]", "{batchnorm: {eps: 1, affine: true}}", (2, 4), 4),
        ("[2, 4]", "batchnorm: 1", (2, 4), 0),
        ("[5, 2, 4]", "{layernorm: {eps: 1, affine: true}}", (5, 2, 4), 8),
        ("[5, 2, 4]", "{layernorm: {eps: 1, affine: true, axes: 2}}", (5, 2, 4), 16),
        ("[5, 2, 4]", "permute: [2, 0, 1]", (4, 5, 2), 0),
        ("[5, 2, 4]", "permute: [-1, 1, 0]", (4, 2, 5), 0),
        ("[5, 2, 4]", "transpose", (5, 4, 2), 0),
        ("[5, 2, 4]", "transpose: [0, -1]", (4, 2, 5), 0),
        ("[5, 8]", "attention: 2", (5, 8), 4 * (64 + 8)),
        ("[5, 8]", "attention: {heads: 2, bias: false, width: 6}", (5, 8), 4 * 48),
        ("[5, 8]", "attention: {heads: 4, kv_heads: 2, bias: false}", (5, 8), 2 * 64 + 2 * 32),
        ("[5, 8]", "{attention: {from: [[], [dense: 3]], heads: 2, bias: false}}", (5, 8), 2 * 64 + 2 * 24),
        ("[5, 8]", "attention: {heads: 2, bias: false, relative_bias: 1}", (5, 8), 4 * 64 + 2 * 9),
        ("[2, 4]", "{concat: [[], []]}", (4, 4), 0),
        ("[2, 4]", "{concat: {from: [[], []], axis: -1}}", (2, 8), 0),
        ("[2, 4]", "{matmul: {from: [[], []], transpose_right: true}}", (2, 2), 0),
        ("[2, 4]", "{matmul: {from: [[], []], transpose_left: true}}", (4, 4), 0),
        ("[5, 2, 4]", "{matmul: {from: [[], []], transpose_left: true}}", (5, 4, 4), 0),
        ("[2]", "{parameter: [3, 4]}", (3, 4), 12),
        ("[2]", "linear: {norm: 1, shape: [5]}", (5,), 0),
        ("[2]", "{bilinear: {from: [[], []], norm: 1, shape: [3, 3]}}", (3, 3), 0),
        ("[6]", "dense: in/2", (3,), 21),
        ("[6, 5, 5]", "conv2d: {channels: in/2, kernel: 1}", (3, 5, 5), 21),
        ("[5, 6]", "dense: in/2", (5, 3), 21),  # `in` of a dense layer is the axis that it acts on
    ],
)  # fmt: skip
def test_shapes(shape: str, step: str, expected: tuple[int, ...], parameters: int) -> None:
    layer = last(shape, step)
    assert layer.shape == expected
    assert layer.parameters == parameters


def test_symbolic_shapes() -> None:
    layer = last(
        "[c, h, w]",
        "conv2d: {channels: 2*c, kernel: 3, stride: 2, padding: 1}",
        "symbols: {c:, h: {integer: true}, w: 9}\n",
    )
    c, h, w = (next(s for axis in layer.shape for s in axis.free_symbols if s.name == name) for name in "chw")
    assert layer.shape == (2 * c, sympy.floor((h + 1) / 2), sympy.floor((w + 1) / 2))
    assert layer.parameters == 2 * c * c * 9 + 2 * c


def test_the_parameters_of_known_networks() -> None:
    """VGG-16 has 138,357,544 parameters, ResNet-50 25,557,032 and as many biases less as it has none in convolutions."""
    from pathlib import Path

    specs = Path(__file__).parents[2] / "specs"
    total = sum(layer.parameters for layer in expand(bc.load(specs / "vgg16.yaml")).layers)
    assert total == 138_357_544


@pytest.mark.parametrize(
    ("shape", "step", "message"),
    [
        ("[3, 4]", "conv1d: {channels: 2, kernel: 5}", "window of 5 does not fit into the axis of 4"),
        ("[3, 4]", "conv2d: {channels: 2, kernel: 2}", "'conv2d' reads an array of shape [channels, height, width], and its input has 2 axes"),
        ("[3, 4]", "conv1d: {channels: 2, kernel: [1, 2]}", "the kernel has 2 entries for 1 axes"),
        ("[3, 4]", "conv1d: {channels: 2, kernel: 0}", "the kernel must be a positive whole number, not 0"),
        ("[3, 4]", "conv1d: {channels: 3/2, kernel: 1}", "the number of channels must be a positive whole number, not 3/2"),
        ("[3, 4]", "conv1d: {channels: 2, kernel: 2, padding: -1}", "the padding must be a whole number of at least 0, not -1"),
        ("[3, 4]", "conv1d: {channels: 2, kernel: 2, padding: same, stride: 2}", "`padding: same` needs stride 1"),
        ("[3, 4]", "conv1d: {channels: 4, kernel: 2, groups: 2}", "3 input channels do not divide into 2 groups"),
        ("[4, 4]", "conv1d: {channels: 3, kernel: 2, groups: 2}", "3 channels do not divide into 2 groups"),
        ("[3, 4]", "maxpool1d: {kernel: 2, padding: 2}", "the padding is larger than half the kernel"),
        ("[3, 4]", "avgpool1d: {kernel: 2, padding: same}", "poolings have no `padding: same`"),
        ("[3]", "globalavgpool", "'globalavgpool' averages over all axes but the first"),
        ("[3, 4]", "mean: 2", "there is no axis 2 in an array of 2 axes"),
        ("[3, 4]", "reshape: [5, -1]", "12 entries do not fill the other axes"),
        ("[3, 4]", "reshape: [5, 2]", "have different numbers of entries"),
        ("[3, 4]", "reshape: [-1, -1]", "only one axis of a shape can be -1"),
        ("[3, 4]", "{add: [[], [flatten]]}", "the operands of 'add' have different shapes: [3, 4] and [12]"),
        ("[3, 4]", "{concat: [[], [dense: 2]]}", "the operands of 'concat' differ outside axis 0: [3, 4] and [3, 2]"),
        ("[3, 4]", "{concat: {from: [[], []], axis: 2}}", "there is no axis 2"),
        ("[3, 4]", "{matmul: [[], []]}", "'matmul' cannot multiply [3, 4] by [3, 4]"),
        ("[3]", "{matmul: [[], []]}", "'matmul' multiplies the last two axes of [3] and [3]"),
        ("[3, 4]", "{matmul: [[]]}", "'matmul' takes two operands, not 1"),
        ("[3]", "{bilinear: {from: [[], [], []], norm: 1}}", "'bilinear' takes two operands, not 3"),
        ("[3]", "dropout: 1", "dropout needs 0 <= p < 1, not 1"),
        ("[3]", "dropout: -1/2", "the probability p must not be negative: -1/2"),
        ("[3]", "{hardtanh: {min_val: 2}}", "hardtanh"),
        ("[3]", "{softplus: 0}", "beta must be positive, not 0"),
        ("[3, 4]", "layernorm: {eps: 1, axes: 3}", "'layernorm' cannot normalise the last 3 axes of an array of 2"),
        ("[3, 4]", "layernorm: {eps: 1, axes: 0}", "'layernorm' cannot normalise the last 0 axes"),
        ("[3, 4]", "permute: [0, 0]", "'permute' needs each of the 2 axes of its input once, and has [0, 0]"),
        ("[3, 4]", "permute: [1]", "'permute' needs each of the 2 axes"),
        ("[3, 4]", "permute: [0, 2]", "there is no axis 2 in an array of 2 axes"),
        ("[3]", "transpose", "there is no axis -2 in an array of 1 axes"),
        ("[3, 4]", "transpose: [0]", "'transpose' exchanges two axes, not 1"),
        ("[3, 4]", "attention: 3", "3 heads do not divide the width 4"),
        ("[3, 4]", "attention: {heads: 2, width: 5}", "2 heads do not divide the width 5"),
        ("[3, 4]", "attention: {heads: 4, kv_heads: 3}", "3 heads of keys and values do not divide 4 heads"),
        ("[3, 4]", "attention: {heads: 4, rotary: true}", "rotary embeddings turn pairs of features, and a head has 1"),
        ("[3, 4]", "attention: {heads: 2, dropout: 1}", "dropout needs 0 <= p < 1, not 1"),
        ("[4]", "attention: 2", "'attention' reads arrays of shape [positions, features], not [4]"),
        ("[3, 4]", "{attention: {from: [[], [flatten]], heads: 2}}", "'attention' reads arrays of shape [positions, features], not [12]"),
        ("[3, 4]", "{attention: {from: [[], [{reshape: [1, 3, 4]}]], heads: 2}}", "differ in axes before the positions"),
        ("[3, 4]", "{attention: {from: [[], [], []], heads: 2}}", "one array for the queries, one for keys and values, not 3"),
        ("[3]", "{batchnorm: -1}", "eps must not be negative: -1"),
        ("[3]", "{map: {lipschitz: -1}}", "'lipschitz' must not be negative: -1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_where_it_stands(shape: str, step: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        last(shape, step)
    (mistake,) = caught.value.mistakes
    assert message in mistake.message
    assert mistake.place.line == 3
