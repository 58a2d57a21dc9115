"""The feature axis of every kind of node."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.graph import features
from boundcalc.graph.expand import expand
from boundcalc.graph.kind import Operand


def axes(text: str, unroll: bool = False) -> dict[str, int | None]:
    """Of every node, by path."""
    graph = expand(bc.loads(text), unroll=unroll)
    assert all((node.features is None) == (not node.shape) for node in graph)
    assert all(node.features is None or 0 <= node.features < len(node.shape) for node in graph)
    return {node.path: node.features for node in graph}


def last(shape: str, layers: str, more: str = "") -> int | None:
    return list(axes(f"input: {{shape: {shape}, norm: 1{more}}}\nradius: 1\nlayers: [{layers}]").values())[-1]


IMAGE, ROWS = "[3, 8, 8]", "[6, 4]"
CASES: dict[str, tuple[str, str, int | None]] = {
    "convolution": (IMAGE, "conv2d: {channels: 2, kernel: 3}", 0),
    "convolution of rows": ("[4, 6]", "conv1d: {channels: 2, kernel: 3}", 0),
    "pooling": ("[4, 6]", "maxpool1d: 2", 0),
    "average pooling": (IMAGE, "avgpool2d: 2", 0),
    "global average pooling": (IMAGE, "globalavgpool", 0),
    "batch-norm of rows": (ROWS, "batchnorm: {eps: 1}", 0),
    "dense": (ROWS, "dense: 5", 1),
    "dense on an image": (IMAGE, "dense: 5", 2),
    "an activation after a convolution of rows": ("[4, 6]", "{conv1d: {channels: 2, kernel: 3}}, tanh", 0),
    "softmax after dense on an image": (IMAGE, "{dense: 5}, {softmax: 0}", 2),
    "a residual": ("[4, 6]", "{conv1d: {channels: 2, kernel: 1}}, {residual: [dense: 6]}", 0),
    "concat": ("[4, 6]", "concat: [[{conv1d: {channels: 2, kernel: 1}}], []]", 0),
    "flatten": (IMAGE, "flatten", 0),
    "mean before the features": (ROWS, "{dense: 5}, {mean: 0}", 0),
    "mean after the features": (IMAGE, "{conv2d: {channels: 2, kernel: 3}}, {mean: 1}", 0),
    "mean of the features": (IMAGE, "{dense: 5}, {mean: 2}", 1),
    "mean of all": ("[4]", "mean", None),
    "matmul": (ROWS, "matmul: {from: [[], []], transpose_right: true}", 1),
    "matmul of a transposed": ("[4, 6]", "matmul: {from: [[{batchnorm: {eps: 1}}], []], transpose_left: true}", 1),
    "linear with a shape": (ROWS, "linear: {norm: 1, shape: [2, 3, 4]}", 0),
    "linear of the same number of axes": (IMAGE, "{dense: 2}, {linear: {norm: 1, shape: [2, 3, 4]}}", 2),
    "a parameter": (ROWS, "parameter: [7, 2]", 1),
    "a loss": ("[4]", "dense: 3\nloss: logistic", None),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CASES if name != "a loss"])
def test_of_layers(name: str) -> None:
    shape, layers, expected = CASES[name]
    assert last(shape, layers) == expected


def test_of_a_loss() -> None:
    text = "input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3]\nloss: logistic"
    assert axes(text) == {"input": 0, "dense_0": 0, "loss": None}


@pytest.mark.parametrize(
    ("shape", "more", "expected"),
    [
        ("[]", "", None),
        ("[5]", "", 0),
        (ROWS, "", 1),
        (IMAGE, "", 0),
        (ROWS, ", features: first", 0),
        (IMAGE, ", features: last", 2),
        ("[2, 3, 4, 5]", "", 0),
    ],
)
def test_of_inputs(shape: str, more: str, expected: int | None) -> None:
    assert last(shape, "tanh", more) == expected


@pytest.mark.parametrize(
    ("before", "at", "after", "expected"),
    [
        ((3, 8, 8), 0, (3, 64), 0),
        ((3, 8, 8), 0, (192,), 0),
        ((8, 8, 3), 2, (64, 3), 1),
        ((6, 8), 1, (6, 2, 4), 2),  # into heads: the last of two
        ((6, 2, 4), 2, (6, 8), 1),
        ((192,), 0, (3, 8, 8), 0),  # into an image: the first of three
        ((6, 8), 1, (2, 3, 8), 2),
        ((6, 8), 1, (8, 6), 1),
        ((8,), 0, (1, 8), 1),
        ((8,), 0, (8, 1), 0),
        ((1, 8), 1, (8,), 0),
        ((6, 1), 1, (6, 1), 1),
        ((6, 1), 1, (6,), 0),
        ((2, 3, 4), 1, (2, 12), 1),
        ((1,), 0, (), None),
        ((), None, (1,), None),
    ],
)
def test_of_what_is_reshaped(
    before: tuple[int, ...], at: int | None, after: tuple[int, ...], expected: int | None
) -> None:
    given, wanted = ([sympy.Integer(axis) for axis in shape] for shape in (before, after))
    assert features.reshaped(at, given, wanted) == expected


def test_of_what_is_reshaped_with_symbols() -> None:
    text = "symbols: {d: 8, T: {integer: true}}\ninput: {shape: [T, d], norm: 1}\nlayers: [reshape: [T, 2, d/2], reshape: [T, 8]]"
    assert axes(text) == {"input": 1, "reshape_0": 2, "reshape_1": 1}


SCAN = """symbols: {k: {value: 3, integer: true}}
radius: 1
input: {shape: [k, 4, 6], norm: 1, features: FEATURES}
layers:
  - repeat:
      times: TIMES
      carry: {h: {shape: [4, 6], next: new}}
      each: {x: input}
      collect: true
      layers: [{add: {from: [x, h], name: joint}}, {conv1d: {channels: 4, kernel: 1, name: new}}]
"""


@pytest.mark.parametrize("times", ["k", "3"])
def test_of_scans(times: str) -> None:
    """A slice loses the first axis, what is collected gets a new one; a state is carried as it starts and is left as it ends."""
    for end, sliced in (("last", 1), ("first", 1)):  # without its features, a slice is rows
        found = axes(SCAN.replace("TIMES", times).replace("FEATURES", end))
        copy = "*" if times == "k" else "0"
        assert found[f"repeat_0.{copy}.x@slice"] == found[f"repeat_0.{copy}.joint"] == sliced
        assert found["repeat_0.h@start"] == 1
        assert found[f"repeat_0.{copy}.new"] == 0
        assert list(found.values())[-1] == 1  # [k, 4, 6], from [4, 6] with 0
    if times == "k":
        assert found["repeat_0.h@after"] == 0
        assert found["repeat_0.@collected@after"] == 1


def test_a_slice_keeps_the_features_behind_the_axis_that_it_loses() -> None:
    assert features.without(2, 0, 3) == 1
    assert features.without(0, 2, 3) == 0
    assert features.without(None, 0, 1) is None
    assert features.with_new(None, 0) == 0
    assert features.with_new(1, 0) == 2


def test_of_what_a_layer_says() -> None:
    operands = [Operand((sympy.S.One, sympy.S.One), features=0)]
    assert features.of_output(2, None, operands) == 0
    assert features.of_output(3, None, operands) == 0
    assert features.of_output(1, None, operands) == 0
    assert features.of_output(2, features.LAST, operands) == 1
    assert features.of_output(0, features.LAST, operands) is None
    for wrong in (2, -3):
        with pytest.raises(ValueError, match=f"no feature axis {wrong} in an array of 2 axes"):
            features.of_output(2, wrong, operands)
