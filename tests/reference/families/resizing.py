"""Kinds that make axes longer or shorter: upsampling, adaptive and power poolings, means over several axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import ceil, floor, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from reference import layers as run
from reference.families.family import Computes, Family, Networks
from reference.layers import Array
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network


# What they compute ---------------------------------------------------------------------------------------------------


def _upsample(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Linear: the images of the unit vectors are hats, constant beyond the first and the last place."""
    facts, z = layer.placed.facts, inputs[0]
    for axis, factor in enumerate(net.axes(facts.factors), start=3):
        if facts.mode == "nearest":
            z = np.repeat(z, factor, axis=axis)
            continue
        count = z.shape[axis]
        places = (np.arange(count * factor) + 0.5) / factor - 0.5
        hats = np.stack([np.interp(places, np.arange(count), unit) for unit in np.eye(count)])
        z = np.moveaxis(np.moveaxis(z, axis, -1) @ hats, -1, axis)
    return z


def _adaptive(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """One window after the other."""
    z, counts = inputs[0], net.shape(layer)[1:]
    result = np.empty((*z.shape[:3], *counts), dtype=z.dtype)
    for place in np.ndindex(*counts):
        box = tuple(
            slice(floor(i * n / o), ceil((i + 1) * n / o)) for i, n, o in zip(place, z.shape[3:], counts, strict=True)
        )
        flat = z[(..., *box)].reshape(*z.shape[:3], -1)
        if "max" in layer.kind.name:
            largest = flat.real.argmax(axis=-1)[..., None]
            result[(..., *place)] = np.take_along_axis(flat, largest, axis=-1)[..., 0]
        else:
            result[(..., *place)] = flat.mean(axis=-1)
    return result


def _lppool(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts, p = layer.placed.facts, net.number(layer.placed.facts.p)
    counts = net.shape(layer)[1:]
    seen = run.windows(inputs[0], net.axes(facts.kernel), net.axes(facts.stride), [1, 1], counts)
    sums = (run.magnitude(seen) ** p).sum(axis=(-1, -2))
    return np.where(sums.real > 0, np.where(sums.real > 0, sums, 1) ** (1 / p), 0)


COMPUTES: Mapping[str, Computes] = {
    "upsample": _upsample,
    **{f"adaptive{form}pool{axes}d": _adaptive for form in ("avg", "max") for axes in (1, 2, 3)},
    "lppool2d": _lppool,
}

# Specs ---------------------------------------------------------------------------------------------------------------

_GRIDS = {
    1: "radius: 1\ninput: {shape: [2, 5], norm: 1}\n",
    2: "radius: 1\ninput: {shape: [2, 4, 3], norm: 1}\n",
    3: "radius: 1\ninput: {shape: [2, 3, 3, 2], norm: 1}\n",
}
_SIZES = {1: ("2", "1", "3", "7"), 2: ("2", "[3, 2]"), 3: ("1", "[2, 3, 1]")}


def _learned(axes: int, step: str) -> str:
    return f"{_GRIDS[axes]}layers: [{{conv{axes}d: {{channels: 2, kernel: 1, bias: false}}}}, {step}]\n"


INSTANCES: Mapping[str, str] = {
    **{
        f"adaptive{form}pool{axes}d, {size}": _learned(axes, f"adaptive{form}pool{axes}d: {{size: {size}}}")
        for form in ("avg", "max")
        for axes, sizes in _SIZES.items()
        for size in sizes
    },
    "upsample": _learned(1, "upsample: {factor: 3}"),
    "upsample, mode: nearest": _learned(2, "{upsample: {factor: [1, 2], mode: nearest}}, tanh"),
    "upsample, mode: linear": _learned(1, "{upsample: {factor: 2, mode: linear}}, softplus"),
    "upsample, linear over two axes": _learned(2, "{upsample: {factor: [3, 2], mode: linear}}"),
    "upsample, linear over three axes": _learned(3, "{upsample: {factor: [1, 2, 2], mode: linear}}"),
    "lppool2d": _learned(2, "lppool2d: {p: 2, kernel: 2}"),
    "lppool2d, stride": _learned(2, "lppool2d: {p: 3/2, kernel: [3, 2], stride: 1}"),
    "lppool2d, p: 1": _learned(2, "lppool2d: {p: 1, kernel: 2, stride: [2, 1]}"),
    "mean over two axes": _learned(3, "{mean: {axis: [1, -1]}}, dense: 1"),
}

_I: Mapping[str, Any] = {"wrt": ("input",)}


def _measured(*steps: str, axes: int = 1) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """In each norm in which what is read may be large everywhere."""
    for step in steps:
        text = f"{_GRIDS[axes]}layers: [{{{step}}}]\n".replace("[2, 5]", "[2, 6]")
        yield step, text, _I
        for measure in ("batch", "sample", "position", "entry"):
            yield f"{step} {measure}", text, {**_I, "norms": "mixed", "measure": measure}


CASES: Mapping[tuple[str, str], Networks] = {
    ("upsample", "Linear.norm"): (
        *_measured("upsample: 2", "upsample: {factor: 2, mode: linear}"),
        *_measured("upsample: {factor: [2, 3], mode: linear}", axes=2),
    ),
    **{
        (f"adaptiveavgpool{axes}d", "Linear.norm"): tuple(_measured(f"adaptiveavgpool{axes}d: {size}", axes=axes))
        for axes, size in ((1, "3"), (2, "[2, 1]"), (3, "[3, 3, 1]"))
    },
    **{
        (f"adaptivemaxpool{axes}d", "Map.lipschitz"): tuple(_measured(f"adaptivemaxpool{axes}d: {size}", axes=axes))
        for axes, size in ((1, "4"), (2, "[3, 2]"), (3, "[2, 3, 1]"))
    },
    ("lppool2d", "Map.lipschitz"): (
        *_measured("lppool2d: {p: 2, kernel: 2, stride: 1}", "lppool2d: {p: 3, kernel: 2}", axes=2),
        *_measured("lppool2d: {p: 1, kernel: 2}", axes=2),
    ),
}


# Makers for the random specs -----------------------------------------------------------------------------------------


def upsample(scope: Scope) -> None:
    rng, (channels, *places) = scope.draft.rng, shape_of(scope)
    factors = [rng.randint(1, 2) for _ in places]
    one = len(set(factors)) == 1 and rng.random() < 0.7
    fields: dict[str, Value] = {"factor": scope.size(factors[0]) if one else factors}
    if rng.random() < 0.6:
        fields["mode"] = rng.choice(("nearest", "linear", "linear"))
    scope.push("upsample", fields, (channels, *(n * f for n, f in zip(places, factors, strict=True))))


def adaptive(scope: Scope, form: str, axes: int) -> None:
    rng, (channels, *places) = scope.draft.rng, shape_of(scope)
    sizes = [rng.randint(1, min(n + 1, 4)) for n in places]
    written: Value = scope.size(sizes[0]) if len(set(sizes)) == 1 and rng.random() < 0.7 else scope.sizes(tuple(sizes))
    scope.push(f"adaptive{form}pool{axes}d", {"size": written}, (channels, *sizes))


def lppool(scope: Scope) -> None:
    rng, (channels, *places) = scope.draft.rng, shape_of(scope)
    kernel = [rng.randint(1, min(3, n)) for n in places]
    stride = [rng.randint(1, 2) for _ in places] if rng.random() < 0.6 else None
    fields: dict[str, Value] = {"p": scope.constant(("1", "3/2", "2", "3")), "kernel": kernel}
    if stride is not None:
        fields["stride"] = stride
    counts = ((n - k) // s + 1 for n, k, s in zip(places, kernel, stride or kernel, strict=True))
    scope.push("lppool2d", fields, (channels, *counts))


def _image(axes: int, shape: Shape) -> bool:
    return len(shape) == axes + 1


def _small(shape: Shape) -> bool:
    return 2 <= len(shape) <= 4 and prod(shape) <= 24


MAKERS = (
    Row("upsample", 0.6, _small, upsample),
    *(
        Row(
            f"adaptive{form}pool{a}d",
            0.6,
            partial(_image, a),
            partial(adaptive, form=form, axes=a),
            rough=form == "max",
        )
        for form in ("avg", "max")
        for a in (1, 2, 3)
    ),
    Row("lppool2d", 1, partial(_image, 2), lppool, rough=True),
)

FAMILY = Family(computes=COMPUTES, networks=INSTANCES, instances=INSTANCES, makers=MAKERS, cases=CASES)
