"""What convolutions and transposed convolutions share: a learned filter for each channel of the image, which reads a group of channels.

Groups act on separate channels: of sum_g ||v_g||^2 ||z_g||^2 one factor may take its largest group, so that the groups are an axis
along which the map acts index by index.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import Window, moved
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.kind import At, Lowering
from boundcalc.graph.shape import Shape
from boundcalc.graph.sliding import Sliding
from boundcalc.language.fields import Axes, Flag, Size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import affine, windows
from boundcalc.layers.parts.moves import lower_regrouped


class FilterFields(StepFields):
    """What is said of filters, whichever way they go."""

    value_field = "channels"
    channels: Size
    kernel: Axes
    stride: Axes | None = None
    padding: Axes | None = None  # a number, or one for each axis; of a convolution also `same`
    dilation: Axes | None = None
    groups: Size | None = None
    bias: Flag = True


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a layer over so many axes."""

    channels: sympy.Expr
    groups: sympy.Expr
    kernel: Shape
    stride: Shape
    dilation: Shape

    @classmethod
    def of(cls, fields: FilterFields, at: At, axes: int) -> Filters:
        """Raises SpecError."""
        windows.check_rank(at, at.shape, axes)
        channels = at.size(fields.channels, "the number of channels")
        return cls(
            channels,
            _groups(at, fields.groups, channels),
            windows.per_axis(at, fields.kernel, axes, "the kernel"),
            windows.per_axis(at, fields.stride, axes, "the stride"),
            windows.per_axis(at, fields.dilation, axes, "the dilation"),
        )


Reach = tuple[sympy.Expr, sympy.Expr]


def _groups(at: At, given: Size | None, channels: sympy.Expr) -> sympy.Expr:
    """The number of groups, which divides those of the channels that are read and of those that are made."""
    groups = at.size(given, "the number of groups") if given is not None else sympy.S.One
    for value, what in ((at.shape[0], "input channels"), (channels, "channels")):
        if not at.divides(value, groups):
            raise at.error(f"{at.known(value)} {what} do not divide into {at.known(groups)} groups")
    return groups


def lower_filters(
    norm: sympy.Expr,
    reach: Sequence[Reach],
    groups: sympy.Expr,
    read: Shape,
    of: int,
    lowering: Lowering,
    normed: Nonlinearity | None = None,
) -> int:
    """`reach`: taps and touches along each axis; `read`: the shape of what is read. A group is an axis of what is read and of the
    image, unless there is one alone; `normed`: see `lower_affine`."""
    channels, *outputs = lowering.shape
    if groups == 1:
        read_in = tuple(Window(axis, axis, *each) for axis, each in enumerate(reach, start=2))
        return affine.lower_affine(norm, moved([(0, 0)], read_in), (1,), of, lowering, normed=normed)
    alone, single = read[0] == groups, channels == groups  # channels of what is read, and of the image, are groups
    if not alone:
        of = lower_regrouped(of, read, (groups, read[0] / groups, *read[1:]), lowering)
    read_in = tuple(Window(2 + i + (not alone), 2 + i + (not single), *each) for i, each in enumerate(reach))
    view = moved([(0, 0), (1, 1)], read_in)
    if single:
        return affine.lower_affine(norm, view, (1,), of, lowering, normed=normed)
    split = (groups, channels / groups, *outputs)
    image = affine.lower_affine(norm, view, (1, 2), of, lowering, split, normed)
    return lower_regrouped(image, split, lowering.shape, lowering)


def correlate(taps: Any, rows: Any, arrays: Mapping[str, Any], xp: Any) -> Any:
    """Filters (groups, channels out of a group, channels into it times taps) against the entries under their taps
    [n, channels, *outputs, taps], group by group; and the bias."""
    batch, channels, *outputs, count = taps.shape
    groups, made, _ = rows.shape
    positions = math.prod(outputs)
    seen = xp.reshape(taps, (batch, groups, channels // groups, positions, count))
    seen = xp.reshape(xp.permute_dims(seen, (0, 1, 3, 2, 4)), (batch, groups, positions, channels // groups * count))
    image = xp.matmul(seen, xp.permute_dims(rows, (0, 2, 1)))  # [n, groups, positions, channels out of a group]
    image = xp.reshape(xp.permute_dims(image, (0, 1, 3, 2)), (batch, groups * made, *outputs))
    if "bias" not in arrays:
        return image
    return image + xp.reshape(arrays["bias"], (-1, *(1 for _ in outputs)))


def sliding(touches: Shape, lengths: Shape, dilation: Shape, groups: sympy.Expr) -> Sliding:
    """With numbers in place of symbols."""
    return Sliding(*(tuple(map(int, each)) for each in (touches, lengths, dilation)), groups=int(groups))
