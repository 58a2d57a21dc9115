"""Axes in another order, joined, cut, repeated: what moves entries and computes nothing.

Learned arrays are moved before they are learned: an array whose entries stand in another order has the same norm.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.graph import Shape
from boundcalc.importers.values import Batch, Fixed, Held, Learned, RefusalError, Value, relocated


def reshape(draft: Draft, call: Call) -> Value:
    """view, flatten, unflatten, unsqueeze, squeeze: whatever has the same entries in the same order."""
    return reshaped(draft, call.array("self"), call.shape)


def reshaped(draft: Draft, of: Held | Learned | Fixed, shape: Shape) -> Value:
    if of.shape == shape:
        return of
    if isinstance(of, Fixed):
        return Fixed(of.array.reshape(shape))
    if isinstance(of, Learned):
        return of.moved("reshape", shape, shape)
    batch = None if of.batch is None else relocated(of.batch, draft.batch, of.shape, shape)
    return draft.reshaped(of, Held("", shape, batch).own, shape, batch)


def unsqueeze(draft: Draft, call: Call) -> Value:
    """As a reshape, but where the one sample of an example is stays known."""
    of = call.array("self")
    at = call.integer("dim") % len(call.shape)
    if not isinstance(of, Held) or of.batch is None:
        return reshaped(draft, of, call.shape)
    batch = Batch(of.batch.axis + (at <= of.batch.axis), of.batch.before, of.batch.after)
    return draft.reshaped(of, Held("", call.shape, batch).own, call.shape, batch)


def squeeze(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    if not isinstance(of, Held) or of.batch is None or len(call.shape) == len(of.shape):
        return reshaped(draft, of, call.shape)
    given = call.integers("dim") if "dim" in call.arguments else range(len(of.shape))
    gone = {axis % len(of.shape) for axis in given if of.shape[axis] == 1}
    if of.batch.axis in gone:
        raise RefusalError("it takes away the axis of the samples")
    batch = Batch(of.batch.axis - sum(axis < of.batch.axis for axis in gone), of.batch.before, of.batch.after)
    return draft.reshaped(of, Held("", call.shape, batch).own, call.shape, batch)


def permute(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    return permuted(draft, of, tuple(axis % len(of.shape) for axis in call.integers("dims")))


def transpose(draft: Draft, call: Call) -> Value:
    return transposed(draft, call.array("self"), call.integer("dim0"), call.integer("dim1"))


def transposed_whole(draft: Draft, call: Call) -> Value:
    """t, numpy_T: all axes in the other direction."""
    of = call.array("self")
    return permuted(draft, of, tuple(reversed(range(len(of.shape)))))


def movedim(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    rank = len(of.shape)
    sources = [axis % rank for axis in call.integers("source")]
    targets = [axis % rank for axis in call.integers("destination")]
    order: list[int | None] = [None] * rank
    for source, target in zip(sources, targets, strict=True):
        order[target] = source
    rest = iter(axis for axis in range(rank) if axis not in sources)
    return permuted(draft, of, tuple(next(rest) if axis is None else axis for axis in order))


def transposed(draft: Draft, of: Held | Learned | Fixed, first: int, second: int) -> Held:
    order = list(range(len(of.shape)))
    a, b = first % len(order), second % len(order)
    order[a], order[b] = b, a
    return permuted(draft, of, tuple(order))  # type: ignore[return-value]


def permuted(draft: Draft, of: Held | Learned | Fixed, order: tuple[int, ...]) -> Held | Learned | Fixed:
    shape = tuple(of.shape[axis] for axis in order)
    if isinstance(of, Fixed):
        return Fixed(of.array.transpose(order))
    if isinstance(of, Learned):
        return of.transposed() if order == (1, 0) else of.moved("transpose", order, shape)
    batch = None
    if of.batch is not None:
        batch = Batch(order.index(of.batch.axis), of.batch.before, of.batch.after)
    image = Held(of.step, shape, batch)
    before, after = of.axes(), image.axes()
    own = tuple(before.index(None if axis is None else order[axis]) for axis in after)
    if of.masked is not None:
        return _held(permuted(draft, of.shown, order)).without(of, lambda array: array.transpose(order))
    if own == tuple(range(len(own))):
        return replace(of, shape=shape, batch=batch)
    if own == (*range(len(own) - 2), len(own) - 1, len(own) - 2):
        return draft.step("transpose", {}, (of,), shape, batch)
    return draft.step("permute", {"axes": list(own)}, (of,), shape, batch)


def beside(draft: Draft, of: Held) -> Held | None:
    """[samples and others, channels, *positions] as [samples, channels, others, *positions]: the others are positions."""
    batch = of.batch
    if batch is None or batch.axis != 0 or batch.others == 1 or len(of.shape) < 3:
        return None
    order = [1, 0, *range(2, len(of.own))]
    own = tuple(of.own[axis] for axis in order)
    return draft.step("permute", {"axes": order}, (of,), (draft.batch, *own), Batch(0))


def from_beside(draft: Draft, image: Held, batch: Batch) -> Held:
    """Back again."""
    order = [1, 0, *range(2, len(image.own))]
    own = tuple(image.own[axis] for axis in order)
    return draft.step("permute", {"axes": order}, (image,), (draft.batch * own[0], *own[1:]), batch)


def expand(draft: Draft, call: Call) -> Value:
    """The first axis of one entry that gets as many as there are samples is theirs, where there was none."""
    of = call.array("self")
    shape = call.shape
    if isinstance(of, Fixed):
        return Fixed(np.broadcast_to(of.array, shape))
    return expanded(draft, of, shape)


def expanded(draft: Draft, of: Held | Learned, shape: Shape) -> Value:
    if of.shape == shape:
        return of
    held = draft.held(of)
    if held.masked is not None:
        image = _held(expanded(draft, held.shown, shape))
        return image.without(held, lambda array: np.broadcast_to(array, shape))
    lead = len(shape) - len(held.shape)
    whole = (1,) * lead + held.shape
    batch = None
    if held.batch is not None:
        batch = Batch(held.batch.axis + lead, held.batch.before, held.batch.after)
        own = Held("", whole, batch).own
    else:
        axis = next((i for i, (a, b) in enumerate(zip(whole, shape, strict=True)) if a == 1 and b == draft.batch), None)
        batch = None if axis is None else Batch(axis)
        own = whole if axis is None else (*whole[:axis], *whole[axis + 1 :])
    return draft.expanded(held, own, shape, batch)


def repeat(draft: Draft, call: Call) -> Value:
    """Whole copies along axes: only axes of one entry, which is `expand`."""
    of = call.array("self")
    times = call.integers("repeats" if "repeats" in call.arguments else "dims")
    times = (1,) * (len(of.shape) - len(times)) + times
    if isinstance(of, Fixed):
        return Fixed(np.tile(of.array, times))
    whole = (1,) * (len(times) - len(of.shape)) + of.shape
    if all(size == 1 or count == 1 for size, count in zip(whole, times, strict=True)):
        return expanded(draft, of, call.shape)
    held = draft.held(of)
    apart: list[int] = []
    for size, count in zip(whole, times, strict=True):
        apart += [1, size] if count != 1 else [size]
    wide = reshaped(draft, held, tuple(apart))
    copies: list[int] = []
    for size, count in zip(whole, times, strict=True):
        copies += [count, size] if count != 1 else [size]
    if not isinstance(wide, Held):
        raise RefusalError("it repeats what is no array")
    return reshaped(draft, expanded(draft, wide, tuple(copies)), call.shape)  # type: ignore[arg-type]


def pixel_shuffle(draft: Draft, call: Call) -> Value:
    """[n, c r r, h, w] -> [n, c, h r, w r]."""
    of, r = call.held("self"), call.integer("upscale_factor")
    n, c, h, w = call.shape
    apart = reshaped(draft, of, (n, c, r, r, h // r, w // r))
    return reshaped(draft, permuted(draft, _held(apart), (0, 1, 4, 2, 5, 3)), call.shape)


def pixel_unshuffle(draft: Draft, call: Call) -> Value:
    of, r = call.held("self"), call.integer("downscale_factor")
    n, _, h, w = call.shape
    apart = reshaped(draft, of, (n, of.shape[1], h, r, w, r))
    return reshaped(draft, permuted(draft, _held(apart), (0, 1, 3, 5, 2, 4)), call.shape)


def channel_shuffle(draft: Draft, call: Call) -> Value:
    of, groups = call.held("self"), call.integer("groups")
    n, c, *rest = call.shape
    apart = _held(reshaped(draft, of, (n, groups, c // groups, *rest)))
    return reshaped(draft, permuted(draft, apart, (0, 2, 1, *range(3, 3 + len(rest)))), call.shape)


def _held(value: Value) -> Held:
    if not isinstance(value, Held):
        raise RefusalError("it moves what is no array")
    return value


def roll(draft: Draft, call: Call) -> Value:
    of, shifts, axes = call.held("self"), call.integers("shifts"), call.integers("dims")
    if not axes:
        raise RefusalError("it rolls the flattened array")
    for by, axis in zip(shifts, axes, strict=True):
        if by % of.shape[axis]:
            of = draft.step("roll", {"axis": of.axis(axis), "by": by}, (of,), of.shape, of.batch)
    return of
