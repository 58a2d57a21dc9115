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
    if rng.random() < 0.6:
        fields["at_zero"] = scope.constant(("1/2", "2"))
    scope.push("argmin", fields, shape)


def _fixed(body: str, fields: str = "", shape: str = "[2]") -> str:
    return f"{{fixed_point: {{state: z, shape: {shape}, {fields}layers: [{body}]}}}}"


_SMALL = "{dense: {from: z, units: 2, radius: 1/2}}"
_INJECTED = f"{{add: [[], [{_SMALL}]]}}"
_NARROW = "radius: 1\ninput: {shape: [1], norm: 2}\n"
_SCALAR = "{add: [[], [{dense: {from: z, units: 1, bias: false, radius: 1/2}}]]}"
_ROWS = "batch: 2\nradius: 1\ninput: {shape: [2, 2], norm: {sample: 1}}\n"
_FIXED = {
    "fixed point": _VECTOR + f"layers: [dense: 2, {_fixed(_INJECTED + ', tanh')}, dense: 1]",
    "fixed point, linear": _NARROW + f"layers: [{_fixed(_SCALAR, shape='[1]')}]",
    "fixed point with a kink": _VECTOR + f"layers: [dense: 2, {_fixed(_INJECTED + ', relu')}, softplus]",
    "fixed point of rows": _ROWS + f"layers: [{_fixed(_INJECTED + ', tanh', 'name: deq, ', '[2, 2]')}, {{add: [[], deq.z, deq.add_0]}}]",
    "fixed point of a product": _VECTOR
    + f"layers: [dense: 2, {_fixed('{multiply: [z, [{dense: {units: 2, radius: 1/8}}]]}, ' + _INJECTED + ', tanh')}]",
    "fixed point that is bounded": _VECTOR
    + f"layers: [dense: 2, {_fixed('{multiply: [z, [{dense: {from: z, units: 2, radius: 1/8}}]]}, {add: [[], input]}, tanh', shape='[3]').replace('units: 2', 'units: 3')}, dense: 1]",
    "fixed points, one in the other": _VECTOR
    + f"layers: [dense: 2, {_fixed('{add: [[], [{linear: {norm: 1/4, from: z}}]]}, ' + _fixed('{add: [[], [{dense: {from: y, units: 2, radius: 1/3}}]]}, tanh').replace('state: z', 'state: y'))}]",
    "fixed point of a repeat": _VECTOR
    + f"layers: [dense: 2, {_fixed('{dense: {from: z, units: 2, radius: 1/2}}, {repeat: {times: 2, layers: [tanh, {dense: {units: 2}}]}}, {add: [[], input]}', shape='[3]').replace('units: 2', 'units: 3')}]",
    "fixed point in a repeat": _VECTOR.replace("radius: 1", "radius: 1\nsymbols: {k: {value: 2, integer: true}}")
    + f"layers: [dense: 2, {{repeat: {{times: k, layers: [{_fixed(_INJECTED + ', softplus')}]}}}}]",
    "fixed point, frozen and shared": _VECTOR
    + f"layers: [dense: 2, {_fixed(_INJECTED + ', tanh', 'name: a, ')}, {_fixed(_INJECTED + ', tanh', 'share: a, ')}, {_fixed(_INJECTED + ', sin', 'frozen: true, ')}]".replace("share: a, layers: [{add: [[], [{dense: {from: z, units: 2, radius: 1/2}}]]}", "share: a, layers: [{add: [[], [{dense: {from: z, units: 2}}]]}"),
}


_INPUT: dict[str, Any] = {"wrt": ("input",)}
_ONE = "input: {shape: [3], norm: 2}\nradius: 1\nlayers: "
FAMILY = Family(
    computes={"argmin": _argmin},
    networks={
        "argmin": _VECTOR
        + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 1, at_zero: 2, shape: [4]}}}}, dense: 1]",
        "argmin, no smoothness": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}}}}}]",
        **_FIXED,
    },
    instances={
        "argmin": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2}}}}]",
        "argmin, at_zero": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2, at_zero: 1}}}}, dense: 2]",
        "argmin, shape": _VECTOR + f"layers: [dense: 2, {{{_ARGMIN}, lipschitz_hessian: 2, shape: [2, 2]}}}}]",
        **_FIXED,
    },
    makers=(Row("argmin", 0.2, lambda shape: len(shape) >= 1, _make_argmin),),
    cases={
        ("argmin", "Map.lipschitz"): (("", _ONE + f"[{_ARGMIN}}}]", _INPUT),),
        ("argmin", "Map.at_zero"): (
            ("", _ONE.replace("norm: 2", "norm: 1/100") + f"[{_ARGMIN}, at_zero: 2}}]", _INPUT),
        ),
    },
)
