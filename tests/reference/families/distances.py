"""Losses of pairs, triples and whole batches. The first sample is an unlike pair, the second a like one, and so on in turn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.families.family import Family
from reference.layers import Array

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network


def _of_samples(
    each: Callable[[Network, Any, list[Array]], Array],
) -> Callable[[Network, Layer, list[Array], Array], Array]:
    """A number for each sample, averaged or added up."""

    def computes(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
        found = each(net, layer.placed.facts, inputs)
        return found.sum(axis=1) if layer.placed.facts.reduction == "sum" else found.mean(axis=1)

    return computes


def _of_all(whole: Callable[[Network, Any, Array], Array]) -> Callable[[Network, Layer, list[Array], Array], Array]:
    """A number for all samples, of points of shape (copies, samples, entries)."""

    def computes(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
        points = inputs[0].reshape(*inputs[0].shape[:2], -1)
        found = whole(net, layer.placed.facts, points)
        return found if layer.placed.facts.reduction == "sum" else found / points.shape[1]

    return computes


def _length(vectors: Array) -> Array:
    """Not the conjugate: derivatives are had from imaginary parts."""
    square = (vectors * vectors).sum(axis=-1)
    return np.where(square.real > 0, np.sqrt(np.where(square.real > 0, square, 1)), 0)


def _brier(net: Network, facts: Any, inputs: list[Array]) -> Array:
    odds = np.exp(inputs[0] - inputs[0][..., :1])
    p = odds / odds.sum(axis=-1, keepdims=True)
    return ((p[..., 0] - 1) ** 2 + (p[..., 1:] ** 2).sum(axis=-1)) / 2


def _contrastive(net: Network, facts: Any, inputs: list[Array]) -> Array:
    distance = _length(inputs[0] - inputs[1])
    short = net.number(facts.margin) - distance
    unlike = np.where(short.real > 0, short, 0) ** 2
    is_like = np.arange(distance.shape[1]) % 2 == 1
    return np.where(is_like, distance**2, unlike) / 2


def _triplet(net: Network, facts: Any, inputs: list[Array]) -> Array:
    anchor, positive, negative = inputs
    excess = _length(anchor - positive) + net.number(facts.margin) - _length(anchor - negative)
    return np.where(excess.real > 0, excess, 0)


def _cosine(net: Network, facts: Any, inputs: list[Array]) -> Array:
    least = net.number(facts.least)
    a, b = (z / np.where(_length(z).real > least, _length(z), least)[..., None] for z in inputs)
    return 1 - (a * b).sum(axis=-1)


def _infonce(net: Network, facts: Any, inputs: list[Array]) -> Array:
    scores = np.einsum("cid,cjd->cij", *inputs) / net.number(facts.temperature)
    own = np.diagonal(scores, axis1=1, axis2=2)
    return np.log(np.exp(scores - own[..., None]).sum(axis=-1))


def _matrix_factorisation(net: Network, facts: Any, inputs: list[Array]) -> Array:
    found = np.einsum("cnij,cnjk->cnik", *inputs)
    away = found + net.number(facts.labels) / np.sqrt(found[0].size)
    return (away * away).sum(axis=(2, 3)) / 2


def _kmeans(net: Network, facts: Any, points: Array) -> Array:
    """Every way to put the samples into k groups."""
    costs: list[Array] = []
    for groups in product(range(int(net.number(facts.number))), repeat=points.shape[1]):
        cost = np.zeros(len(points), dtype=complex)
        for group in set(groups):
            own = points[:, np.array(groups) == group]
            away = own - own.mean(axis=1, keepdims=True)
            cost = cost + (away * away).sum(axis=(1, 2)) / 2
        costs.append(cost)
    found = np.stack(costs)
    return np.take_along_axis(found, found.real.argmin(axis=0)[None], axis=0)[0]


def _convex_clustering(net: Network, facts: Any, points: Array) -> Array:
    """Of two samples at distance d: (d/2)^2 as long as both have one representative."""
    assert points.shape[1] == 2
    distance, weight = _length(points[:, 0] - points[:, 1]), net.number(facts.number)
    return np.where(distance.real <= 2 * weight, distance**2 / 4, weight * distance - weight**2)


def _spectral(net: Network, facts: Any, points: Array) -> Array:
    """Of two samples: the smaller eigenvalue of the matrix of products."""
    assert points.shape[1] == 2
    if int(net.number(facts.number)) > 1:
        return np.zeros(len(points), dtype=complex)
    gram = np.einsum("cid,cjd->cij", points, points)
    trace, gap = gram[:, 0, 0] + gram[:, 1, 1], gram[:, 0, 0] - gram[:, 1, 1]
    return (trace - np.sqrt(gap**2 + 4 * gram[:, 0, 1] ** 2)) / 4


_VECTOR = "batch: 2\nradius: 1\ninput: {shape: [3], norm: {sample: 1}}\nlayers: [{dense: {units: 3, name: a}}, tanh, "
_LAYERS = (
    "{dense: {units: 3, name: b}}, {l2norm: {eps: 1/2, name: u, from: a}}, {rmsnorm: {eps: 1/2, name: v, from: b}}, "
)
_MATRICES = "{parameter: {shape: [2, 2], name: p}}, {reshape: {shape: [3, 1], name: q, from: a}}, {reshape: {shape: [1, 3], name: r, from: b}}, "
_HEAD = _VECTOR + _LAYERS + _MATRICES + "{dense: {units: 2, from: b, name: scores}}]\nloss: "
_REDUCTIONS = ("reduction: mean", "reduction: sum")
_OPTIONS = {
    "brier": ("",),
    "contrastive": ("from: [a, b]", "from: [a, b], margin: 2", "from: [a, input], margin: 1/4"),
    "triplet": ("from: [a, b, input]", "from: [a, b, input], margin: 1/4"),
    "cosine": ("from: [a, b], least: 1/100", "from: [a, input], least: 1/100"),
    "infonce": ("from: [u, v]", "from: [v, v], temperature: 2"),
    "matrix_factorisation": ("from: [p, p], target: 1", "from: [q, r], target: 2"),
    "kmeans": ("k: 1", "k: 2"),
    "convex_clustering": ("weight: 1/4", "weight: 2"),
    "spectral_clustering": ("k: 1", "k: 2"),
}
_LOSSES = [
    f"{{{kind}: {{{', '.join(part for part in (options, reduction) if part)}}}}}"
    for kind, all_options in _OPTIONS.items()
    for options in all_options
    for reduction in _REDUCTIONS
]
_SPECS = {f"loss {loss}".replace(":", "").replace(",", " and"): _HEAD + loss + "\n" for loss in _LOSSES}

_FAR = "batch: 2\ninput: {shape: [2], norm: {entry: 20}}\nlayers: [identity]\nloss: "
_POINTS = "batch: 2\ninput: {shape: [2], norm: 20}\nlayers: [identity]\nloss: "
_NEAR = _POINTS.replace("20", "1/100")
_INPUT: dict[str, Any] = {"wrt": ("input",)}
_OF_A: dict[str, Any] = {"wrt": ("a",)}
_OF_BOTH: dict[str, Any] = {"wrt": ("a", "b"), "blocks": "layer"}


def _pair(loss: str, norm: str = "20", batch: int = 2, names: str = "ab", shape: str = "[2]") -> str:
    inputs = ", ".join(f"{name}: {{shape: {shape}, norm: {norm}}}" for name in names)
    return f"batch: {batch}\ninputs: {{{inputs}}}\nlayers: [identity: {{from: a}}]\nloss: {loss}"


_MATRIX = "radius: 1\ninput: {shape: [1], norm: 0}\nlayers: [{parameter: {shape: [2, 2], name: p}}, {parameter: {shape: [2, 2], name: q}}]\nloss: "
_TRIPLE = "{triplet: {from: [a, b, c]}}"
_TWICE = "batch: 2\ninput: {shape: [2], norm: 1}\nlayers: [identity]\nloss: {contrastive: {from: [identity_0, input]}}"
_COSINE = "{cosine: {from: [a, b], least: 1}}"
FAMILY = Family(
    computes={
        "brier": _of_samples(_brier),
        "contrastive": _of_samples(_contrastive),
        "triplet": _of_samples(_triplet),
        "cosine": _of_samples(_cosine),
        "infonce": _of_samples(_infonce),
        "matrix_factorisation": _of_samples(_matrix_factorisation),
        "kmeans": _of_all(_kmeans),
        "convex_clustering": _of_all(_convex_clustering),
        "spectral_clustering": _of_all(_spectral),
    },
    networks=_SPECS,
    instances=_SPECS,
    cases={
        ("brier", "Average.lipschitz"): (("", _FAR + "brier", _INPUT),),
        ("brier", "Linear.norm"): (("", _FAR + "{brier: {reduction: sum}}", _INPUT),),
        ("contrastive", "Average.upper"): (("", _pair("{contrastive: {from: [a, b]}}", "50"), _OF_A),),
        ("contrastive", "Average.derivative_at_zero"): (
            ("", _pair("{contrastive: {from: [a, b], margin: 2}}", "1/100", batch=1), _OF_A),
        ),
        ("contrastive", "Linear.norm"): (("", _pair("{contrastive: {from: [a, b], reduction: sum}}", "50"), _OF_A),),
        ("triplet", "Map.lipschitz"): (("", _pair(_TRIPLE, names="abc"), _OF_A),),
        ("triplet", "Average.lipschitz"): (("", _pair(_TRIPLE, names="abc"), _OF_A),),
        ("triplet", "Linear.norm"): (
            ("", _pair("{triplet: {from: [a, b, c], margin: 2, reduction: sum}}", names="abc"), _OF_A),
        ),
        ("cosine", "Average.lipschitz"): (("", _pair(_COSINE, "{sample: 1001/1000}"), _OF_A),),
        ("cosine", "Average.smoothness"): (("", _pair(_COSINE, "{sample: 1001/1000}"), _OF_A),),
        ("cosine", "Linear.norm"): (
            ("", _pair("{cosine: {from: [a, b], least: 1, reduction: sum}}", "{sample: 1001/1000}"), _OF_A),
        ),
        ("infonce", "Linear.norm"): (("", _HEAD + "{infonce: {from: [u, v], reduction: sum}}", {}),),
        ("matrix_factorisation", "Bilinear.norm"): (
            ("", _MATRIX + "{matrix_factorisation: {from: [p, q], target: 3}}", {"blocks": "layer"}),
        ),
        ("matrix_factorisation", "Average.smoothness"): (
            ("", _MATRIX + "{matrix_factorisation: {from: [p, q], target: 1/10}}", {"blocks": "layer"}),
        ),
        ("matrix_factorisation", "Average.derivative_at_zero"): (
            ("", _MATRIX + "{matrix_factorisation: {from: [p, q], target: 9}}", {"blocks": "layer"}),
        ),
        ("matrix_factorisation", "Linear.norm"): (
            (
                "",
                _pair("{matrix_factorisation: {from: [a, b], target: 1, reduction: sum}}", "2", shape="[2, 2]"),
                _OF_BOTH,
            ),
        ),
        ("kmeans", "Average.upper"): (("", _POINTS + "{kmeans: 1}", _INPUT),),
        ("kmeans", "Linear.norm"): (("", _POINTS + "{kmeans: {k: 1, reduction: sum}}", _INPUT),),
        ("convex_clustering", "Average.lipschitz"): (("", _POINTS + "{convex_clustering: 2}", _INPUT),),
        ("convex_clustering", "Average.smoothness"): (("", _NEAR + "{convex_clustering: 2}", _INPUT),),
        ("convex_clustering", "Linear.norm"): (
            ("", _POINTS + "{convex_clustering: {weight: 2, reduction: sum}}", _INPUT),
        ),
        ("spectral_clustering", "Average.upper"): (("", _POINTS + "{spectral_clustering: 1}", _INPUT),),
        ("spectral_clustering", "Linear.norm"): (
            ("", _POINTS + "{spectral_clustering: {k: 1, reduction: sum}}", _INPUT),
        ),
    },
    silent={
        ("brier", "Average.at_zero"): _FAR + "brier",
        ("contrastive", "Average.at_zero"): _TWICE,
        ("triplet", "Average.at_zero"): _TWICE.replace("contrastive: {from: [", "triplet: {from: [input, "),
        ("cosine", "Average.at_zero"): _TWICE.replace("input]}", "input], least: 1}").replace("contrastive", "cosine"),
        (
            "infonce",
            "Average.at_zero",
        ): "batch: 2\ninput: {shape: [2], norm: 1}\nlayers: [softmax]\nloss: {infonce: {from: [softmax_0, softmax_0]}}",
        (
            "matrix_factorisation",
            "Average.at_zero",
        ): "input: {shape: [2, 2], norm: 1}\nlayers: [identity]\nloss: {matrix_factorisation: {from: [identity_0, input], target: 1}}",
    },
    missed={
        ("infonce", "Linear.norm"): "the constants of infonce are upper bounds only",
        (
            "spectral_clustering",
            "Average.upper",
        ): "of two points, one singular value of two is left: at most 1/sqrt(2) of the norm",
        (
            "spectral_clustering",
            "Linear.norm",
        ): "of two points, one singular value of two is left: at most 1/sqrt(2) of the norm",
    },
)
