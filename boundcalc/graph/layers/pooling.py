"""Poolings: averages are linear, maxima Lipschitz."""

from __future__ import annotations

from typing import cast

import sympy

from boundcalc.calculus.primitives import Linear, Map
from boundcalc.catalogue import convolutions, gains, poolings
from boundcalc.exact.intervals import at_least
from boundcalc.graph.layer_graph import Layer, size
from boundcalc.graph.layers.axes import axis_of, check_rank, is_same, per_axis, window_count
from boundcalc.graph.layers.elementwise import published_map
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import Mean, Pooling


def infer_pooling(request: Request) -> Inference:
    fields = request.fields(Pooling)
    (shape,) = request.shapes
    axes = int(request.kind[7])
    check_rank(request, shape, axes)
    kernel = per_axis(request, fields.kernel, axes, "the kernel")
    stride = kernel if fields.stride is None else per_axis(request, fields.stride, axes, "the stride")
    if is_same(request, fields.padding):
        raise request.error("poolings have no `padding: same`", "give the padding as a number")
    padding = per_axis(request, fields.padding, axes, "the padding", default=0, least=0)
    for k, p in zip(kernel, padding, strict=True):
        if not request.fits(at_least(k, 2 * p)):
            raise request.error("the padding is larger than half the kernel: a window could hold no entry at all")
    ceil = request.flag(fields.ceil)
    outputs = tuple(
        window_count(request, n, k, s, p, ceil) for n, k, s, p in zip(shape[1:], kernel, stride, padding, strict=True)
    )
    touches = tuple(convolutions.touches(o, k, s, sympy.S.One) for o, k, s in zip(outputs, kernel, stride, strict=True))
    divisors = kernel
    if ceil:  # a last window that leaves the padded input is divided by its clipped size (as torch does)
        divisors = tuple(
            sympy.Min(k, n + 2 * p - (o - 1) * s)
            for n, k, s, p, o in zip(shape[1:], kernel, stride, padding, outputs, strict=True)
        )
    return Inference((shape[0], *outputs), settings={"touches": touches, "divisors": divisors})


def lower_average(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    published = lowering.published(layer)
    if published is not None:
        assert published.lipschitz is not None
        norm = published.lipschitz
    else:
        touches = cast(tuple[sympy.Expr, ...], layer.settings["touches"])
        norm = poolings.average_pool_norm(touches, cast(tuple[sympy.Expr, ...], layer.settings["divisors"]))
    lowering.own(layer, operator_norm=norm)
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True))


def lower_maximum(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    entry = poolings.max_pool(cast(tuple[sympy.Expr, ...], layer.settings["touches"]))
    published = lowering.published(layer)
    if published is not None:
        entry = published_map(entry, published)
    lowering.own(layer, lipschitz=entry.lipschitz.value, smoothness=entry.smoothness.value)
    return lowering.emit(Map(inputs[0], entry))


def infer_global_average(request: Request) -> Inference:
    (shape,) = request.shapes
    if len(shape) < 2:
        raise request.error("'globalavgpool' averages over all axes but the first, and its input has no others")
    return Inference(shape[:1], settings={"norm": poolings.global_average_norm(size(shape[1:]))})


def infer_mean(request: Request) -> Inference:
    fields = request.fields(Mean)
    (shape,) = request.shapes
    if not shape:
        raise request.error("'mean' averages over an axis, and its input has none")
    axis = axis_of(request, len(shape), -1 if fields.axis is None else request.integer(fields.axis, "the axis"))
    return Inference((*shape[:axis], *shape[axis + 1 :]), settings={"norm": 1 / gains.repeat_norm(shape[axis])})


def lower_mean(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.published(layer)
    norm = cast(sympy.Expr, layer.settings["norm"])
    lowering.own(layer, operator_norm=norm)
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True))


AVERAGE = LayerRule(infer_pooling, lower_average)
MAXIMUM = LayerRule(infer_pooling, lower_maximum)
GLOBAL_AVERAGE = LayerRule(infer_global_average, lower_mean)
MEAN = LayerRule(infer_mean, lower_mean)
