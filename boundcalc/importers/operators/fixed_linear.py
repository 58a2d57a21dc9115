"""Fixed linear maps along an axis, known by their matrices: running sums, windows put back in their places, means taken away."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field, above
from boundcalc.importers.graph import Array
from boundcalc.importers.operators.moves import reshaped
from boundcalc.importers.values import Held, RefusalError, Value

MOST_ENTRIES = 2**24  # of a matrix: a norm of more is not computed soon


def mapped(draft: Draft, of: Held, matrix: Array, axis: int, norm: Field | None = None) -> Held:
    """`matrix` times the slices along an axis of the framework; `norm`: its operator norm, where a closed form is known."""
    own, after = of.axis(axis), matrix.shape[0]
    if matrix.size > MOST_ENTRIES:
        raise RefusalError(f"it is a linear map with a matrix of {matrix.shape[0]} x {matrix.shape[1]} entries")
    at = axis % len(of.shape)
    shape = (*of.shape[:at], after, *of.shape[at + 1 :])
    others: list[Field] = ["sample", *(i for i in range(len(of.own)) if i != own)]
    found = above(float(np.linalg.norm(matrix, 2))) if norm is None else norm
    fields: dict[str, Field] = {"norm": found, "axes": others}
    if after != matrix.shape[1]:
        fields["shape"] = list(Held("", shape, of.batch).own)
    given = {"matrix": np.asarray(matrix, dtype=np.float64), "axis": np.array(own + 1)}
    return draft.step("linear", fields, (of,), shape, of.batch, given=given)


def cumsum(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axis = call.integer("dim") % len(of.shape)
    count = of.shape[axis]
    return mapped(draft, of, np.tril(np.ones((count, count))), axis)


def centred(draft: Draft, of: Held, axis: int) -> Held:
    """Less the mean along an axis: a projection."""
    count = of.shape[axis]
    return mapped(draft, of, np.eye(count) - 1 / count, axis, 1)


def col2im(draft: Draft, call: Call) -> Value:
    """Windows added up where they come from: an entry is in so many of them."""
    of = call.plain("self", 1)
    sizes, kernel, dilation, padding, stride = (
        _pair(call.integers(name)) for name in ("output_size", "kernel_size", "dilation", "padding", "stride")
    )
    counts = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(sizes, kernel, dilation, padding, stride, strict=True)
    ]
    to = np.full((*kernel, *counts), -1)
    for at in np.ndindex(*to.shape):
        y, x = (at[2 + i] * stride[i] + at[i] * dilation[i] - padding[i] for i in (0, 1))
        if 0 <= y < sizes[0] and 0 <= x < sizes[1]:
            to[at] = y * sizes[1] + x
    if to.size * prod(sizes) > MOST_ENTRIES:
        raise RefusalError(f"it is a linear map with a matrix of {prod(sizes)} x {to.size} entries")
    matrix = (to.ravel()[None] == np.arange(prod(sizes))[:, None]).astype(np.float64)
    most = int(matrix.sum(axis=1).max())
    n, channels = of.shape[0], of.shape[1] // prod(kernel)
    joined = reshaped(draft, of, (n, channels, to.size))
    if not isinstance(joined, Held):
        raise RefusalError("it puts back what is no array")
    norm: Field = 1 if most == 1 else f"sqrt({most})"  # the rows are orthogonal
    return reshaped(draft, mapped(draft, joined, matrix, 2, norm), call.shape)


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    first, *_, last = values * 2 if len(values) == 1 else values
    return first, last
