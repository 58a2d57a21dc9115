"""Windows over positions; dropout."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.arithmetic import affine
from boundcalc.importers.operators.maps import longer
from boundcalc.importers.operators.moves import beside, from_beside
from boundcalc.importers.operators.numbers import per_axis, written
from boundcalc.importers.values import Batch, Held, RefusalError, Value


def maximum(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        fields = _windows(call, axes)
        if set(call.integers("dilation")) - {1}:
            fields["dilation"] = per_axis(call.integers("dilation"), axes)
        given = call.held("self")
        if given.masked is not None:
            inside, more = _unpadded(draft, given, axes)
            arguments = {**call.arguments, "self": inside}
            return _pooled(draft, Call(call.node, arguments, draft), "maxpool", axes, {**fields, **more})
        return _pooled(draft, call, "maxpool", axes, fields)

    return rule


def _unpadded(draft: Draft, of: Held, axes: int) -> tuple[Held, dict[str, Field]]:
    """Of an array with -oo around it: the array, and the padding of windows that do the same, where the ends have as many places, or
    the last one more."""
    step = draft.step_of(of.step)
    is_pad = step is not None and step.kind == "pad" and "mode" not in step.fields
    ends = _ends(step.fields["amounts"]) if step is not None and is_pad else []
    if of.masked is None or step is None or of.batch != Batch(0) or len(ends) != axes + 1 or ends[0] != (0, 0):
        raise RefusalError("it reads scores that are masked, which a softmax alone does")
    sizes = [size - before - after for size, (before, after) in zip(of.own, ends, strict=True)]
    inside = np.pad(np.zeros(sizes, dtype=bool), ends, constant_values=True)
    gaps = {after - before for before, after in ends[1:]}
    if of.masked.source is not None or not bool((of.masked.array == inside[None]).all()) or gaps not in ({0}, {1}):
        raise RefusalError("it reads scores that are masked, which a softmax alone does")
    more: dict[str, Field] = {"ceil": True} if gaps == {1} else {}
    if any(before for before, _ in ends):
        more["padding"] = per_axis(tuple(before for before, _ in ends[1:]), axes)
    return Held(step.reads[0], (of.shape[0], *sizes), of.batch), more


def _ends(amounts: Field) -> list[tuple[int, int]]:
    """How many places a pad adds at both ends of each axis."""
    found: list[tuple[int, int]] = []
    for each in amounts if isinstance(amounts, list) else ():
        first, last = (each[0], each[-1]) if isinstance(each, list) else (each, each)
        if isinstance(first, int) and isinstance(last, int):
            found.append((first, last))
    return found


def _pooled(draft: Draft, call: Call, kind: str, axes: int, fields: dict[str, Field]) -> Held:
    """What is joined with the samples is a further axis of positions, along which a window has one entry."""
    given = call.held("self")
    apart = beside(draft, given) if axes < 3 and len(given.shape) == axes + 2 else None
    if apart is None or given.batch is None:
        of = call.plain("self", axes)
        return draft.step(f"{kind}{axes}d", fields, (of,), call.shape, of.batch)
    fields = {"stride": fields.get("kernel", 1), **fields}
    shape = (draft.batch, call.shape[1], apart.shape[2], *call.shape[2:])
    image = draft.step(f"{kind}{axes + 1}d", {**fields, **longer(fields, axes)}, (apart,), shape, apart.batch)
    return from_beside(draft, image, given.batch)


def maximum_with_indices(axes: int) -> Rule:
    return lambda draft, call: (maximum(axes)(draft, call),)


def average(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        fields = _windows(call, axes)
        if call.get("divisor_override") is not None:
            if fields.get("padding") or fields.get("ceil"):
                raise RefusalError("it divides by another number than that of a window's entries")
            count = prod(call.integers("kernel_size")) if len(call.integers("kernel_size")) > 1 else None
            whole = call.integer("kernel_size") ** axes if count is None else count
            return affine(
                draft, _pooled(draft, call, "avgpool", axes, fields), scale=whole / call.number("divisor_override")
            )
        if fields.get("padding") and not call.flag("count_include_pad"):
            fields["count_include_pad"] = False
        return _pooled(draft, call, "avgpool", axes, fields)

    return rule


def _windows(call: Call, axes: int) -> dict[str, Field]:
    kernel, stride = call.integers("kernel_size"), call.integers("stride")
    fields: dict[str, Field] = {"kernel": per_axis(kernel, axes)}
    if stride and per_axis(stride, axes) != fields["kernel"]:
        fields["stride"] = per_axis(stride, axes)
    if any(call.integers("padding")):
        fields["padding"] = per_axis(call.integers("padding"), axes)
    if call.flag("ceil_mode"):
        fields["ceil"] = True
    return fields


def adaptive(kind: str, axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        given, size = call.held("self"), call.shape[2:]
        apart = beside(draft, given) if axes < 3 and len(given.shape) == axes + 2 else None
        if apart is not None and given.batch is not None:
            sizes = (apart.shape[2], *size)
            fields: dict[str, Field] = {"size": list(sizes)}
            shape = (draft.batch, call.shape[1], *sizes)
            image = draft.step(f"adaptive{kind}pool{axes + 1}d", fields, (apart,), shape, apart.batch)
            return from_beside(draft, image, given.batch)
        of = call.plain("self", axes)
        return draft.step(f"adaptive{kind}pool{axes}d", {"size": per_axis(size, axes)}, (of,), call.shape, of.batch)

    return rule


def adaptive_maximum(axes: int) -> Rule:
    return lambda draft, call: (adaptive("max", axes)(draft, call),)


def dropout(draft: Draft, call: Call) -> Value:
    of = call.held("input")
    if not call.flag("train") or call.number("p") == 0:
        return of
    return draft.step("dropout", {"p": written(call.number("p"))}, (of,), of.shape, of.batch)


def dropout_with_mask(draft: Draft, call: Call) -> Value:
    return (dropout(draft, call),)


def alpha_dropout(draft: Draft, call: Call) -> Value:
    """What it does in training moves all entries by the ones that are left out."""
    if call.flag("train") and call.number("p") != 0:
        raise RefusalError("the language has no dropout that keeps mean and variance")
    return call.held("input")
