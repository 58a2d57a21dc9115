"""Normalisations, and the linear maps whose weights are constrained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.families.family import Family
from reference.layers import Array
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network

# What they compute ---------------------------------------------------------------------------------------------------


def _normalised(rows: Array, eps: float, centred: bool) -> Array:
    """Along the last axis."""
    kept = rows - rows.mean(axis=-1, keepdims=True) if centred else rows
    return kept * ((kept * kept).mean(axis=-1, keepdims=True) + eps) ** -0.5


def _affine(net: Network, layer: Layer, z: Array, w: Array, own: tuple[int, ...]) -> Array:
    """`own`: the axes that the learned arrays have."""
    for name in ("weight", "bias"):
        array = net._array(layer, name, w)
        if array is not None:
            sizes = [n if axis in own else 1 for axis, n in enumerate(z.shape)]
            seen = array.reshape(len(w), *sizes[1:])
            z = z * seen if name == "weight" else z + seen
    return z


def _rms(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    (z,), axes = inputs, layer.placed.facts.axes
    rows = z.reshape(*z.shape[: z.ndim - axes], -1)
    found = _normalised(rows, net.number(layer.placed.facts.normalisation.eps), False).reshape(z.shape)
    return _affine(net, layer, found, w, tuple(range(z.ndim - axes, z.ndim)))


def _groups(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    (z,), eps = inputs, net.number(layer.placed.facts.normalisation.eps)
    count = z.shape[2] if layer.kind.name == "instancenorm" else net.integer(layer.placed.facts.groups)
    parts = [
        _normalised(part.reshape(*z.shape[:2], -1), eps, True).reshape(part.shape)
        for part in np.split(z, count, axis=2)
    ]
    return _affine(net, layer, np.concatenate(parts, axis=2), w, (2,))


# Small specs ---------------------------------------------------------------------------------------------------------

_HEAD = "batch: 2\nradius: 1\n"
_SIGNAL = _HEAD + "input: {shape: [4, 3], norm: {entry: 1/2}}\n"
_FAR = "batch: 2\ninput: {shape: [4, 2], norm: {entry: 20}}\nradius: 1\n"
_NEAR = "batch: 2\ninput: {shape: [4, 2], norm: 2}\nradius: 1\n"
_TINY = "batch: 2\ninput: {shape: [4, 2], norm: 1/10}\nradius: 1\n"
_CONV = "{conv1d: {channels: 4, kernel: 1}}"
_I = {"wrt": ("input",)}


def _of(head: str, *steps: str) -> str:
    return f"{head}layers: [{', '.join(steps)}]\n"


def _cases(
    kind: str, first: str, *, shift: bool = True, alone: str, one: str
) -> dict[tuple[str, str], tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]]:
    """Of a normalisation with these fields; `alone`: a shape where a gain has a whole group, `one`: one where all
    entries are largest."""

    def spec(head: str, fields: str) -> str:
        return _of(head, f"{{{kind}: {{{first}{fields}}}}}")

    large = "{weight: 50, bias: 1/10}" if shift else "50"
    found = {
        (kind, "Map.lipschitz"): (("", spec(_NEAR, "eps: 1/10"), _I), ("small", spec(_NEAR, "eps: 1/1000"), _I)),
        (kind, "Map.smoothness"): (("", spec(_NEAR, "eps: 1/10"), _I),),
        (kind, "Map.norm"): (("", spec(_FAR, "eps: 1/10"), _I),),
        (kind, "Map.sup"): (
            ("", _of(_FAR.replace("batch: 2", "batch: 1").replace("[4, 2]", one), f"{{{kind}: {{{first}eps: 1/10}}}}", "square"), _I),
        ),
        (kind, "Bilinear.norm"): (
            ("", _of(_TINY.replace("[4, 2]", alone).replace("batch: 2", "batch: 1"), f"{{{kind}: {{{first}eps: 1, affine: true, radius: {large}}}}}"), {}),
        ),
        (kind, "Bilinear.right_norm"): (("", spec(_FAR, "eps: 1/10, affine: true"), {}),),
    }  # fmt: skip
    if shift:
        found[kind, "Bilinear.constant"] = (("", spec(_TINY, "eps: 1, affine: true"), {}),)
        found[kind, "Linear.norm"] = (("", spec(_TINY, "eps: 1, affine: true, radius: {weight: 1/10, bias: 2}"), {}),)
    return found


# Random specs --------------------------------------------------------------------------------------------------------


def _eps_and_affine(scope: Scope) -> tuple[dict[str, Value], bool]:
    affine = scope.draft.chance(0.5)
    fields: dict[str, Value] = {"eps": scope.constant(("1/10", "1/4", "1/2", "1"))}
    if affine or scope.draft.chance(0.2):
        fields["affine"] = scope.flag(affine)
    return fields, affine


def rmsnorm(scope: Scope) -> None:
    shape = shape_of(scope)
    fields, affine = _eps_and_affine(scope)
    axes = scope.draft.rng.randint(1, len(shape))
    if axes > 1 or scope.draft.chance(0.2):
        fields["axes"] = scope.size(axes)
    arrays: dict[str, Shape] = {"weight": shape[-axes:]} if affine else {}
    scope.push("rmsnorm", fields, shape, arrays, gains=("weight",) if affine else ())


def groupnorm(scope: Scope) -> None:
    shape = shape_of(scope)
    fields, affine = _eps_and_affine(scope)
    groups = scope.draft.rng.choice([g for g in range(1, shape[0] + 1) if shape[0] % g == 0])
    arrays: dict[str, Shape] = dict.fromkeys(("weight", "bias") if affine else (), shape[:1])
    fields = {"groups": scope.size(groups), **fields}
    scope.push("groupnorm", fields, shape, arrays, gains=("weight",) if affine else ())


def instancenorm(scope: Scope) -> None:
    shape = shape_of(scope)
    fields, affine = _eps_and_affine(scope)
    arrays: dict[str, Shape] = dict.fromkeys(("weight", "bias") if affine else (), shape[:1])
    scope.push("instancenorm", fields, shape, arrays, gains=("weight",) if affine else ())


# The family ----------------------------------------------------------------------------------------------------------

_FLAGS = ("eps: 1/4, affine: true", "eps: 1/4, affine: false", "eps: 1/4, affine: true, radius: {weight: 1, bias: 1/2}")
NETWORKS = {
    "normalisations of rows": _of(_SIGNAL, _CONV, "{rmsnorm: {eps: 1/4, affine: true}}", "{rmsnorm: {eps: 1/4, axes: 2, affine: false}}"),
    "normalisations of channels": _of(
        _SIGNAL, _CONV, "{groupnorm: {groups: 2, eps: 1/4, affine: true}}", "tanh", "{groupnorm: {groups: 1, eps: 1/2, affine: false}}",
        "{instancenorm: {eps: 1/4, affine: true, radius: {weight: 1, bias: 1/2}}}", "{instancenorm: {eps: 1, affine: false}}",
    ),
    "given statistics": _of(
        _SIGNAL, _CONV, "{batchnorm: {eps: 1/4, mode: eval, slope: 3/2, offset: 2, affine: true}}", "tanh",
        "{batchnorm: {eps: 1/4, mode: eval, slope: 1/2, offset: 1, positions: false}}", "{batchnorm: {eps: 1/4, mode: train}}",
    ),
}  # fmt: skip
INSTANCES = {
    **{f"rmsnorm, {given}": _of(_SIGNAL, _CONV, f"{{rmsnorm: {{{given}}}}}") for given in (*_FLAGS[:2], "eps: 1/4, axes: 1", "eps: 1/4, axes: 2, affine: true")},
    **{f"groupnorm, {given}": _of(_SIGNAL, _CONV, f"{{groupnorm: {{groups: 2, {given}}}}}") for given in _FLAGS},
    "groupnorm of one group": _of(_SIGNAL, _CONV, "{groupnorm: {groups: 1, eps: 1/4, affine: true}}"),
    "groupnorm of each channel": _of(_SIGNAL, _CONV, "{groupnorm: {groups: 4, eps: 1/4, affine: true}}"),
    **{f"instancenorm, {given}": _of(_SIGNAL, _CONV, f"{{instancenorm: {{{given}}}}}") for given in _FLAGS},
}  # fmt: skip
FAMILY = Family(
    computes={"rmsnorm": _rms, "groupnorm": _groups, "instancenorm": _groups},
    networks=NETWORKS,
    instances=INSTANCES,
    makers=(
        Row("rmsnorm", 0.7, lambda shape: len(shape) >= 1, rmsnorm),
        Row("groupnorm", 0.7, lambda shape: len(shape) >= 1, groupnorm),
        Row("instancenorm", 0.5, lambda shape: len(shape) >= 2, instancenorm),
    ),
    cases={
        **_cases("rmsnorm", "", shift=False, alone="[4, 1]", one="[4, 1]"),
        **_cases("groupnorm", "groups: 2, ", alone="[2, 4]", one="[4, 1]"),
        **_cases("instancenorm", "", alone="[1, 4]", one="[2, 2]"),
    },
)
