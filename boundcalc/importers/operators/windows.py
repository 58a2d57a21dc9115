"""Windows written out: unfold, and convolutions whose weight is computed, which are products of it with all windows."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.arithmetic import total
from boundcalc.importers.operators.moves import permuted, reshaped
from boundcalc.importers.operators.parts import padded
from boundcalc.importers.operators.products import multiplied
from boundcalc.importers.operators.taking import taken
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value


def held(value: Value) -> Held:
    if not isinstance(value, Held):
        raise RefusalError("it moves what is no array")
    return value


def unfold(draft: Draft, call: Call) -> Value:
    """Windows along one axis: [..., windows, ..., entries of a window]."""
    of = call.held("self")
    axis, size, step = call.integer("dimension") % len(of.shape), call.integer("size"), call.integer("step")
    count = (of.shape[axis] - size) // step + 1
    apart = _windows(draft, of, axis, size, count, step, 1)
    order = [*range(axis), axis + 1, *range(axis + 2, len(apart.shape)), axis]
    return permuted(draft, apart, tuple(order))


def _windows(draft: Draft, of: Held, axis: int, size: int, count: int, step: int, dilation: int) -> Held:
    """[..., size, count, ...]: entry k of window i."""
    at = (np.arange(size)[:, None] * dilation + np.arange(count)[None] * step).ravel()
    shape = (*of.shape[:axis], at.size, *of.shape[axis + 1 :])
    read = held(taken(draft, of, Fixed(at), axis, shape))
    return held(reshaped(draft, read, (*shape[:axis], size, count, *shape[axis + 1 :])))


def columns(
    draft: Draft, of: Held, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> tuple[Held, Shape]:
    """All windows of [n, channels, *places] as [n, channels, *kernel, *windows], and how many windows there are."""
    axes = len(kernel)
    amounts = tuple(amount for p in reversed(padding) for amount in (p, p))
    whole = (*of.shape[:2], *(n + 2 * p for n, p in zip(of.shape[2:], padding, strict=True)))
    found = held(padded(draft, of, amounts, "zeros", whole))
    counts: list[int] = []
    for i in range(axes):
        axis = 2 + 2 * i
        extent = dilation[i] * (kernel[i] - 1) + 1
        counts.append((found.shape[axis] - extent) // stride[i] + 1)
        found = _windows(draft, found, axis, kernel[i], counts[-1], stride[i], dilation[i])
    order = (0, 1, *(2 + 2 * i for i in range(axes)), *(3 + 2 * i for i in range(axes)))
    return held(permuted(draft, found, order)), tuple(counts)


def _per_axis(values: tuple[int, ...], axes: int) -> Shape:
    return values * axes if len(values) == 1 else values


def im2col(draft: Draft, call: Call) -> Value:
    names = ("kernel_size", "stride", "padding", "dilation")
    kernel, stride, padding, dilation = (_per_axis(call.integers(name), 2) for name in names)
    found, _ = columns(draft, call.plain("self", 2), kernel, stride, padding, dilation)
    return reshaped(draft, found, call.shape)


def computed_convolution(draft: Draft, call: Call, axes: int) -> Value:
    """W z of all windows z, for each group by itself."""
    weight = draft.held(call.array("weight"))
    if weight.batch is not None and weight.batch.axis == 0 and weight.batch.before == 1:
        return _of_each_sample(draft, call, weight, axes)
    of = call.plain("input", axes)
    if weight.batch is not None or isinstance(call.get("padding"), str):
        raise RefusalError("its weight is another one for each sample, or its padding has a name")
    out, each, *kernel = weight.shape
    groups, count = call.integer("groups", 1), prod(kernel)
    stride, padding, dilation = (_per_axis(call.integers(name), axes) for name in ("stride", "padding", "dilation"))
    found, windows = columns(draft, of, tuple(kernel), stride, padding, dilation)
    n = found.shape[0]
    inner = held(reshaped(draft, found, (n, groups, each * count, prod(windows))))
    rows = held(reshaped(draft, weight, (groups, out // groups, each * count)))
    image = multiplied(draft, rows, inner, (n, groups, out // groups, prod(windows)))
    whole = reshaped(draft, image, call.shape)
    bias = call.get("bias")
    if bias is None:
        return whole
    if not isinstance(bias, Learned | Held | Fixed):
        raise RefusalError("its bias is no array")
    return total(draft, whole, reshaped(draft, bias, (out, *(1,) * axes)), 1.0)


def _of_each_sample(draft: Draft, call: Call, weight: Held, axes: int) -> Value:
    """Weights that are another for each sample: one image with the channels of all of them, in as many groups."""
    of, n = call.held("input"), draft.batch
    if (
        of.batch is None
        or of.batch.axis != 1
        or of.batch.before != 1
        or of.shape[0] != 1
        or call.get("bias") is not None
    ):
        raise RefusalError("its weight is another one for each sample, and its input is not grouped so")
    if call.integer("groups", 1) % n or isinstance(call.get("padding"), str):
        raise RefusalError("its groups are not those of the samples, or its padding has a name")
    groups, out, (each, *kernel) = call.integer("groups", 1) // n, weight.shape[0] // n, weight.shape[1:]
    stride, padding, dilation = (_per_axis(call.integers(name), axes) for name in ("stride", "padding", "dilation"))
    apart = held(reshaped(draft, of, (n, of.shape[1] // n, *of.shape[2:])))
    found, windows = columns(draft, apart, tuple(kernel), stride, padding, dilation)
    inner = held(reshaped(draft, found, (n, groups, each * prod(kernel), prod(windows))))
    rows = held(reshaped(draft, weight, (n, groups, out // groups, each * prod(kernel))))
    return reshaped(draft, multiplied(draft, rows, inner, (n, groups, out // groups, prod(windows))), call.shape)
