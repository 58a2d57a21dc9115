"""Batch-norm in both forms, and the learned gain and shift that may follow."""

from __future__ import annotations

from typing import cast

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Map, Sum
from boundcalc.catalogue import gains
from boundcalc.catalogue.index import NORMALISATIONS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.layer_graph import Layer, Shape, size
from boundcalc.graph.layers.elementwise import published_map
from boundcalc.graph.layers.known import unknown_map
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import BatchNorm


def infer_batchnorm(request: Request) -> Inference:
    """M = batch x positions entries for each channel (frameworks), M = batch with `positions: false`: then every
    position is a channel of its own."""
    fields = request.fields(BatchNorm)
    (shape,) = request.shapes
    if not shape:
        raise request.error("'batchnorm' normalises the channels (first axis), and its input has no axes")
    eps = request.constant(fields.eps, "eps")
    positions = size(shape[1:])
    pooled = request.flag(fields.positions)
    count = request.batch * positions if pooled else request.batch
    channels = shape[0] if pooled else size(shape)
    arrays: dict[str, Shape] = {}
    if request.flag(fields.affine):
        arrays = {"weight": (shape[0],), "bias": (shape[0],)}
    settings: dict[str, object] = {"positions": positions, "eps": eps, "form": fields.form}
    if request.known(eps) == 0:
        settings["infinite"] = (
            "batchnorm with eps = 0 is not Lipschitz continuous: it is undefined where the variance is 0"
        )
    else:
        settings["entry"] = NORMALISATIONS["batchnorm", fields.form].instantiate(
            eps=eps, count=count, channels=channels
        )
    return Inference(shape, arrays, settings, frozenset({"weight"} if arrays else ()))


def lower_batchnorm(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    published = lowering.published(layer)
    if "infinite" in layer.settings:
        reason = str(layer.settings["infinite"])
        normalised = lowering.emit(Map(inputs[0], unknown_map("batchnorm", reason), reason))
        lowering.own(layer, lipschitz=None, smoothness=None)
    else:
        entry = cast(Nonlinearity, layer.settings["entry"])
        if published is not None:
            entry = published_map(entry, published)
        lowering.assume(entry.assumed, layer)
        lowering.own(layer, lipschitz=entry.lipschitz.value, smoothness=entry.smoothness.value)
        normalised = lowering.emit(Map(inputs[0], entry))
    return lower_gain(layer, normalised, lowering) if layer.arrays else normalised


def lower_gain(layer: Layer, of: int, lowering: Lowering) -> int:
    """g z + h with (g, h) = (1, 0) + u: the identity plus a map bilinear in (u, z) of norm 1, coefficient of u
    sqrt(m^2 + n positions). With a centre of its own, (g, h) is a parameter of norm centre + radius."""
    weight = next(array for array in layer.arrays if array.name == "weight")
    bias = next(array for array in layer.arrays if array.name == "bias")
    copies = gains.repeat_norm(lowering.batch * cast(sympy.Expr, layer.settings["positions"]))
    joint = weight.joint(bias)
    constant = copies if joint else sympy.S.Zero
    terms = [lowering.emit(Bilinear(lowering.array(weight), of, gains.GAIN_NORM, constant))]
    if not joint:
        terms.append(lowering.emit(Linear(lowering.array(bias), copies)))
    if weight.at_one:
        terms.insert(0, of)
    return terms[0] if len(terms) == 1 else lowering.emit(Sum(tuple(terms)))


BATCHNORM = LayerRule(infer_batchnorm, lower_batchnorm)
