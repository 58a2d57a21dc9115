"""conv1d, conv2d, conv3d: convolutions over all axes but the first (the channels).

||v * z|| <= b ||v|| ||z|| with b^2 the largest number of windows that an entry is in (catalogue/convolutions.py); the bias
is added at every output position. With `weight_norm` the filters are made of gains and directions (parts/weight_norm.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue import convolutions, published, symbols
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.graph.sliding import Sliding
from boundcalc.layers.parts import affine, filters, windows
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import outside
from boundcalc.layers.parts.weight_norm import WeightNorm, place_weights, refuse_published, weight_of


class Fields(filters.FilterFields):
    """A convolution over all axes but the first (the channels)."""

    weight_norm: WeightNorm | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    read: Shape  # of what is read
    touches: Shape  # how many windows an entry is in, along each axis
    outputs: Shape
    kernel: Shape
    stride: Shape
    padding: tuple[tuple[sympy.Expr, sympy.Expr], ...]  # before and after
    dilation: Shape
    groups: sympy.Expr
    normed: Nonlinearity | None  # the map that makes the weight, if it is not learned as it is


@dataclass(frozen=True, slots=True)
class Placing:
    """Convolutions over so many axes."""

    axes: int

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        shape, own = at.shape, filters.Filters.of(fields, at, self.axes)
        channels, groups, kernel, stride, dilation = own.channels, own.groups, own.kernel, own.stride, own.dilation
        if windows.is_same(at, fields.padding):
            if any(not at.same(s, sympy.S.One) for s in stride):
                raise at.error("`padding: same` needs stride 1", "give the padding as a number")
            outputs = shape[1:]
            missing = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            padding = tuple((sympy.floor(w / 2), w - sympy.floor(w / 2)) for w in missing)
        else:
            given = windows.per_axis(at, fields.padding, self.axes, "the padding", default=0, least=0)
            outputs = tuple(
                windows.window_count(at, n, d * (k - 1) + 1, s, p)
                for n, k, s, d, p in zip(shape[1:], kernel, stride, dilation, given, strict=True)
            )
            padding = tuple((p, p) for p in given)
        touches = tuple(
            convolutions.touches(o, k, s, d) for o, k, s, d in zip(outputs, kernel, stride, dilation, strict=True)
        )
        weights = place_weights(fields.weight_norm, at, (channels, shape[0] / groups, *kernel))
        arrays: dict[str, Shape] = {**weights.arrays, **({"bias": (channels,)} if at.flag(fields.bias) else {})}
        norm = convolutions.convolution_norm(touches)
        facts = Facts(norm, shape, touches, outputs, kernel, stride, padding, dilation, groups, weights.entry)
        return Placed((channels, *outputs), facts, arrays, least=weights.least, most=weights.most, features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A patch is read at every position, of all channels of a group: `taps` entries along each axis."""
    reach = tuple(zip(facts.kernel, facts.touches, strict=True))
    return filters.lower_filters(facts.norm, reach, facts.groups, facts.read, inputs[0], lowering, facts.normed)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    refuse_published(facts.normed, lowering)
    kernel, stride = facts.kernel, facts.stride
    if kernel[0] != kernel[1] or stride[0] != stride[1] or facts.dilation != (1, 1):
        raise outside(published.CONV2D, lowering)
    values = {symbols.kernel: kernel[0], symbols.stride: stride[0]}
    return affine.lower_published(published.CONV2D, inputs[0], lowering, values)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Taps against the entries under them, group by group."""
    (z,), weight = inputs, weight_of(arrays, xp)
    z = windows.padded(z, facts.padding, 0.0, xp)
    taps = windows.taps(
        z, facts.outputs, facts.kernel, facts.stride, facts.dilation, xp
    )  # [n, channels, *outputs, taps]
    groups, count = int(facts.groups), math.prod(weight.shape[1:])
    rows = xp.reshape(weight, (groups, weight.shape[0] // groups, count))
    return filters.correlate(taps, rows, arrays, xp)


def sliding(facts: Facts) -> Sliding:
    return filters.sliding(facts.touches, facts.read[1:], facts.dilation, facts.groups)


# The paper's constants are those of two axes.
KINDS = tuple(
    Kind(
        f"conv{axes}d",
        Fields,
        Placing(axes).place,
        lower,
        forward,
        lower_published if axes == 2 else None,
        spectral="weight",
        sliding=sliding,
        example=example(f"conv{axes}d: {{channels: 2, kernel: 3, padding: same}}", f"[1{', 5' * axes}]"),
    )
    for axes in (1, 2, 3)
)
