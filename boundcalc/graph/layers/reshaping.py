"""Layers that move entries without changing them."""

from __future__ import annotations

import sympy

from boundcalc.graph.layer_graph import Layer, show_shape, size
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import Reshape


def infer_flatten(request: Request) -> Inference:
    (shape,) = request.shapes
    return Inference((size(shape),))


def infer_reshape(request: Request) -> Inference:
    """A new shape with as many entries; one axis may be -1."""
    fields = request.fields(Reshape)
    (shape,) = request.shapes
    free = [i for i, axis in enumerate(fields.shape) if request.term(axis) == -1]
    if len(free) > 1:
        raise request.error("only one axis of a shape can be -1", place=fields.shape[free[1]].place)
    axes = [sympy.S.One if i in free else request.size(axis, "an axis") for i, axis in enumerate(fields.shape)]
    if free:
        filled = sympy.Mul(*axes)
        axes[free[0]] = size(shape) / filled
        if not request.divides(size(shape), filled):
            raise request.error(f"{request.known(size(shape))} entries do not fill the other axes of the new shape")
    elif not request.same(size(shape), size(tuple(axes))):
        raise request.error(f"{show_shape(shape)} and {show_shape(tuple(axes))} have different numbers of entries")
    return Inference(tuple(axes))


def infer_same(request: Request) -> Inference:
    return Inference(request.shapes[0])


def lower_identity(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0]


FLATTEN = LayerRule(infer_flatten, lower_identity)
RESHAPE = LayerRule(infer_reshape, lower_identity)
IDENTITY = LayerRule(infer_same, lower_identity)
