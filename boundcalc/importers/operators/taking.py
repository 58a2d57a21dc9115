"""Entries of an axis at fixed indices."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.moves import expanded, reshaped
from boundcalc.importers.values import (
    Batch,
    Chosen,
    Fixed,
    Held,
    Learned,
    RefusalError,
    Value,
    own_shape,
    relocated,
)


def taken(draft: Draft, of: Held | Learned | Fixed, ids: Fixed, axis: int, shape: Shape) -> Value:
    """Entries of an axis at fixed indices, in the place of the axis."""
    found = ids.array.astype(int)
    count = of.shape[axis]
    flat = np.where(found < 0, found + count, found).ravel()
    if isinstance(of, Fixed):
        return Fixed(of.array.take(flat, axis=axis).reshape(shape))
    rows = (*of.shape[:axis], flat.size, *of.shape[axis + 1 :])
    if np.array_equal(flat, np.arange(flat[0], flat[0] + flat.size)):  # neighbours: a slice
        if flat.size == count:
            return _regrouped(draft, of, shape)
        if isinstance(of, Learned) and axis == 0:
            of = draft.parameter(of)
        held = draft.held(of)
        fields: dict[str, Field] = {"axis": held.axis(axis), "start": int(flat[0]), "stop": int(flat[-1]) + 1}
        return _regrouped(draft, draft.step("slice", fields, (held,), rows, held.batch), shape)
    held = draft.held(of)
    most = int(np.bincount(flat).max())
    chosen: dict[str, Field] = {"axis": held.axis(axis), "count": int(flat.size), "most": most}
    image = draft.step("take", chosen, (held,), rows, held.batch, given={"indices": flat})
    return _regrouped(draft, image, shape)


def looked_up(draft: Draft, weight: Held | Learned | Fixed, ids: Fixed, shape: Shape) -> Value:
    """Rows at fixed ids; the same ids for each sample are looked up once."""
    count, array = draft.batch, ids.array
    if array.ndim < 2 or array.shape[0] != count or not bool((array == array[:1]).all()):
        return taken(draft, weight, ids, 0, shape)
    once = taken(draft, weight, Fixed(array[0]), 0, shape[1:])
    if not isinstance(once, Held | Learned):
        return once
    return draft.reshaped(draft.held(once), shape[1:], shape, Batch(0))


def picked(draft: Draft, of: Held, given: tuple[Value, ...], shape: Shape) -> Value:
    """x[arange(n), i] with indices that token ids decide: of each sample one entry."""
    samples, ids = given if len(given) == 2 else (None, None)
    is_all = isinstance(samples, Fixed) and np.array_equal(np.ravel(samples.array), np.arange(draft.batch))
    if of.batch != Batch(0) or not isinstance(ids, Chosen) or not is_all or ids.array.size != draft.batch:
        raise RefusalError("its indices are not known before the network runs")
    count = of.shape[1]
    places = ids.made(lambda array: np.where(array < 0, array + count, array).astype(int).reshape(-1, 1))
    fields: dict[str, Field] = {"axis": 0, "count": 1, "most": 1}
    image = draft.step("take", fields, (of,), (of.shape[0], 1, *of.shape[2:]), Batch(0), chosen={"places": places})
    return draft.reshaped(image, shape[1:], shape, Batch(0))


def _regrouped(draft: Draft, of: Held | Learned, shape: Shape) -> Held | Learned:
    if of.shape == shape:
        return of
    if isinstance(of, Learned):
        return of.moved("reshape", shape, shape)
    batch = None if of.batch is None else relocated(of.batch, draft.batch, of.shape, shape)
    return draft.reshaped(of, own_shape(shape, batch), shape, batch)


def repeat_interleave(draft: Draft, call: Call) -> Value:
    """Each entry of an axis so many times, one copy beside the other."""
    of, times = call.array("self"), call.integer("repeats")
    if call.get("dim") is None:
        raise RefusalError("it repeats the entries of the flattened array")
    axis = call.integer("dim") % len(of.shape)
    if isinstance(of, Held) and of.batch is not None and axis == of.batch.axis:  # each sample beside its copies
        before, after = of.shape[: axis + 1], of.shape[axis + 1 :]
        apart = reshaped(draft, of, (*before, 1, *after))
        copies = expanded(draft, apart, (*before, times, *after)) if isinstance(apart, Held) else apart
        return reshaped(draft, copies, call.shape) if isinstance(copies, Held) else copies
    return taken(draft, of, Fixed(np.repeat(np.arange(of.shape[axis]), times)), axis, call.shape)
