"""Parts of arrays, and arrays side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.arithmetic import total
from boundcalc.importers.operators.moves import reshaped
from boundcalc.importers.operators.taking import looked_up, picked, taken
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, Value


def slice_(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    axis = call.integer("dim", 0) % len(of.shape)
    start, stop, step = slice(call.get("start"), call.get("end"), call.get("step")).indices(of.shape[axis])
    if isinstance(of, Learned) and call.shape != of.shape:
        of = draft.parameter(of)  # some of its entries may be read nowhere, and it is learned as a whole
    return sliced(draft, of, axis, start, stop, step)


def sliced(draft: Draft, of: Held | Learned | Fixed, axis: int, start: int, stop: int, step: int = 1) -> Value:
    count = of.shape[axis]
    if (start, stop, step) == (0, count, 1):
        return of
    left = len(range(start, stop, step))
    shape = (*of.shape[:axis], left, *of.shape[axis + 1 :])
    if isinstance(of, Fixed):
        return Fixed(of.array[(slice(None),) * axis + (slice(start, stop, step),)])
    if isinstance(of, Learned):
        return of.moved("slice", (axis, start, stop, step), shape)
    if left == 0:
        return Fixed(np.zeros(shape))  # joined with others it is nothing
    if of.batch is not None and axis == of.batch.axis:
        return _of_samples(draft, of, start, stop, step)
    if of.masked is not None:
        part, at = sliced(draft, of.shown, axis, start, stop, step), (slice(None),) * axis
        return (
            part.without(of, lambda array: array[(*at, slice(start, stop, step))]) if isinstance(part, Held) else part
        )
    fields = {"axis": of.axis(axis)}
    if start:
        fields["start"] = start
    if stop < count:
        fields["stop"] = stop
    if step != 1:
        fields["step"] = step
    if of.tokens:
        return of.cut(fields, shape)
    return draft.step("slice", fields, (of,), shape, of.batch)


def _of_samples(draft: Draft, of: Held, start: int, stop: int, step: int) -> Held:
    """Of what lies before the samples on their axis, so many whole rows of samples."""
    batch, count = of.batch, draft.batch
    if batch is None or batch.after != 1 or batch.before == 1 or step != 1 or start % count or stop % count:
        raise RefusalError("it acts along the axis of the samples")
    first, last = start // count, stop // count
    shape = (*of.shape[: batch.axis], stop - start, *of.shape[batch.axis + 1 :])
    found = Batch(batch.axis, last - first)
    own = (*of.own[: batch.axis], last - first, *of.own[batch.axis + 1 :])
    part = draft.step("slice", {"axis": batch.axis, "start": first, "stop": last}, (of,), own, None)
    return draft.reshaped(part, Held("", shape, found).own, shape, found)


def _beside_samples(draft: Draft, operands: list[Held | Learned | Fixed], axis: int, shape: Shape) -> Held | None:
    """Arrays joined along the axis of the samples: each is another row of them."""
    held = [each for each in operands if isinstance(each, Held)]
    batches = [each.batch for each in held if each.batch is not None and each.batch.axis == axis]
    if len(batches) < len(operands) or any(batch.after != 1 for batch in batches):
        return None
    rows: list[Held] = []
    for each, batch in zip(held, batches, strict=True):
        own = (*each.shape[:axis], batch.before, *each.shape[axis + 1 :])
        rows.append(draft.reshaped(Held(each.step, each.own, None), own))
    found = Batch(axis, sum(batch.before for batch in batches))
    return draft.step("concat", {} if axis == 0 else {"axis": axis}, rows, shape, found)


def select(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    axis = call.integer("dim") % len(of.shape)
    if isinstance(of, Learned):
        of = draft.parameter(of)
    return selected(draft, of, axis, call.integer("index"), call.shape)


def selected(draft: Draft, of: Held | Learned | Fixed, axis: int, index: int, shape: Shape) -> Value:
    at = index % of.shape[axis]
    part = sliced(draft, of, axis, at, at + 1)
    if not isinstance(part, Held):
        return reshaped(draft, part, shape) if isinstance(part, Learned | Fixed) else part
    batch = part.batch
    if batch is not None:
        batch = Batch(batch.axis - (axis < batch.axis), batch.before, batch.after)
    own = Held("", shape, batch).own
    if own == part.own or part.tokens:
        return draft.reshaped(part, own, shape, batch)
    return draft.step("squeeze", {"axis": part.axis(axis)}, (part,), shape, batch)


def unbind(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    axis = call.integer("dim", 0) % len(of.shape)
    return tuple(selected(draft, of, axis, i, shape) for i, shape in enumerate(call.node.shapes))


def split(draft: Draft, call: Call) -> Value:
    """split, split_with_sizes, chunk: the sizes are those of what it gives."""
    of = call.array("self")
    axis = call.integer("dim", 0) % len(of.shape)
    ends = np.cumsum([0, *(shape[axis] for shape in call.node.shapes)]).tolist()
    return tuple(sliced(draft, of, axis, start, stop) for start, stop in pairwise(ends))


def cat(draft: Draft, call: Call) -> Value:
    given = call.get("tensors")
    axis = call.integer("dim", 0) % len(call.shape)
    if not isinstance(given, tuple):
        raise RefusalError("it joins what are no arrays")
    if any(isinstance(each, Chosen) for each in given):
        raise RefusalError("it joins what token ids decide with what is computed")
    operands = [each for each in given if isinstance(each, Held | Learned | Fixed) and 0 not in each.shape]
    return joined(draft, operands, axis, call.shape)


def joined(draft: Draft, operands: list[Held | Learned | Fixed], axis: int, shape: Shape) -> Value:
    """One after the other along an axis."""
    if all(isinstance(each, Fixed) for each in operands):
        return Fixed(np.concatenate([each.array for each in operands if isinstance(each, Fixed)], axis=axis))
    if len(operands) > 1 and (rows := _beside_samples(draft, operands, axis, shape)) is not None:
        return rows
    held, batch = _together(draft, operands)
    if len(held) == 1:
        return held[0]
    own = Held("", shape, batch).axis(axis)
    image = draft.step("concat", {} if own == 0 else {"axis": own}, [each.shown for each in held], shape, batch)
    if all(each.masked is None for each in held):
        return image
    first, *others = (each.hidden for each in held)
    return replace(image, masked=first.joined(others, axis))


def _together(draft: Draft, operands: Sequence[Held | Learned | Fixed]) -> tuple[list[Held], Batch | None]:
    """Operands that have the samples on one axis; those that are the same for all samples have one entry there, or as many."""
    like = next((each for each in operands if isinstance(each, Held) and each.batch is not None), None)
    batch = None if like is None else like.batch
    found: list[Held] = []
    for each in operands:
        held = draft.held(each, like)
        if batch is not None and held.batch is None:
            held = draft.for_each(held, batch)
        if held.batch != batch:
            raise RefusalError("its operands have the samples on different axes")
        found.append(held)
    return found, batch


def stack(draft: Draft, call: Call) -> Value:
    given = call.get("tensors")
    axis = call.integer("dim", 0) % len(call.shape)
    if not isinstance(given, tuple):
        raise RefusalError("it stacks what are no arrays")
    if any(isinstance(each, Chosen) for each in given):
        raise RefusalError("it stacks what token ids decide with what is computed")
    operands = [each for each in given if isinstance(each, Held | Learned | Fixed)]
    if all(isinstance(each, Fixed) for each in operands):
        return Fixed(np.stack([each.array for each in operands if isinstance(each, Fixed)], axis=axis))
    return stacked(draft, operands, axis)


def stacked(draft: Draft, operands: Sequence[Held | Learned | Fixed], axis: int) -> Held:
    held, batch = _together(draft, operands)
    shape = (*held[0].shape[:axis], len(held), *held[0].shape[axis:])
    if batch is not None:
        batch = Batch(batch.axis + (axis <= batch.axis), batch.before, batch.after)
    own = Held("", shape, batch).axis(axis)
    return draft.step("stack", {} if own == 0 else {"axis": own}, held, shape, batch)


def pad(draft: Draft, call: Call) -> Value:
    """The last axes first, as torch has them."""
    of, amounts = call.held("self"), call.integers("pad")
    mode = call.get("mode") or "constant"
    image = padded(draft, of, amounts, "zeros" if mode == "constant" else str(mode), call.shape)
    number = call.number("value", 0.0) if mode == "constant" else 0.0
    if number == 0:
        return image
    inside = [(0, 0)] * (len(of.shape) - len(amounts) // 2) + list(zip(amounts[-2::-2], amounts[::-2], strict=True))
    added = np.pad(np.zeros(of.shape), inside, constant_values=number)
    return total(draft, image, Fixed(added), 1.0)


def pad_as(mode: str) -> Rule:
    return lambda draft, call: padded(draft, call.held("self"), call.integers("padding"), mode, call.shape)


def padded(draft: Draft, of: Held, amounts: tuple[int, ...], mode: str, shape: Shape) -> Value:
    """Negative amounts cut entries off."""
    if not any(amounts):
        return of
    pairs: dict[int, tuple[int, int]] = {}
    for i in range(len(amounts) // 2):
        axis, (before, after) = len(of.shape) - 1 - i, amounts[2 * i : 2 * i + 2]
        count = of.shape[axis]
        if before < 0 or after < 0:
            cut = sliced(draft, of, axis, max(-before, 0), count - max(-after, 0))
            if not isinstance(cut, Held):
                raise RefusalError("it leaves no entry")
            of = cut
        if max(before, 0) or max(after, 0):
            pairs[of.axis(axis)] = (max(before, 0), max(after, 0))
    if not pairs:
        return of
    ends = [pairs.get(axis, (0, 0)) for axis in range(len(of.own))]
    fields: dict[str, Field] = {"amounts": [a if a == b else [a, b] for a, b in ends]}
    if mode != "zeros":
        fields["mode"] = mode
    return draft.step("pad", fields, (of,), shape, of.batch)


def index(draft: Draft, call: Call) -> Value:
    """Fixed indices along one axis, or along several that come first."""
    of, given = call.array("self"), call.get("indices")
    if not isinstance(given, tuple) or not any(each is not None for each in given):
        raise RefusalError("its indices are not known")
    at = [axis for axis, each in enumerate(given) if each is not None]
    if isinstance(of, Held) and any(isinstance(each, Chosen) for each in given):
        return picked(draft, of, given, call.shape)
    arrays = [each.array for each in given if isinstance(each, Fixed)]
    if len(arrays) != len(at):
        raise RefusalError("its indices are not known before the network runs")
    if isinstance(of, Fixed):
        return Fixed(of.array[tuple(slice(None) if e is None else e.array for e in given if not isinstance(e, int))])  # type: ignore[union-attr]
    if len(at) == 1:
        found = arrays[0].nonzero()[0] if arrays[0].dtype == bool else arrays[0]
        axis = at[0]
        if axis == 0 and not isinstance(of, Held):
            return looked_up(draft, of, Fixed(found), call.shape)
        shape = (*of.shape[:axis], *found.shape, *of.shape[axis + 1 :])
        return taken(draft, of, Fixed(found), axis, shape)
    if at != list(range(at[0], at[0] + len(at))):
        raise RefusalError("it has indices along axes that are apart")
    if isinstance(of, Held) and of.batch is not None and of.batch.axis in at:
        return _all_samples(draft, call, of, arrays, at)
    sizes = [of.shape[axis] for axis in at]
    broadcast = np.broadcast_arrays(*(np.where(a < 0, a + n, a) for a, n in zip(arrays, sizes, strict=True)))
    flat = np.ravel_multi_index(broadcast, sizes)
    joined = reshaped(draft, of, (*of.shape[: at[0]], int(np.prod(sizes)), *of.shape[at[-1] + 1 :]))
    if not isinstance(joined, Held | Learned):
        raise RefusalError("its indices are not known")
    return taken(draft, joined, Fixed(flat), at[0], call.shape)


def _all_samples(draft: Draft, call: Call, of: Held, arrays: list[np.ndarray], at: list[int]) -> Value:
    """x[arange(n), i]: of each sample the same entry."""
    first, second = (np.ravel(each) for each in arrays[:2])
    is_all = len(at) == 2 and of.batch == Batch(0) and np.array_equal(first, np.arange(draft.batch))
    if not is_all or len(set(second.tolist())) != 1:
        raise RefusalError("it has indices along the axis of the samples")
    return selected(draft, of, 1, int(second[0]), call.shape)


def index_select(draft: Draft, call: Call) -> Value:
    of = call.array("self")
    return taken(draft, of, call.fixed("index"), call.integer("dim") % len(of.shape), call.shape)


def flip(draft: Draft, call: Call) -> Value:
    value: Value = call.array("self")
    for axis in call.integers("dims"):
        if not isinstance(value, Held | Learned | Fixed):
            raise RefusalError("it turns what is no array")
        turned = Fixed(np.arange(value.shape[axis])[::-1])
        value = taken(draft, value, turned, axis % len(value.shape), value.shape)
    return value
