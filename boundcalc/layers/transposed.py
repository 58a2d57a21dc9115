"""convtranspose1d, convtranspose2d, convtranspose3d: the adjoints of convolutions in their inputs, as in torch: every entry is
multiplied by the kernel and added up where it lands.

||v *^T z|| <= b ||v|| ||z|| with the b of the convolution whose adjoint it is: <v *^T z, y> = <z, v * y>. b^2 is the largest number
of entries that land on the same place (catalogue/convolutions.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue import convolutions
from boundcalc.exact.intervals import at_least
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.graph.sliding import Sliding
from boundcalc.language.fields import Axes
from boundcalc.layers.parts import filters, windows
from boundcalc.layers.parts.example import example


class Fields(filters.FilterFields):
    """The adjoint of a convolution over all axes but the first (the channels); stride 2 doubles the axes."""

    output_padding: Axes | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    read: Shape  # of what is read
    touches: Shape  # how many entries land on one place, along each axis
    outputs: Shape
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: sympy.Expr


@dataclass(frozen=True, slots=True)
class Placing:
    """Transposed convolutions over so many axes."""

    axes: int

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        shape, own = at.shape, filters.Filters.of(fields, at, self.axes)
        channels, groups, kernel, stride, dilation = own.channels, own.groups, own.kernel, own.stride, own.dilation
        if windows.is_same(at, fields.padding):
            raise at.error("transposed convolutions have no `padding: same`", "give the padding as a number")
        padding = windows.per_axis(at, fields.padding, self.axes, "the padding", default=0, least=0)
        more = windows.per_axis(at, fields.output_padding, self.axes, "the output padding", default=0, least=0)
        for entries, s, d in zip(more, stride, dilation, strict=True):
            if not at.fits(at_least(sympy.Max(s, d), entries + 1)):
                finding = f"an output padding of {at.known(entries)} is not smaller than the stride or the dilation"
                raise at.error(finding, "it says which of the lengths that the stride leaves open is meant")
        outputs = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + e + 1
            for n, k, s, d, p, e in zip(shape[1:], kernel, stride, dilation, padding, more, strict=True)
        )
        for entries in outputs:
            if not at.fits(at_least(entries, sympy.S.One)):
                raise at.error(f"the padding leaves an axis of {at.known(entries)} entries", "give a smaller padding")
        touches = tuple(
            convolutions.touches(n, k, s, d) for n, k, s, d in zip(shape[1:], kernel, stride, dilation, strict=True)
        )
        arrays: dict[str, Shape] = {"weight": (shape[0], channels / groups, *kernel)}
        if at.flag(fields.bias):
            arrays["bias"] = (channels,)
        norm = convolutions.convolution_norm(touches)
        facts = Facts(norm, shape, touches, outputs, kernel, stride, padding, dilation, groups)
        return Placed((channels, *outputs), facts, arrays, features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """At each place at most `touches` entries land, along each axis, each times an entry of the kernel of its own."""
    reach = tuple((q, q) for q in facts.touches)
    return filters.lower_filters(facts.norm, reach, facts.groups, facts.read, inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """A convolution, with the kernel turned around, of the entries set apart by the stride."""
    (z,), weight = inputs, arrays["weight"]
    ends: list[tuple[int, int]] = []
    sizes = zip(facts.read[1:], facts.kernel, facts.stride, facts.padding, facts.dilation, facts.outputs, strict=True)
    for axis, size in enumerate(sizes, start=2):
        n, k, s, p, d, o = map(int, size)
        z = _set_apart(z, axis, s, xp)
        before = d * (k - 1) - p
        ends.append((before, o + p - (n - 1) * s - 1))
    grown = [(sympy.Integer(max(before, 0)), sympy.Integer(max(after, 0))) for before, after in ends]
    kept = (slice(max(-before, 0), n - max(-after, 0)) for (before, after), n in zip(ends, z.shape[2:], strict=True))
    z = windows.padded(z[(slice(None), slice(None), *kept)], grown, 0.0, xp)  # a negative padding takes entries away
    ones = (sympy.S.One,) * len(facts.kernel)
    taps = windows.taps(z, facts.outputs, facts.kernel, ones, facts.dilation, xp, turned=True)
    groups, count = int(facts.groups), math.prod(weight.shape[2:])
    read, made = weight.shape[0] // groups, weight.shape[1]
    rows = xp.permute_dims(xp.reshape(weight, (groups, read, made, count)), (0, 2, 1, 3))
    return filters.correlate(taps, xp.reshape(rows, (groups, made, read * count)), arrays, xp)


def sliding(facts: Facts) -> Sliding:
    """That of the convolution whose adjoint it is, which reads what this one makes."""
    return filters.sliding(facts.touches, facts.outputs, facts.dilation, facts.groups)


def _set_apart(z: Any, axis: int, stride: int, xp: Any) -> Any:
    """With stride - 1 zeros between the entries of an axis."""
    if stride == 1:
        return z
    zeros = xp.full(tuple(z.shape), 0.0, dtype=z.dtype)
    spread = xp.stack([z, *(zeros for _ in range(stride - 1))], axis=axis + 1)
    joined = xp.reshape(spread, (*z.shape[:axis], z.shape[axis] * stride, *z.shape[axis + 1 :]))
    return joined[(slice(None),) * axis + (slice(0, z.shape[axis] * stride - stride + 1),)]


KINDS = tuple(
    Kind(
        f"convtranspose{axes}d",
        Fields,
        Placing(axes).place,
        lower,
        forward,
        spectral="weight",
        sliding=sliding,
        example=example(f"convtranspose{axes}d: {{channels: 2, kernel: 2, stride: 2}}, tanh", shape),
    )
    for axes, shape in ((1, "[2, 4]"), (2, "[2, 3, 3]"), (3, "[1, 2, 2, 2]"))
)
