"""What layers over windows and axes share: ranks, numbers per axis, how many windows fit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.exact.intervals import at_least
from boundcalc.exact.values import floor, minimum
from boundcalc.graph.kind import At
from boundcalc.graph.shape import Shape


def check_rank(at: At, shape: Shape, axes: int) -> None:
    if len(shape) != axes + 1:
        wanted = ", ".join(["channels", *("height", "width", "depth")[:axes]])
        raise at.error(f"'{at.kind}' reads an array of shape [{wanted}], and its input has {len(shape)} axes")


def is_same(at: At, padding: tuple[Expression, ...] | None) -> bool:
    return padding is not None and len(padding) == 1 and at.word(padding[0]) == "same"


def per_axis(
    at: At,
    values: tuple[Expression, ...] | None,
    axes: int,
    what: str,
    default: int = 1,
    least: int = 1,
) -> tuple[sympy.Expr, ...]:
    if values is None:
        return (sympy.Integer(default),) * axes
    if len(values) not in (1, axes):
        raise at.error(
            f"{what} has {len(values)} entries for {axes} axes",
            "give one number, or one for each axis",
            values[0].place if values else None,
        )
    sizes = tuple(at.size(value, what, least) for value in values)
    return sizes * axes if len(sizes) == 1 else sizes


def window_count(
    at: At,
    entries: sympy.Expr,
    extent: sympy.Expr,
    stride: sympy.Expr,
    padding: sympy.Expr,
    ceil: bool = False,
) -> sympy.Expr:
    """How many windows of that extent fit on an axis.

    With `ceil` a last window may leave the padded axis, but must start before the padding behind the last entry, as torch
    has it: floor(x/s) + 1 windows start up to x, and ceil(y/s) = floor((y + s - 1)/s) for whole numbers.
    """
    last = entries + 2 * padding - extent  # where the last window starts at most
    if ceil:
        last = entries + padding - 1 + minimum((padding - extent + stride, sympy.S.Zero))
    if not at.fits(at_least(last, sympy.S.Zero)):
        axis, window = at.known(entries + 2 * padding), at.known(extent)
        raise at.error(f"the window of {window} does not fit into the axis of {axis} (padding included)")
    return floor(last / stride) + 1


def axis_of(at: At, rank: int, axis: int) -> int:
    if not -rank <= axis < rank:
        remedy = "axes are counted from 0, without the batch"
        raise at.error(f"there is no axis {axis} in an array of {rank} axes", remedy)
    return axis % rank


def padded(z: Any, padding: Sequence[tuple[sympy.Expr, sympy.Expr]], value: float, xp: Any) -> Any:
    """The array [n, channels, *axes] with so many entries `value` before and after on each axis."""
    for axis, ends in enumerate(padding, start=2):
        parts = [z]
        for count, where in zip(ends, (0, 1), strict=True):
            if int(count):
                shape = (*z.shape[:axis], int(count), *z.shape[axis + 1 :])
                parts.insert(where * len(parts), xp.full(shape, value, dtype=z.dtype))
        z = xp.concat(parts, axis=axis) if len(parts) > 1 else z
    return z


def taps(
    z: Any, outputs: Shape, kernel: Shape, stride: Shape, dilation: Shape, xp: Any, *, turned: bool = False
) -> Any:
    """[n, channels, *outputs, taps]: the entry under each tap of each window of a padded array; `turned`: the last tap first."""
    starts = list(product(*(range(int(k)) for k in kernel)))
    found = [
        z[
            (
                slice(None),
                slice(None),
                *(
                    slice(t * int(d), t * int(d) + (int(o) - 1) * int(s) + 1, int(s))
                    for t, o, s, d in zip(tap, outputs, stride, dilation, strict=True)
                ),
            )
        ]
        for tap in (reversed(starts) if turned else starts)
    ]
    return xp.stack(found, axis=-1)
