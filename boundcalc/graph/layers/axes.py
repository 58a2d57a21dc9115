"""What layers over windows and axes share: ranks, numbers per axis, how many windows fit."""

from __future__ import annotations

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.exact.intervals import at_least
from boundcalc.exact.values import floor, minimum
from boundcalc.graph.layer_graph import Shape
from boundcalc.graph.layers.rule import Request


def check_rank(request: Request, shape: Shape, axes: int) -> None:
    if len(shape) != axes + 1:
        wanted = ", ".join(["channels", *("height", "width", "depth")[:axes]])
        raise request.error(f"'{request.kind}' reads an array of shape [{wanted}], and its input has {len(shape)} axes")


def is_same(request: Request, padding: tuple[Expression, ...] | None) -> bool:
    return padding is not None and len(padding) == 1 and request.word(padding[0]) == "same"


def per_axis(
    request: Request,
    values: tuple[Expression, ...] | None,
    axes: int,
    what: str,
    default: int = 1,
    least: int = 1,
) -> tuple[sympy.Expr, ...]:
    if values is None:
        return (sympy.Integer(default),) * axes
    if len(values) not in (1, axes):
        raise request.error(
            f"{what} has {len(values)} entries for {axes} axes",
            "give one number, or one for each axis",
            values[0].place,
        )
    sizes = tuple(request.size(value, what, least) for value in values)
    return sizes * axes if len(sizes) == 1 else sizes


def window_count(
    request: Request,
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
    if not request.fits(at_least(last, sympy.S.Zero)):
        axis, window = request.known(entries + 2 * padding), request.known(extent)
        raise request.error(f"the window of {window} does not fit into the axis of {axis} (padding included)")
    return floor(last / stride) + 1


def axis_of(request: Request, rank: int, axis: int) -> int:
    if not -rank <= axis < rank:
        remedy = "axes are counted from 0, without the batch"
        raise request.error(f"there is no axis {axis} in an array of {rank} axes", remedy)
    return axis % rank
