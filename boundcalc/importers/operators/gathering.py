"""Entries of an axis at fixed indices, which are others at each place of the other axes."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.taking import taken
from boundcalc.importers.values import Fixed, Held, RefusalError, Value, by_sample


def gather(draft: Draft, call: Call) -> Value:
    """x[..., i[..., j, ...], ...]; of a constant that is one number everywhere, the number."""
    of, axis = call.array("self"), call.integer("dim") % len(call.array("self").shape)
    if isinstance(of, Fixed) and of.number is not None:
        return Fixed(np.broadcast_to(of.array.flat[0], call.shape))
    ids = call.fixed("index").array
    if isinstance(of, Fixed):
        return Fixed(np.take_along_axis(of.array[tuple(slice(n) for n in _within(ids.shape, axis))], ids, axis))
    held = draft.held(of)
    own = held.axis(axis)
    if held.batch is not None:
        every = by_sample(ids, held.batch, draft.batch)
        if not bool((every == every[:1]).all()):
            raise RefusalError("its indices are others for each sample")
        ids = every[0]
    lead = 0  # axes whose entries are not mixed, and read alike
    while lead < own and ids.shape[lead] == held.own[lead] and bool((ids == ids.take([0], axis=lead)).all()):
        lead += 1
    inner, sizes = ids[(0,) * lead], held.own[lead:]
    grid = list(np.indices(inner.shape))
    grid[own - lead] = np.where(inner < 0, inner + sizes[own - lead], inner)
    flat = np.ravel_multi_index(tuple(grid), sizes).ravel()
    apart = draft.reshaped(Held(held.step, held.own, None), (*held.own[:lead], prod(sizes)))
    image = taken(draft, apart, Fixed(flat), lead, (*held.own[:lead], flat.size))
    if not isinstance(image, Held):
        raise RefusalError("it looks up what is no array")
    return draft.reshaped(image, Held("", call.shape, held.batch).own, call.shape, held.batch)


def _within(shape: tuple[int, ...], axis: int) -> list[int | None]:
    return [None if i == axis else n for i, n in enumerate(shape)]
