"""Layers that are defined by what their image solves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.families.family import Family
from reference.layers import Array
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network

_VECTOR = "batch: 2\nradius: 1\ninput: {shape: [3], norm: {sample: 1}}\n"
_ARGMIN = "argmin: {strong_convexity: 1/2, lipschitz_gradient: 1"


def _argmin(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """argmin_b |b|^2/2 - b.c with c = l (mean direction of the sample) + at_zero, along the constant unit vector."""
    facts = layer.placed.facts
    copies, batch, *_ = inputs[0].shape
    rows = inputs[0].reshape(copies, batch, -1)
    start = 0.0 if facts.at_zero is None else net.number(facts.at_zero)
    heights = net.number(facts.lipschitz) * rows.sum(axis=2) / np.sqrt(rows.shape[2]) + start
    shape = net.shape(layer)
    return np.repeat(heights[..., None] / np.sqrt(np.prod(shape)), int(np.prod(shape)), axis=2).reshape(
        copies, batch, *shape
    )


def _make_argmin(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    fields: dict[str, Any] = {
        "strong_convexity": scope.constant(("1/2", "1")),
        "lipschitz_gradient": scope.constant(("1", "3/2")),
    }
    if scope.draft.smooth or rng.random() < 0.7:
        fields["lipschitz_hessian"] = scope.constant(("1/4", "1"))
    if scope.draft.smooth or rng.random() < 0.6:  # behind a map of unbounded norm L is infinite
        fields["at_zero"] = scope.constant(("1/2", "2"))
    if rng.random() < 0.5:
        shape = (rng.randint(1, 3), 2)[: rng.randint(1, 2)]
        fields["shape"] = list(shape)
    scope.push("argmin", fields, shape)


_INPUT: dict[str, Any] = {"wrt": ("input",)}
_ONE = "input: {shape: [3], norm: 2}\nradius: 1\nlayers: "
FAMILY = Family(
    computes={"argmin": _argmin},
    networks={
        "argmin": _VECTOR
        + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 1, at_zero: 2, shape: [4]}}}}, dense: 1]",
        "argmin, no smoothness": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}}}}}]",
    },
    instances={
        "argmin": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2}}}}]",
        "argmin, at_zero": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2, at_zero: 1}}}}, dense: 2]",
        "argmin, shape": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2, shape: [2, 2]}}}}]",
    },
    makers=(Row("argmin", 0.4, lambda shape: len(shape) >= 1, _make_argmin),),
    cases={
        ("argmin", "Map.lipschitz"): (("", _ONE + f"[{_ARGMIN}}}]", _INPUT),),
        ("argmin", "Map.at_zero"): (
            ("", _ONE.replace("norm: 2", "norm: 1/100") + f"[{_ARGMIN}, at_zero: 2}}]", _INPUT),
        ),
    },
)
