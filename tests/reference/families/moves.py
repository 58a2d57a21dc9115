"""Kinds that move, copy, cut and scale entries."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.families.family import Computes, Family
from reference.layers import Array
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network


# What they compute ---------------------------------------------------------------------------------------------------


def _split(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0]


def _slice(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    start, stop, step = net.axes((facts.start, facts.stop, facts.step))
    return np.take(inputs[0], range(start, stop, step), axis=facts.axis + 2)


def _expand(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    copies, batch, *shape = inputs[0].shape
    wanted = net.shape(layer)
    ones = (1,) * (len(wanted) - len(shape))
    return np.broadcast_to(inputs[0].reshape(copies, batch, *ones, *shape), (copies, batch, *wanted))


def _reshaped(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0].reshape(*inputs[0].shape[:2], *net.shape(layer))


def _stack(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return np.stack(inputs, axis=layer.placed.facts.axis + 2)


def _pad(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    mode = {"zeros": "constant", "replicate": "edge", "circular": "wrap"}.get(facts.mode, facts.mode)
    widths = [(0, 0), (0, 0), *(tuple(net.axes(ends)) for ends in facts.ends)]
    return np.pad(inputs[0], widths, mode=mode)  # type: ignore[call-overload]


def _roll(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    return np.roll(inputs[0], net.integer(facts.by), axis=facts.axis + 2)


def _take(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Any indices that read no entry too often."""
    facts, z = layer.placed.facts, inputs[0]
    axis = facts.axis + 2
    every = np.repeat(np.arange(z.shape[axis]), net.integer(facts.most))
    return z.take(net.rng(layer).permutation(every)[: net.integer(facts.count)], axis=axis)


def _constant(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Any array of this norm with no larger entry."""
    facts, shape = layer.placed.facts, net.shape(layer)
    drawn = net.rng(layer).standard_normal(shape)
    drawn *= net.number(facts.norm) / np.linalg.norm(drawn)
    if facts.entry is not None:
        drawn = np.clip(drawn, -net.number(facts.entry), net.number(facts.entry))
    return np.broadcast_to(drawn.astype(complex), (len(w), net.batch, *shape))


def _affine(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    given = layer.placed.facts.parameters
    return net.number(given["scale"]) * inputs[0] + net.number(given["shift"])


def _scale(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    axis = layer.features
    assert axis is not None
    z = np.moveaxis(inputs[0], axis + 2, -1)
    gain, shift = net._array(layer, "weight", w), net._array(layer, "bias", w)
    assert gain is not None
    ones = (1,) * (z.ndim - 2)
    z = gain.reshape(len(gain), *ones, -1) * z
    z = z if shift is None else z + shift.reshape(len(shift), *ones, -1)
    return np.moveaxis(z, -1, axis + 2)


def _stochastic_depth(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Samples that are kept are multiplied by 1/(1 - p), the norm."""
    scale, (_, batch, *rest) = net.number(layer.placed.facts.norm), inputs[0].shape
    kept = net.rng(layer).random(batch) >= 1 - 1 / scale
    return inputs[0] * scale * kept.reshape(1, batch, *(1,) * len(rest))


COMPUTES: Mapping[str, Computes] = {
    "slice": _slice,
    "split": _split,
    "expand": _expand,
    **dict.fromkeys(("squeeze", "unsqueeze"), _reshaped),
    "stack": _stack,
    "pad": _pad,
    "roll": _roll,
    "take": _take,
    "constant": _constant,
    "affine": _affine,
    "subtract": lambda net, layer, inputs, w: inputs[0] - inputs[1],
    **dict.fromkeys(("scale", "layer_scale"), _scale),
    "stochastic_depth": _stochastic_depth,
}

# Specs ---------------------------------------------------------------------------------------------------------------

_HEAD = "batch: 2\nradius: 1\n"
_ROWS = _HEAD + "input: {shape: [2, 3], norm: {sample: 1}}\n"
_SIGNAL = _HEAD + "input: {shape: [2, 5], norm: {entry: 1/2}}\n"
_IMAGE = _HEAD + "input: {shape: [2, 3, 4], norm: {entry: 1}}\n"
_CONV = "{conv1d: {channels: 2, kernel: 2}}"
_GATE = "{unsqueeze: -1}, {unsqueeze: 2}, {expand: [-1, 3, 4]}"


def _of(head: str, *steps: str) -> str:
    return f"{head}layers: [{', '.join(steps)}]\n"


INSTANCES: Mapping[str, str] = {
    "slice, start": _of(_SIGNAL, _CONV, "{slice: {axis: 1, start: 1}}", "tanh"),
    "slice, stop": _of(_SIGNAL, _CONV, "{slice: {axis: 0, start: -1, stop: 2}}", "softplus"),
    "slice, step": _of(_SIGNAL, _CONV, "{slice: {axis: -1, stop: -1, step: 2}}", "dense: 1"),
    "split": _of(
        _SIGNAL, _CONV, "{split: {axis: 1, sizes: [1, 3], name: s}}", "{multiply: [s.0, [dense: {units: 1, from: s.1}]]}"
    ),
    "expand": _of(_ROWS, "dense: 1", "tanh", "{expand: {shape: [2, 2, 4]}}", "{multiply: [[], [dense: 4]]}"),
    "squeeze": _of(_ROWS, "dense: 1", "{squeeze: {axis: -1}}", "dense: 2"),
    "unsqueeze": _of(_ROWS, "dense: 2", "{unsqueeze: {axis: 1}}", "{conv2d: {channels: 1, kernel: [1, 2]}}"),
    "a gate of channels": _of(_IMAGE, f"{{multiply: [[], [mean, mean, dense: 2, sigmoid, {_GATE}]]}}"),
    "stack": _of(_ROWS, "dense: 2", "{stack: [[], [tanh, dense: 2]]}", "mean: 0"),
    "stack, axis": _of(_ROWS, "dense: 2", "{stack: {from: [[], [tanh]], axis: -1}}", "dense: 1"),
    "stack of one": _of(_ROWS, "dense: 2", "{stack: [[]]}", "dense: 1"),
    **{
        f"pad, mode: {mode}, {amounts}": _of(_SIGNAL, _CONV, f"{{pad: {{amounts: {amounts}, mode: {mode}}}}}", "tanh", _CONV)
        for mode, amounts in (
            ("zeros", "[0, 2]"), ("reflect", "[0, [1, 0]]"), ("reflect", "[1, 3]"), ("replicate", "[0, [2, 1]]"),
            ("circular", "[0, [3, 2]]"), ("circular", "[1, [1, 2]]"),
        )
    },
    "pad, amounts": _of(_SIGNAL, _CONV, "pad: [0, [1, 2]]", _CONV),
    "roll": _of(_SIGNAL, _CONV, "{roll: {axis: -1, by: -2}}", "tanh"),
    "take": _of(_SIGNAL, _CONV, "{take: {axis: -1, count: 3}}", "tanh"),
    "take, most": _of(_SIGNAL, _CONV, "{take: {axis: 1, count: 7, most: 2}}", "tanh", _CONV),
    "constant": _of(_ROWS, "dense: 2", "{add: [[], [constant: {shape: [2, 2], norm: 3}]]}", "tanh"),
    "constant, entry": _of(_ROWS, "dense: 2", "{multiply: [[tanh], [constant: {shape: [2, 2], norm: 3/2, entry: 1}]]}"),
    "affine": _of(_ROWS, "dense: 2", "affine: -2", "tanh"),
    "affine, shift": _of(_ROWS, "dense: 2", "{affine: {scale: -1, shift: 1}}", "square"),
    "affine, shift alone": _of(_ROWS, "dense: 2", "{affine: {shift: -3}}", "tanh"),
    "subtract": _of(_ROWS, "dense: 2", "{subtract: [[tanh], [dense: 2]]}"),
    "scale": _of(_ROWS, "dense: 2", "scale", "tanh"),
    "scale, bias: true": _of(_IMAGE, "{conv2d: {channels: 2, kernel: 1}}", "{scale: {bias: true}}", "tanh"),
    "scale, bias: false": _of(_IMAGE, "{scale: {bias: false, radius: {weight: 1/2}}}", "softplus"),
    "layer_scale": _of(_ROWS, "{residual: [dense: 3, tanh, layer_scale: {start: 1/4}]}"),
    "stochastic_depth": _of(_ROWS, "{residual: [dense: 3, tanh, stochastic_depth: {p: 1/3}]}"),
}  # fmt: skip

# A constant that is too small is found: by the input alone, where nothing else hides it.
_I: Mapping[str, Any] = {"wrt": ("input",)}
_ONE = "input: {shape: [2, 4], norm: 1}\nradius: 1\n"
_SMALL = "batch: 3\ninput: {shape: [2, 3], norm: 1/10}\nradius: 1\n"
_NORMS = ("batch", "sample", "position", "entry")


def _measured(*steps: str, head: str = _ONE) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """In each norm, where one entry alone reaches the bound of a map that moves entries."""
    mixed = ((m, _of(head, *steps), {**_I, "norms": "mixed", "measure": m}) for m in _NORMS)
    return (("", _of(head, *steps), _I), *mixed)


CASES = {
    ("slice", "Linear.norm"): _measured("{slice: {axis: 1, start: 1, step: 2}}"),
    ("expand", "Linear.norm"): _measured("{slice: {axis: 1, stop: 1}}", "{expand: [3, 2, 5]}"),
    ("squeeze", "Linear.norm"): _measured("{slice: {axis: 1, stop: 1}}", "{squeeze: 1}"),
    ("unsqueeze", "Linear.norm"): _measured("{unsqueeze: 1}"),
    ("pad", "Linear.norm"): (
        *_measured("pad: [0, [1, 2]]"),
        *(
            (f"{mode} {amounts} {variant}", text, options)
            for mode, amounts in (("reflect", "[0, [2, 0]]"), ("reflect", "[1, 3]"), ("replicate", "[0, [2, 1]]"), ("circular", "[0, [3, 2]]"))
            for variant, text, options in _measured(f"{{pad: {{amounts: {amounts}, mode: {mode}}}}}")
        ),
    ),
    ("roll", "Linear.norm"): _measured("{roll: {axis: 0, by: 1}}"),
    ("take", "Linear.norm"): (
        *_measured("{take: {axis: 1, count: 3}}"),
        *((f"most {v}", text, options) for v, text, options in _measured("{take: {axis: 0, count: 3, most: 2}}")),
    ),
    ("constant", "Linear.norm"): (
        ("", _of(_ROWS, "{constant: {shape: [2, 3], norm: 3}}"), {}),
        ("entry", _of(_ROWS, "{constant: {shape: [2, 3], norm: 3, entry: 2}}"), {}),
    ),
    ("subtract", "Linear.norm"): (("", _of(_ONE, "{subtract: [[{affine: 0}], []]}"), _I),),
    ("scale", "Bilinear.norm"): (("", _of("input: {shape: [1], norm: 50}\nradius: 1\n", "scale"), {}),),
    ("scale", "Bilinear.constant"): (("", _of(_SMALL, "{scale: {bias: true}}"), {}),),
    ("scale", "Linear.norm"): (("", _of(_SMALL, "{scale: {bias: true, radius: {weight: 1/10, bias: 2}}}"), {}),),
    ("layer_scale", "Bilinear.norm"): (("", _of("input: {shape: [1], norm: 50}\nradius: 1\n", "layer_scale: 1/8"), {}),),
    ("layer_scale", "Linear.norm"): (("", _of("input: {shape: [1], norm: 1}\nradius: 1/100\n", "layer_scale: 3"), _I),),
    ("stochastic_depth", "Linear.norm"): _measured("stochastic_depth: 1/2"),
}  # fmt: skip


# Makers for the random specs -----------------------------------------------------------------------------------------


def _axis(scope: Scope, shape: Shape) -> tuple[int, int]:
    """An axis, and how it is written."""
    axis = scope.draft.rng.randrange(len(shape))
    return axis, axis - len(shape) if scope.draft.chance(0.3) else axis


def _changed(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def cut(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    axis, written = _axis(scope, shape)
    start = rng.randrange(shape[axis])
    stop, step = rng.randint(start + 1, shape[axis]), rng.choice((1, 1, 2, 3))
    fields: dict[str, Value] = {"axis": written}
    if start or rng.random() < 0.2:
        fields["start"] = rng.choice((start, start - shape[axis])) if start else 0
    if stop < shape[axis]:
        fields["stop"] = rng.choice((scope.size(stop), stop - shape[axis]))
    if step > 1 or rng.random() < 0.2:
        fields["step"] = scope.size(step)
    scope.push("slice", fields, _changed(shape, axis, len(range(start, stop, step))))


def split(scope: Scope) -> None:
    """Its parts can be read later; the next step reads one of them, or all."""
    rng, shape = scope.draft.rng, shape_of(scope)
    axis, written = _axis(scope, shape)
    ends = sorted({0, shape[axis], *(rng.randrange(shape[axis]) for _ in range(2))})
    sizes = [stop - start for start, stop in pairwise(ends)]
    name = scope.draft.fresh("split")
    scope.push("split", {"axis": written, "sizes": [scope.size(size) for size in sizes]}, shape, name=name)
    for index, size in enumerate(sizes):
        scope.count(scope.draft.batch * prod(_changed(shape, axis, size)))
        scope.nodes[f"{name}.{index}"] = scope.inner[f"{name}.{index}"] = _changed(shape, axis, size)


def expand(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    wider = [rng.randint(1, 3) if size == 1 else size for size in shape]
    new = [rng.randint(1, 2) for _ in range(rng.choice((0, 1, 1)) if len(shape) < 4 else 0)]
    written: list[Value] = [-1 if size == w and rng.random() < 0.3 else w for size, w in zip(shape, wider, strict=True)]
    scope.push("expand", {"shape": [*new, *written]}, (*new, *wider))


def squeeze(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    single = [axis for axis, size in enumerate(shape) if size == 1]
    if not single or rng.random() < 0.3:
        axis = rng.randrange(len(shape) + 1)
        scope.push("unsqueeze", {"axis": rng.choice((axis, axis - len(shape) - 1))}, (*shape[:axis], 1, *shape[axis:]))
        return
    axis = rng.choice(single)
    scope.push("squeeze", {"axis": rng.choice((axis, axis - len(shape)))}, (*shape[:axis], *shape[axis + 1 :]))


def pad(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    mode = rng.choice(("zeros", "reflect", "replicate", "circular"))
    most = {"reflect": -1, "circular": 0}.get(mode, 2)
    ends = [[rng.randint(0, min(2, size + most) if most < 2 else 2) for _ in range(2)] for size in shape]
    kept = rng.randrange(len(shape))  # so that not every axis grows
    ends = [pair if axis == kept or rng.random() < 0.3 else [0, 0] for axis, pair in enumerate(ends)]
    fields: dict[str, Value] = {"amounts": [before if before == after else [before, after] for before, after in ends]}
    if mode != "zeros" or rng.random() < 0.5:
        fields["mode"] = mode
    scope.push("pad", fields, tuple(size + sum(pair) for size, pair in zip(shape, ends, strict=True)))


def roll(scope: Scope) -> None:
    shape = shape_of(scope)
    scope.push("roll", {"axis": _axis(scope, shape)[1], "by": scope.draft.rng.randint(-4, 4)}, shape)


def take(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    axis, written = _axis(scope, shape)
    most = rng.choice((1, 2))
    count = rng.randint(1, most * shape[axis])
    fields = {"axis": written, "count": count} | ({"most": most} if most > 1 else {})
    scope.push("take", fields, _changed(shape, axis, count))


def constant(scope: Scope) -> None:
    shape = tuple(scope.draft.rng.randint(1, 3) for _ in range(scope.draft.rng.randint(1, 2)))
    fields = {"shape": scope.sizes(shape), "norm": scope.constant(("1", "1/2", "2"))}
    scope.source = None
    scope.push("constant", fields | ({"entry": "2"} if scope.draft.chance(0.5) else {}), shape)


def affine(scope: Scope) -> None:
    numbers = ("1", "-1", "1/2", "-3/2", "0")
    fields = {name: scope.constant(numbers) for name in ("scale", "shift") if scope.draft.chance(0.6)}
    scope.push("affine", fields, shape_of(scope))


def scale(scope: Scope) -> None:
    """After a dense layer, so that the features are known to be the last."""
    *rest, last = shape_of(scope)
    units = scope.draft.rng.randint(1, 3)
    scope.push("dense", {"units": units}, (*rest, units), {"weight": (units, last), "bias": (units,)}, spectral=True)
    if scope.draft.chance(0.4):  # a gain of another start is shared with nothing
        scope.count(prod((scope.draft.batch, *rest, units)))
        scope.draft.free += 1
        scope.append("layer_scale", {"start": scope.constant(("1/4", "1", "2"))}, None, (*rest, units))
        return
    bias = scope.draft.chance(0.4)
    fields = {"bias": scope.flag(bias)} if bias or scope.draft.chance(0.4) else {}
    arrays = dict.fromkeys(("weight", "bias") if bias else ("weight",), (units,))
    scope.push("scale", fields, (*rest, units), arrays, gains=("weight",))


def stochastic_depth(scope: Scope) -> None:
    scope.push("stochastic_depth", {"p": scope.constant(("1/10", "1/4", "1/2"))}, shape_of(scope))


def _others(scope: Scope, count: int) -> list[Value]:
    shape = shape_of(scope)
    named: list[Value] = [*scope.readable(lambda other: other == shape), [], ["tanh"]]
    return [[], *(scope.draft.rng.choice(named) for _ in range(count))]


def stack(scope: Scope) -> None:
    shape, others = shape_of(scope), _others(scope, scope.draft.rng.choice((0, 1, 2)))
    axis = scope.draft.rng.randrange(len(shape) + 1)
    fields = {} if axis == 0 and scope.draft.chance(0.6) else {"axis": axis}
    scope.push("stack", {"from": others, **fields}, (*shape[:axis], len(others), *shape[axis:]))


def subtract(scope: Scope) -> None:
    read = _others(scope, 1)
    scope.draft.rng.shuffle(read)
    scope.push("subtract", {"from": read}, shape_of(scope))


def _axes(shape: Shape) -> bool:
    return len(shape) >= 1


def _few(shape: Shape) -> bool:
    return len(shape) <= 3 and prod(shape) <= 24


def _some(shape: Shape) -> bool:
    return 1 <= len(shape) <= 3 and prod(shape) <= 24


MAKERS = (
    Row("slice", 0.6, _axes, cut),
    Row("split", 0.6, _axes, split),
    Row("expand", 0.5, _few, expand),
    Row("squeeze", 0.5, _some, squeeze),
    Row("pad", 0.8, _some, pad),
    Row("roll", 0.3, _axes, roll),
    Row("take", 0.3, _some, take),
    Row("constant", 0.2, lambda shape: True, constant, unary=False),
    Row("affine", 0.4, lambda shape: True, affine),
    Row("scale", 0.8, _some, scale),
    Row("stochastic_depth", 0.3, lambda shape: True, stochastic_depth),
    Row("stack", 0.5, _few, stack, unary=False),
    Row("subtract", 0.5, _few, subtract, unary=False),
)

FAMILY = Family(
    computes=COMPUTES,
    networks=INSTANCES,
    instances=INSTANCES,
    makers=MAKERS,
    cases=CASES,
    without=frozenset({"split", "stack"}),
)
