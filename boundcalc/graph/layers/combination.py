"""Layers of several operands."""

from __future__ import annotations

from typing import cast

import sympy

from boundcalc.calculus.primitives import Bilinear, Concat, Sum
from boundcalc.graph.layer_graph import Layer, Shape, show_shape
from boundcalc.graph.layers.axes import axis_of
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import Concat as ConcatFields
from boundcalc.language.structure import MatMul


def _equal(request: Request, left: Shape, right: Shape) -> bool:
    return len(left) == len(right) and all(request.same(a, b) for a, b in zip(left, right, strict=True))


def infer_equal(request: Request) -> Inference:
    first, *others = request.shapes
    for shape in others:
        if not _equal(request, first, shape):
            found = f"{show_shape(first)} and {show_shape(shape)}"
            raise request.error(f"the operands of '{request.kind}' have different shapes: {found}")
    return Inference(first)


def lower_add(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0] if len(inputs) == 1 else lowering.emit(Sum(inputs))


def lower_multiply(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """||f g|| <= max|f| ||g||, one factor after another."""
    lowering.published(layer)
    product = inputs[0]
    for factor in inputs[1:]:
        product = lowering.emit(Bilinear(product, factor, sympy.S.One, entrywise=True))
    return product


def infer_concat(request: Request) -> Inference:
    fields = request.fields(ConcatFields)
    first, *others = request.shapes
    if not first:
        raise request.error("'concat' joins along an axis, and its first operand has none")
    axis = axis_of(request, len(first), 0 if fields.axis is None else request.integer(fields.axis, "the axis"))
    for shape in others:
        rest = (*shape[:axis], *shape[axis + 1 :])
        if len(shape) != len(first) or not _equal(request, (*first[:axis], *first[axis + 1 :]), rest):
            found = f"{show_shape(first)} and {show_shape(shape)}"
            raise request.error(f"the operands of 'concat' differ outside axis {axis}: {found}")
    joined = sympy.Add(*(shape[axis] for shape in request.shapes))
    return Inference((*first[:axis], joined, *first[axis + 1 :]))


def lower_concat(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0] if len(inputs) == 1 else lowering.emit(Concat(inputs))


def infer_matmul(request: Request) -> Inference:
    fields = request.fields(MatMul)
    if len(request.shapes) != 2:
        raise request.error(f"'matmul' takes two operands, not {len(request.shapes)}")
    left, right = request.shapes
    if len(left) < 2 or len(right) < 2:
        raise request.error(f"'matmul' multiplies the last two axes of {show_shape(left)} and {show_shape(right)}")
    transposed = request.flag(fields.transpose_left)
    if transposed:
        left = (*left[:-2], left[-1], left[-2])
    if request.flag(fields.transpose_right):
        right = (*right[:-2], right[-1], right[-2])
    if not _equal(request, left[:-2], right[:-2]) or not request.same(left[-1], right[-2]):
        raise request.error(f"'matmul' cannot multiply {show_shape(left)} by {show_shape(right)}")
    return Inference((*left[:-1], right[-1]), settings={"rows": left[-2], "transposed": transposed})


def lower_matmul(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """||P Z|| <= ||P|| ||Z||. For a row-stochastic P of N rows, ||P||^2 <= (largest column sum)(largest row sum) <= N
    (Schur): sqrt(N) however many columns; a softmax over the last axis is one."""
    lowering.published(layer)
    left = lowering.source(layer.inputs[0])
    stochastic = left.kind == "softmax" and left.settings["axis"] == len(left.shape) - 1
    rows = cast(sympy.Expr, layer.settings["rows"])
    if layer.settings["transposed"]:
        rows = left.shape[-2]  # the transpose has the same norm
    return lowering.emit(
        Bilinear(inputs[0], inputs[1], sympy.S.One, left_norm=sympy.sqrt(rows) if stochastic else None)
    )


ADD = LayerRule(infer_equal, lower_add, operands=None)
MULTIPLY = LayerRule(infer_equal, lower_multiply, operands=None)
CONCAT = LayerRule(infer_concat, lower_concat, operands=None)
MATMUL = LayerRule(infer_matmul, lower_matmul, channels=-1, operands=None)
