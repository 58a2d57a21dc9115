"""Losses. Labels are fixed: 1 of margins, 0 of residuals, the first class of scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.families.family import Family
from reference.layers import Array

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network

Scalar = Callable[[Array, Mapping[str, float]], Array]


def _entries(scalar: Scalar) -> Callable[[Network, Layer, list[Array], Array], Array]:
    """A function of one entry and its parameters, summed over the entries of each sample."""

    def computes(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
        given = {name: net.number(value) for name, value in layer.placed.facts.parameters.items()}
        z = inputs[0] if len(inputs) == 1 else inputs[0] - inputs[1]
        each = scalar(z, given).reshape(*z.shape[:2], -1).sum(axis=2)
        return each.sum(axis=1) if layer.placed.facts.reduction == "sum" else each.mean(axis=1)

    return computes


def _binary_logistic(z: Array, _: Mapping[str, float]) -> Array:
    away = np.where(z.real > 0, -z, z)
    return np.log1p(np.exp(away)) - np.where(z.real > 0, 0, z)


def _smoothed_hinge(z: Array, given: Mapping[str, float]) -> Array:
    """The minimum over t of max(0, 1 - t) + (z - t)^2/(2 width)."""
    width, short = given["width"], 1 - z
    return np.where(short.real <= 0, 0, np.where(short.real >= width, short - width / 2, short * short / (2 * width)))


def _huber(z: Array, given: Mapping[str, float]) -> Array:
    delta, size = given["delta"], np.where(z.real < 0, -z, z)
    return np.where(size.real < delta, z * z / 2, delta * (size - delta / 2))


def _pseudo_huber(z: Array, given: Mapping[str, float]) -> Array:
    delta = given["delta"]
    return delta * np.sqrt(delta**2 + z * z) - delta**2


def _kl(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    t = net.number(facts.temperature)
    z = inputs[0] / t
    each = t**2 * np.log(np.exp(z - z[..., :1]).sum(axis=-1))
    return each.sum(axis=1) if facts.reduction == "sum" else each.mean(axis=1)


_VECTOR = "batch: 2\nradius: 1\ninput: {shape: [3], norm: {sample: 1}}\nlayers: [dense: 3, tanh, "
_TWO = "{dense: {units: 3, name: a}}]\nloss: "
_INPUT: dict[str, Any] = {"wrt": ("input",)}
_FAR = "batch: 2\ninput: {shape: [2], norm: {entry: 20}}\nlayers: [identity]\nloss: "
_NEAR = _FAR.replace("20", "1/100")
_MARGINS = ("binary_logistic", "hinge", "squared_hinge", "smoothed_hinge")
_RESIDUALS = ("huber", "pseudo_huber", "log_cosh")
_LOSSES = (
    *(
        loss
        for name in (*_MARGINS, *_RESIDUALS, "kl")
        for loss in (f"{{{name}: {{reduction: {r}}}}}" for r in ("mean", "sum"))
    ),
    *("{smoothed_hinge: 1/2}", "{huber: 1/4}", "{pseudo_huber: 2}", "{kl: 3}"),
    *(
        "{logistic: {label_smoothing: 1/10, temperature: 2, soft: false, reduction: mean}}",
        "{logistic: {soft: true, reduction: sum}}",
    ),
    *(
        "{squared: {labels: 1, reduction: sum}}",
        "{squared: {labels: 1, reduction: mean}}",
        "{squared: {from: [a, input], reduction: sum}}",
    ),
    *(f"{{{name}: {{from: [a, input]}}}}" for name in _RESIDUALS),
)
_SPECS = {f"loss {loss}".replace(":", "").replace(",", " and"): _VECTOR + _TWO + loss + "\n" for loss in _LOSSES}
FAMILY = Family(
    computes={
        "binary_logistic": _entries(_binary_logistic),
        "hinge": _entries(lambda z, _: np.where(z.real < 1, 1 - z, 0)),
        "squared_hinge": _entries(lambda z, _: np.where(z.real < 1, (1 - z) * (1 - z) / 2, 0)),
        "smoothed_hinge": _entries(_smoothed_hinge),
        "huber": _entries(_huber),
        "pseudo_huber": _entries(_pseudo_huber),
        "log_cosh": _entries(lambda z, _: np.log(np.cosh(z))),
        "kl": _kl,
    },
    networks=_SPECS,
    instances=_SPECS,
    cases={
        **{
            (name, "Average.lipschitz"): (("", _FAR + name, _INPUT),)
            for name in ("binary_logistic", "hinge", "smoothed_hinge")
        },
        **{(name, "Average.lipschitz"): (("", _FAR + name, _INPUT),) for name in _RESIDUALS},
        **{
            (name, "Average.smoothness"): (("", _FAR + name, _INPUT),)
            for name in (*_MARGINS, *_RESIDUALS)
            if name != "hinge"
        },
        **{
            (name, "Average.third"): (("", _FAR + name, {**_INPUT, "third_order": True}),)
            for name in ("binary_logistic", "pseudo_huber", "log_cosh", "kl")
        },
        ("squared_hinge", "Average.derivative_at_zero"): (("", _NEAR + "squared_hinge", _INPUT),),
        **{
            (name, "Linear.norm"): (("", _FAR + f"{{{name}: {{reduction: sum}}}}", _INPUT),)
            for name in (*_MARGINS, *_RESIDUALS, "kl", "logistic")
        },
        ("squared", "Linear.norm"): (("", _FAR + "{squared: {labels: 1, reduction: sum}}", _INPUT),),
        ("kl", "Average.lipschitz"): (("", _FAR + "kl", _INPUT), ("two", _FAR.replace("20", "80") + "{kl: 2}", _INPUT)),
        ("kl", "Average.smoothness"): (("", _FAR + "kl", _INPUT), ("two", _FAR + "{kl: 2}", _INPUT)),
    },
    silent={(name, "Average.at_zero"): _FAR.replace("20", "1") + name for name in (*_MARGINS, "kl")},
)
