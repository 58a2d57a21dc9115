"""Activations, softmax and dropout: maps that keep the shape."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Map
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.gains import dropout_norm
from boundcalc.catalogue.index import ACTIVATIONS, SOFTMAX
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.published import Published
from boundcalc.exact.expression import Expression
from boundcalc.graph.layer_graph import Layer, size
from boundcalc.graph.layers.axes import axis_of
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import COMMON_FIELDS, Dropout, Gelu, Softmax, StepFields


def infer_activation(request: Request) -> Inference:
    """The fields of an activation are the parameters of its catalogue entry, by name."""
    fields = request.fields(StepFields)
    name = request.kind
    if isinstance(fields, Gelu) and fields.approximate == "tanh":
        name = "gelu_tanh"
    own = {key: value for key, value in fields if key not in COMMON_FIELDS and isinstance(value, Expression)}
    values = {key: request.term(value) for key, value in own.items()}
    (shape,) = request.shapes
    try:
        entry = ACTIVATIONS[name].instantiate(request.pinned, entries=request.batch * size(shape), **values)
    except ValueError as error:
        raise request.error(str(error)) from None
    known = {key: request.known(value) for key, value in values.items()}
    try:
        ACTIVATIONS[name].instantiate(entries=request.batch * size(shape), **known)
    except ValueError as error:
        raise request.error(str(error)) from None
    return Inference(shape, settings={**values, "entry": entry})


def lower_activation(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(layer, inputs[0], cast(Nonlinearity, layer.settings["entry"]), lowering)


def lower_square(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """z * z entrywise: the rule of the bilinear map gives norm s m, l = 2 s l, L = 2 s L + 2 l^2."""
    lowering.published(layer)
    entry = cast(Nonlinearity, layer.settings["entry"])
    lowering.own(layer, lipschitz=entry.lipschitz.value, smoothness=entry.smoothness.value)
    return lowering.emit(Bilinear(inputs[0], inputs[0], sympy.S.One, entrywise=True))


def lower_map(layer: Layer, of: int, entry: Nonlinearity, lowering: Lowering) -> int:
    published = lowering.published(layer)
    if published is not None:
        entry = published_map(entry, published)
    lowering.assume(entry.assumed, layer)
    lowering.own(layer, lipschitz=entry.lipschitz.value, smoothness=entry.smoothness.value)
    return lowering.emit(Map(of, entry))


def published_map(entry: Nonlinearity, constants: Published) -> Nonlinearity:
    """The entry with the paper's constants in place of ours; the image of zero is a fact, not a constant of the paper."""

    def fact(ours: Fact, value: sympy.Expr | None) -> Fact:
        return Fact(value, constants.source, reason="" if value is not None else constants.reason or ours.reason)

    return replace(
        entry,
        lipschitz=fact(entry.lipschitz, constants.lipschitz),
        smoothness=fact(entry.smoothness, constants.smoothness),
        norm=entry.norm if constants.norm is None else Fact(constants.norm, constants.source),
        sup=None if constants.norm is not None else entry.sup,
        derivative_at_zero=None,
    )


def infer_softmax(request: Request) -> Inference:
    fields = request.fields(Softmax)
    (shape,) = request.shapes
    axis = axis_of(request, len(shape), -1 if fields.axis is None else request.integer(fields.axis, "the axis"))
    rows = request.batch * size((*shape[:axis], *shape[axis + 1 :]))
    entry = SOFTMAX.instantiate(rows=rows, classes=shape[axis])
    return Inference(shape, settings={"entry": entry, "axis": axis})


def infer_dropout(request: Request) -> Inference:
    fields = request.fields(Dropout)
    (shape,) = request.shapes
    if fields.mode == "eval":
        return Inference(shape, settings={"norm": sympy.S.One})
    p = request.constant(fields.p, "the probability p")
    try:
        dropout_norm(request.known(p))
        norm = dropout_norm(p)
    except ValueError as error:
        raise request.error(str(error), place=fields.p.place) from None
    request.assume(sympy.Lt(p, 1))
    return Inference(shape, settings={"norm": norm})


def lower_dropout(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.published(layer)
    norm = cast(sympy.Expr, layer.settings["norm"])
    lowering.own(layer, operator_norm=norm)
    return lowering.emit(Linear(inputs[0], norm))


ACTIVATION = LayerRule(infer_activation, lower_activation)
SQUARE = LayerRule(infer_activation, lower_square)
SOFT_MAXIMUM = LayerRule(infer_softmax, lower_activation)
DROPOUT = LayerRule(infer_dropout, lower_dropout)
