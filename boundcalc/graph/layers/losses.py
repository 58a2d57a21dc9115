"""Losses: maps of the output, averaged over the batch."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy

from boundcalc.calculus.primitives import Map, Sum
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.index import LOSSES
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.layer_graph import Layer, show_shape
from boundcalc.graph.layers.elementwise import lower_map
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import Squared


def infer_logistic(request: Request) -> Inference:
    """Log-sum-exp over the last axis minus the label's score; one label for each row."""
    (shape,) = request.shapes
    if len(shape) != 1:
        remedy = f"flatten or average it to [classes] first; the input has shape {show_shape(shape)}"
        raise request.error("'logistic' reads one row of scores for each sample", remedy)
    entry = LOSSES["logistic"].instantiate(batch=request.batch, classes=shape[0])
    return Inference((), settings={"entry": entry})


def lower_logistic(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(layer, inputs[0], cast(Nonlinearity, layer.settings["entry"]), lowering)


def infer_squared(request: Request) -> Inference:
    fields = request.fields(Squared)
    if len(request.shapes) > 2:
        raise request.error(f"'squared' compares two operands, not {len(request.shapes)}")
    if len(request.shapes) == 2:
        left, right = request.shapes
        if len(left) != len(right) or not all(request.same(a, b) for a, b in zip(left, right, strict=True)):
            raise request.error(f"'squared' compares {show_shape(left)} with {show_shape(right)}")
        if fields.labels is not None:
            raise request.error("'squared' has two operands and labels as well", "leave one of them out")
        return Inference((), settings={"labels": sympy.S.Zero})
    if fields.labels is None:
        remedy = "labels: E bounds their Euclidean norm over the batch, or squared: {from: [output, target]}"
        raise request.error("'squared' needs the norm of the labels", remedy)
    return Inference((), settings={"labels": request.constant(fields.labels, "'labels'")})


def lower_squared(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Its gradient (z - y)/n grows with z: l = |gradient at 0| + L m, on ||z|| <= m."""
    lowering.published(layer)
    labels = cast(sympy.Expr, layer.settings["labels"])
    entry = LOSSES["squared"].instantiate(batch=lowering.batch, labels=labels, norm=sympy.S.Zero)
    reason = "the gradient of a squared loss grows with its argument"
    entry = replace(
        entry,
        lipschitz=Fact(None, entry.lipschitz.source, reason=reason),
        norm=None,
        derivative_at_zero=labels / lowering.batch,
    )
    lowering.own(layer, lipschitz=None, smoothness=entry.smoothness.value)
    of = inputs[0] if len(inputs) == 1 else lowering.emit(Sum(inputs))
    return lowering.emit(Map(of, entry))


LOGISTIC = LayerRule(infer_logistic, lower_logistic)
SQUARED = LayerRule(infer_squared, lower_squared, operands=None)
