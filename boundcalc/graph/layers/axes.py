"""What layers over windows and axes share: ranks, numbers per axis, how many windows fit."""

from __future__ import annotations

import sympy

from boundcalc.graph.layer_graph import Shape
from boundcalc.graph.layers.rule import Request
from boundcalc.spec.expression import Expression


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
    """How many windows of that extent fit on an axis."""
    steps = (entries + 2 * padding - extent) / stride
    count = (sympy.ceiling(steps) if ceil else sympy.floor(steps)) + 1
    known = request.known(count)
    if ceil and known.is_number:
        past = (count - 1) * stride - entries - padding
        if request.known(past).is_nonnegative:
            request.assume(sympy.Ge(past, 0))
            count = count - 1  # the last window would start in the padding, past every entry (as torch drops it)
        else:
            request.assume(sympy.Lt(past, 0))
    request.assume(sympy.Ge(count, 1))
    if known.is_number and not known.is_positive:
        axis, window = request.known(entries + 2 * padding), request.known(extent)
        raise request.error(f"the window of {window} does not fit into the axis of {axis} (padding included)")
    return count


def axis_of(request: Request, rank: int, axis: int) -> int:
    if not -rank <= axis < rank:
        remedy = "axes are counted from 0, without the batch"
        raise request.error(f"there is no axis {axis} in an array of {rank} axes", remedy)
    return axis % rank
