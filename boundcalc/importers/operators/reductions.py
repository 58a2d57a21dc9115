"""What is left of an array when axes are summed up, and means and sums over them."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.arithmetic import affine
from boundcalc.importers.values import Batch, Held, Value


def axes_of(call: Call, of: Held) -> list[int]:
    """The axes that are reduced; all where none is said."""
    given = call.integers("dim")
    return sorted(axis % len(of.shape) for axis in given) if given else list(range(len(of.shape)))


def reduced(of: Held, axes: list[int], keepdim: bool) -> tuple[Shape, Batch | None]:
    """The shape without these axes, or with one entry along each, and where the samples are."""
    if keepdim:
        return tuple(1 if axis in axes else size for axis, size in enumerate(of.shape)), of.batch
    batch = of.batch
    if batch is not None:
        batch = Batch(batch.axis - sum(axis < batch.axis for axis in axes), batch.before, batch.after)
    return tuple(size for axis, size in enumerate(of.shape) if axis not in axes), batch


def kept_or_not(draft: Draft, image: Held, of: Held, axes: list[int], keepdim: bool) -> Held:
    """What has one entry along each of the axes, with them or without."""
    shape, batch = reduced(of, axes, keepdim)
    return draft.reshaped(image, Held("", shape, batch).own, shape, batch)


def mean(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return averaged(draft, of, axes_of(call, of), call.flag("keepdim"))


def averaged(draft: Draft, of: Held, axes: list[int], keepdim: bool) -> Held:
    own = [of.axis(axis) for axis in axes]
    fields: dict[str, Field] = {"axis": own[0] if len(own) == 1 else own}
    if len(own) == 1 and own[0] == len(of.own) - 1:
        fields = {}
    image = draft.step("mean", fields, (of,), *reduced(of, axes, False))
    return kept_or_not(draft, image, of, axes, True) if keepdim else image


def sum_(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return summed(draft, of, axes_of(call, of), call.flag("keepdim"))


def summed(draft: Draft, of: Held, axes: list[int], keepdim: bool) -> Held:
    count = prod(of.shape[axis] for axis in axes)
    return affine(draft, averaged(draft, of, axes, keepdim), scale=count)


def slices(draft: Draft, of: Held, axes: list[int], fields: dict[str, Field], what: str) -> Held:
    """A number of each slice along some axes, by a map that is known by its constants; `what` it computes is for the check."""
    own = [of.axis(axis) for axis in axes]
    rank = len(of.own)
    rest = [axis for axis in range(rank) if axis not in own]
    shape, batch = reduced(of, axes, True)
    image = Held("", shape, batch).own
    others: list[Field] = ["sample", *rest]
    every: dict[str, Field] = {**fields, "axes": others}
    if image != of.own:
        every["shape"] = list(image)
    given = {what: np.array([axis + 1 for axis in own])}
    return draft.step("map", every, (of,), shape, batch, given=given)
