"""The largest entries along axes, as maximum pooling over one window; the larger of two arrays; entries in order."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.activations import entrywise
from boundcalc.importers.operators.arithmetic import MASKED, affine, number_of
from boundcalc.importers.operators.parts import sliced
from boundcalc.importers.operators.reductions import axes_of, kept_or_not, reduced
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value


def largest_along(draft: Draft, of: Held, axes: list[int], keepdim: bool) -> Held:
    """Over all positions of channels it is one window as it stands; over other axes these come last first."""
    own = [of.axis(axis) for axis in axes]
    rank = len(of.own)
    if rank in (2, 3, 4) and own == list(range(1, rank)):
        image = draft.step(f"adaptivemaxpool{rank - 1}d", {"size": 1}, (of,), *reduced(of, axes, True))
        return kept_or_not(draft, image, of, axes, keepdim)
    rest = [axis for axis in range(rank) if axis not in own]
    order = [*rest, *own]
    sizes = [of.own[axis] for axis in rest]
    found = Held(of.step, of.own, None)
    if order != list(range(rank)):
        found = draft.step("permute", {"axes": list(order)}, (found,), tuple(of.own[axis] for axis in order), None)
    rows = draft.reshaped(found, (prod(sizes), prod(of.own[axis] for axis in own)))
    image = draft.step("adaptivemaxpool1d", {"size": 1}, (rows,), (prod(sizes), 1), None)
    shape, batch = reduced(of, axes, keepdim)
    return draft.reshaped(image, Held("", shape, batch).own, shape, batch)


def amax(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return largest_along(draft, of, axes_of(call, of), call.flag("keepdim"))


def amin(draft: Draft, call: Call) -> Value:
    of = affine(draft, call.held("self"), scale=-1)
    return affine(draft, largest_along(draft, of, axes_of(call, of), call.flag("keepdim")), scale=-1)


def with_places(rule: Rule) -> Rule:
    """max and min: with the places, which nothing reads, or of two arrays."""

    def both(draft: Draft, call: Call) -> Value:
        if "other" in call.arguments:
            return (maximum if rule is amax else minimum)(draft, call)
        return (rule(draft, call),) if "dim" in call.arguments else rule(draft, call)

    return both


def maximum(draft: Draft, call: Call) -> Value:
    return _larger(draft, call.get("self"), call.get("other"), 1.0)


def minimum(draft: Draft, call: Call) -> Value:
    """min(x, y) = -max(-x, -y)."""
    return _larger(draft, call.get("self"), call.get("other"), -1.0)


def _larger(draft: Draft, left: Value, right: Value, sign: float) -> Value:
    """sign max(sign left, sign right)."""
    for of, by in ((left, right), (right, left)):
        number = number_of(by)
        if number is not None and isinstance(of, Held | Learned):
            held = draft.held(of)
            if sign > 0 and number <= MASKED:
                return held
            moved = affine(
                draft, held, sign, -sign * number
            )  # max(x, c) = c + relu(x - c), min(x, c) = c - relu(c - x)
            return affine(draft, entrywise(draft, moved, "relu", {}), sign, number)
    if not isinstance(left, Held | Learned | Fixed) or not isinstance(right, Held | Learned | Fixed):
        raise RefusalError("it compares what is no array")
    operands, shape, batch = draft.aligned((left, right))
    signed = [affine(draft, each, sign) for each in operands]
    pair = draft.step("stack", {"axis": len(signed[0].own)}, signed, (*shape, 2), batch)
    return affine(draft, largest_along(draft, pair, [len(shape)], False), sign)


def sort(draft: Draft, call: Call) -> Value:
    """Putting entries in order is 1-Lipschitz: of two arrays, no other pairing of entries is nearer (rearrangement inequality)."""
    of = call.held("self")
    axis = call.integer("dim", -1) % len(of.shape)
    return (ordered(draft, of, axis, call.flag("descending")),)


def topk(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axis = call.integer("dim", -1) % len(of.shape)
    return (sliced(draft, ordered(draft, of, axis, call.flag("largest")), axis, 0, call.integer("k")),)


def ordered(draft: Draft, of: Held, axis: int, descending: bool) -> Held:
    """The entries along an axis in order."""
    own = of.axis(axis)
    others: list[Field] = ["sample", *(i for i in range(len(of.own)) if i != own)]
    fields: dict[str, Field] = {"lipschitz": 1, "at_zero": 0, "axes": others}
    given = {"descending" if descending else "ascending": np.array([own + 1])}
    return draft.step("map", fields, (of,), of.shape, of.batch, given=given)
