"""Normalisations, and the linear maps whose weights are constrained."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from reference.families.family import Family
from reference.layers import Array
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import given_bias, shape_of

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


def _transposed(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Every entry is spread over the places of its window; what lies in the padding is cut off at the end."""
    (z,), facts, weight = inputs, layer.placed.facts, net._array(layer, "weight", w)
    assert weight is not None
    stride, dilation, padding = (net.axes(values) for values in (facts.stride, facts.dilation, facts.padding))
    outputs, groups, kernel = net.shape(layer)[1:], net.integer(facts.groups), weight.shape[3:]
    read, made = weight.shape[1] // groups, weight.shape[2]
    room = [
        o + 2 * p + d * k + s * n
        for o, p, d, k, s, n in zip(outputs, padding, dilation, kernel, stride, z.shape[3:], strict=True)
    ]
    image = np.zeros((*z.shape[:2], groups * made, *room), dtype=complex)
    for place in np.ndindex(*z.shape[3:]):
        for tap in np.ndindex(*kernel):
            at = tuple(o * s + t * d for o, s, t, d in zip(place, stride, tap, dilation, strict=True))
            for group in range(groups):
                rows = slice(group * read, (group + 1) * read)
                part = np.einsum(
                    "knc,kco->kno",
                    z[(slice(None), slice(None), rows, *place)],
                    weight[(slice(None), rows, slice(None), *tap)],
                )
                image[(slice(None), slice(None), slice(group * made, (group + 1) * made), *at)] += part
    found = image[(slice(None),) * 3 + tuple(slice(p, p + o) for p, o in zip(padding, outputs, strict=True))]
    bias = net._array(layer, "bias", w)
    return found if bias is None else found + bias.reshape(len(w), 1, -1, *(1 for _ in outputs))


def _unit(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    (z,), axis = inputs, layer.placed.facts.axis + 2
    least = net.number(layer.placed.facts.eps)
    square = (z * z).sum(axis=axis, keepdims=True)
    return z / np.where(square.real > least**2, np.sqrt(square), least)


def _local_response(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    (z,), facts = inputs, layer.placed.facts
    size, alpha, beta, k = net.integer(facts.size), *(net.number(x) for x in (facts.alpha, facts.beta, facts.k))
    found = np.empty_like(z)
    for i in range(z.shape[2]):
        seen = z[:, :, max(i - size // 2, 0) : i + (size - 1) // 2 + 1]
        found[:, :, i] = z[:, :, i] / (k + alpha * (seen**2).sum(axis=2) / size) ** beta
    return found


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


def _transposed_of(axes: int) -> Row:
    def make(scope: Scope) -> None:
        rng, (before, *places) = scope.draft.rng, shape_of(scope)
        channels = rng.randint(1, 4)
        groups = rng.choice([g for g in (1, 1, 2, 3, 4) if before % g == 0 and channels % g == 0])
        kernel, stride, dilation = rng.choice((1, 2, 3)), rng.choice((1, 1, 2, 3)), rng.choice((1, 1, 2))
        more = rng.choice([e for e in (0, 0, 1, 2) if e < max(stride, dilation)])
        padding = rng.choice([p for p in (0, 0, 1) if min(places) * stride > 3 * p])
        after = tuple((n - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1 for n in places)
        if min(after) < 1 or before * channels * prod(after) > 300:
            kernel, stride, dilation, more, padding, after = 1, 1, 1, 0, 0, tuple(places)
        bias = rng.random() < 0.6
        fields: dict[str, Value] = {
            "channels": scope.size(channels, before),
            "kernel": kernel,
            **given_bias(scope, bias),
        }
        optional = {
            "stride": (stride, 1),
            "padding": (padding, 0),
            "output_padding": (more, 0),
            "dilation": (dilation, 1),
            "groups": (groups, 1),
        }
        fields |= {name: value for name, (value, default) in optional.items() if value != default or rng.random() < 0.3}
        arrays: dict[str, Shape] = {
            "weight": (before, channels // groups, *(kernel,) * axes),
            **({"bias": (channels,)} if bias else {}),
        }
        scope.push(f"convtranspose{axes}d", fields, (channels, *after), arrays, spectral=True)

    return Row(f"convtranspose{axes}d", 2, lambda shape: len(shape) == axes + 1, make)


def l2norm(scope: Scope) -> None:
    rank = len(shape_of(scope))
    axis = scope.draft.rng.randrange(-rank, rank)
    fields = {
        "eps": scope.constant(("1/4", "1/2", "1")),
        **({} if axis == -1 and scope.draft.chance(0.5) else {"axis": axis}),
    }
    scope.push("l2norm", fields, shape_of(scope))


def localresponsenorm(scope: Scope) -> None:
    fields: dict[str, Value] = {"size": scope.size(scope.draft.rng.randint(1, 4))}
    for name, options in (("alpha", ("1/2", "2")), ("beta", ("1/2", "3/4", "2")), ("k", ("1/2", "1", "2"))):
        if scope.draft.chance(0.6):
            fields[name] = scope.constant(options)
    scope.push("localresponsenorm", fields, shape_of(scope))


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
_TRANSPOSED = (
    "kernel: 2", "kernel: 2, bias: false", "kernel: 2, bias: true, groups: 2", "kernel: 3, stride: 2, padding: 1, output_padding: 1",
    "kernel: 2, dilation: 2, stride: 3",
)  # fmt: skip
_GRIDS = {1: "[2, 5]", 2: "[2, 3, 2]", 3: "[2, 2, 2, 1]"}
for _axes, _shape in _GRIDS.items():
    _head = f"batch: 2\nradius: 1\ninput: {{shape: {_shape}, norm: 1}}\n"
    _learned = f"{{conv{_axes}d: {{channels: 2, kernel: 1, bias: false}}}}"
    for _given in _TRANSPOSED:
        _step = f"{{convtranspose{_axes}d: {{channels: 2, {_given}}}}}"
        INSTANCES[f"convtranspose{_axes}d, {_given}"] = _of(_head, _learned, _step)
    _given = "stride: 2, padding: 1, output_padding: 1, dilation: 1, groups: 2, spectral: 1"
    NETWORKS[f"convtranspose{_axes}d"] = _of(
        _head, _learned, f"{{convtranspose{_axes}d: {{channels: 4, kernel: 3, {_given}}}}}", "tanh",
        f"{{convtranspose{_axes}d: {{channels: 1, kernel: 1, bias: false}}}}", f"{{convtranspose{_axes}d: {{channels: 1, kernel: 1, bias: true}}}}",
    )  # fmt: skip
NETWORKS["local responses"] = _of(
    _SIGNAL, _CONV, "{localresponsenorm: {size: 3, alpha: 2, beta: 1/2, k: 1/2}}", "localresponsenorm: 2", "l2norm: 1/4", "{l2norm: {eps: 1/2, axis: 0}}",
)  # fmt: skip
for _given in (
    "size: 1, alpha: 1",
    "size: 3, alpha: 6, beta: 2",
    "size: 2, alpha: 4, k: 1/4",
    "size: 4, alpha: 9, beta: 1/2",
):
    INSTANCES[f"localresponsenorm, {_given}"] = _of(_SIGNAL, _CONV, f"{{localresponsenorm: {{{_given}}}}}")
INSTANCES |= {
    "l2norm": _of(_SIGNAL, _CONV, "l2norm: 1/4"),
    "l2norm, axis: 0": _of(_SIGNAL, _CONV, "{l2norm: {eps: 1/4, axis: 0}}"),
}
# Depthwise and grouped: channels of what is read, of the image, both or none are groups.
for _channels, _groups_, _from in ((4, 4, 4), (4, 2, 2), (2, 2, 4), (4, 2, 4)):
    _step = f"{{conv1d: {{channels: {_channels}, kernel: 2, groups: {_groups_}}}}}"
    INSTANCES[f"groups, {_channels} of {_from} in {_groups_}"] = _of(
        _SIGNAL, f"{{conv1d: {{channels: {_from}, kernel: 1}}}}", "{instancenorm: 1/4}", _step
    )
_WN = "weight_norm: {gain: 1/2, least: 1/4}"
_LONG = "radius: 1/4, center: {direction: 2}"  # all of such a ball has long rows
NETWORKS["weight normalisation"] = (
    "batch: 2\nradius: 1/4\ninput: {shape: [4, 3, 2, 1], norm: {entry: 1/2}}\nlayers:\n"
    f"- conv3d: {{channels: 2, kernel: [2, 1, 1], groups: 2, {_WN}, {_LONG}}}\n"
    f"- reshape: [2, 4, 1]\n- conv2d: {{channels: 2, kernel: [2, 1], bias: false, {_WN}, {_LONG}}}\n"
    f"- tanh\n- flatten\n- reshape: [2, 3]\n- conv1d: {{channels: 4, kernel: 2, groups: 2, {_WN}, {_LONG}}}\n"
    f"- dense: {{units: 3, {_WN}, radius: {{gain: 1/2, direction: 1/4, bias: 1}}, center: {{direction: 2}}}}\n"
    f"- dense: {{units: 2, bias: false, {_WN}, {_LONG}}}\n"
)
for _given in (
    f"{_WN}",
    f"{_WN}, bias: false",
    "weight_norm: {gain: 2, least: 1/2}",
    f"{_WN}, center: 2",
    f"{_WN}, center: {{direction: 2}}",
    f"{_WN}, radius: {{gain: 1/2, direction: 1, bias: 1/4}}",
):
    INSTANCES[f"dense, {_given}"] = _of(_SIGNAL, "{dense: 3}", "tanh", f"{{dense: {{units: 2, {_given}}}}}")
for _given in ("kernel: 2", "kernel: 2, groups: 2, bias: false", "kernel: 1, groups: 4"):
    INSTANCES[f"conv1d, {_given}, weight_norm"] = _of(
        _SIGNAL, f"{{conv1d: {{channels: 4, {_given}, {_WN}}}}}", "softplus", "{dense: 2}"
    )
for _axes, _shape in _GRIDS.items():
    INSTANCES[f"conv{_axes}d, weight_norm"] = _of(
        f"batch: 2\nradius: 1\ninput: {{shape: {_shape}, norm: 1}}\n",
        f"{{conv{_axes}d: {{channels: 2, kernel: 1, {_WN}}}}}",
        "tanh",
    )
INSTANCES["weight_norm, shared"] = _of(
    _SIGNAL, f"{{dense: {{units: 3, {_WN}, name: a}}}}", "tanh", f"{{dense: {{units: 3, {_WN}, share: a}}}}"
)


def _weight_norm_cases() -> dict[tuple[str, str], tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]]:
    """y = 2: along the gain nothing is decided."""
    found: dict[tuple[str, str], tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]] = {}
    for kind, shape, fields in (
        ("dense", "[2]", "units: 1"), ("conv1d", "[2, 1]", "channels: 1, kernel: 1"),
        ("conv2d", "[2, 1, 1]", "channels: 1, kernel: 1"), ("conv3d", "[2, 1, 1, 1]", "channels: 1, kernel: 1"),
    ):  # fmt: skip
        spec = _of(f"radius: 1\ninput: {{shape: {shape}, norm: 1}}\n", f"{{{kind}: {{{fields}, bias: false, {_WN}}}}}")
        found[kind, "Map.lipschitz"] = (("weight_norm", spec, {}),)
        found[kind, "Map.smoothness"] = (("weight_norm", spec, {}),)
        found[kind, "Map.norm"] = (("weight_norm", spec, _I),)
    return found


def _transposed_cases() -> dict[tuple[str, str], tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]]:
    found: dict[tuple[str, str], tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]] = {}
    for axes, shape, kernel in ((1, "[1, 8]", "2"), (2, "[1, 8, 1]", "[2, 1]"), (3, "[1, 1, 8, 1]", "[1, 2, 1]")):
        kind = f"convtranspose{axes}d"

        def spec(fields: str, norm: str = "1", kind: str = kind, shape: str = shape) -> str:
            return _of(
                f"input: {{shape: {shape}, norm: {norm}}}\nradius: 1\n", f"{{{kind}: {{channels: 1, {fields}}}}}"
            )

        found[kind, "Bilinear.norm"] = (
            ("", spec(f"kernel: {kernel}, bias: false"), _I),
            ("stride", spec(f"kernel: {kernel}, stride: 2, bias: false"), {}),
            ("dilation", spec(f"kernel: {kernel}, dilation: 2, bias: false"), _I),
        )
        found[kind, "Bilinear.constant"] = (("", spec(f"kernel: {kernel}", "1/10"), {}),)
        found[kind, "Bilinear.left_norm"] = (("", spec(f"kernel: {kernel}, bias: false, spectral: 1/2"), _I),)
        found[kind, "Linear.norm"] = (("", spec(f"kernel: {kernel}, radius: {{weight: 1/10, bias: 2}}", "1/10"), {}),)
    return found


FAMILY = Family(
    computes={
        "rmsnorm": _rms,
        "groupnorm": _groups,
        "instancenorm": _groups,
        "l2norm": _unit,
        "localresponsenorm": _local_response,
        **dict.fromkeys(("convtranspose1d", "convtranspose2d", "convtranspose3d"), _transposed),
    },
    networks=NETWORKS,
    instances=INSTANCES,
    makers=(
        Row("rmsnorm", 0.7, lambda shape: len(shape) >= 1, rmsnorm),
        Row("groupnorm", 0.7, lambda shape: len(shape) >= 1, groupnorm),
        Row("instancenorm", 0.5, lambda shape: len(shape) >= 2, instancenorm),
        *(_transposed_of(axes) for axes in (1, 2, 3)),
        Row("l2norm", 0.7, lambda shape: len(shape) >= 1, l2norm, rough=True),
        Row("localresponsenorm", 0.8, lambda shape: len(shape) >= 1, localresponsenorm),
    ),
    cases={
        **_cases("rmsnorm", "", shift=False, alone="[4, 1]", one="[4, 1]"),
        **_cases("groupnorm", "groups: 2, ", alone="[2, 4]", one="[4, 1]"),
        **_cases("instancenorm", "", alone="[1, 4]", one="[2, 2]"),
        **_transposed_cases(),
        **_weight_norm_cases(),
        ("l2norm", "Map.lipschitz"): (
            ("", _of(_TINY, "l2norm: 1/2"), _I),
            ("axis", _of(_TINY, "{l2norm: {eps: 1/3, axis: 0}}"), _I),
        ),
        ("l2norm", "Map.norm"): (("", _of(_FAR, "l2norm: 1/2"), _I),),
        ("l2norm", "Map.sup"): (("", _of(_FAR.replace("[4, 2]", "[4, 1]"), "l2norm: 1/2", "square"), _I),),
    },
    without=frozenset({"localresponsenorm"}),
)
