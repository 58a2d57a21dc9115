"""Windows over positions, and averages over whole axes."""

from __future__ import annotations

from math import prod

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.arithmetic import MASKED, affine
from boundcalc.importers.operators.numbers import per_axis, written
from boundcalc.importers.values import Batch, Held, RefusalError, Value


def maximum(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        of = call.plain("self", axes)
        fields = _windows(call, axes)
        if set(call.integers("dilation")) - {1}:
            fields["dilation"] = per_axis(call.integers("dilation"), axes)
        return draft.step(f"maxpool{axes}d", fields, (of,), call.shape, of.batch)

    return rule


def maximum_with_indices(axes: int) -> Rule:
    return lambda draft, call: (maximum(axes)(draft, call),)


def average(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        if call.get("divisor_override") is not None:
            raise RefusalError("it divides by another number than that of a window's entries")
        of = call.plain("self", axes)
        fields = _windows(call, axes)
        if fields.get("padding") and not call.flag("count_include_pad"):
            fields["count_include_pad"] = False
        return draft.step(f"avgpool{axes}d", fields, (of,), call.shape, of.batch)

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
        of = call.plain("self", axes)
        size = call.shape[2:]
        return draft.step(f"adaptive{kind}pool{axes}d", {"size": per_axis(size, axes)}, (of,), call.shape, of.batch)

    return rule


def adaptive_maximum(axes: int) -> Rule:
    return lambda draft, call: (adaptive("max", axes)(draft, call),)


def _axes_of(call: Call, of: Held) -> list[int]:
    given = call.integers("dim")
    return sorted(axis % len(of.shape) for axis in given) if given else list(range(len(of.shape)))


def mean(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return averaged(draft, of, _axes_of(call, of), call)


def averaged(draft: Draft, of: Held, axes: list[int], call: Call) -> Held:
    own = [of.axis(axis) for axis in axes]
    left = tuple(size for axis, size in enumerate(of.shape) if axis not in axes)
    batch = of.batch
    if batch is not None:
        batch = Batch(batch.axis - sum(axis < batch.axis for axis in axes), batch.before, batch.after)
    fields: dict[str, Field] = {"axis": own[0] if len(own) == 1 else own}
    if len(own) == 1 and own[0] == len(of.own) - 1:
        fields = {}
    image = draft.step("mean", fields, (of,), left, batch)
    if not call.flag("keepdim"):
        return image
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(of.shape))
    return draft.reshaped(image, Held("", kept, of.batch).own, kept, of.batch)


def sum_(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axes = _axes_of(call, of)
    count = prod(of.shape[axis] for axis in axes)
    return affine(draft, averaged(draft, of, axes, call), scale=count)


def largest(draft: Draft, call: Call) -> Value:
    """The maximum over the last axes is that of one window."""
    of = call.plain("self")
    axes = _axes_of(call, of)
    positions = len(axes)
    is_last = axes == list(range(2, len(of.shape))) and positions in (1, 2, 3)
    if not is_last:
        raise RefusalError("it is a maximum over axes that are not all positions of an array of channels")
    shape = (*of.shape[:2], *(1,) * positions)
    image = draft.step(f"adaptivemaxpool{positions}d", {"size": 1}, (of,), shape, of.batch)
    return draft.reshaped(image, Held("", call.shape, of.batch).own, call.shape, of.batch)


def largest_with_indices(draft: Draft, call: Call) -> Value:
    """Or the larger of an array and a number, which is no more than what a mask adds."""
    if "other" in call.arguments:
        if call.number("other") > MASKED:
            raise RefusalError("it is the larger one of two arrays")
        return call.held("self")
    return (largest(draft, call),)


def upsample(mode: str, axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        if call.flag("align_corners"):
            raise RefusalError("it aligns corners")
        of = call.plain("input" if "input" in call.arguments else "self", axes)
        factors: list[int] = []
        for before, after in zip(of.shape[2:], call.shape[2:], strict=True):
            if after % before:
                raise RefusalError(f"{before} entries become {after}, which is no multiple")
            factors.append(after // before)
        if set(factors) == {1}:
            return of
        fields: dict[str, Field] = {"factor": per_axis(tuple(factors), axes)}
        if mode != "nearest":
            fields["mode"] = mode
        return draft.step("upsample", fields, (of,), call.shape, of.batch)

    return rule


def dropout(draft: Draft, call: Call) -> Value:
    of = call.held("input")
    if not call.flag("train") or call.number("p") == 0:
        return of
    return draft.step("dropout", {"p": written(call.number("p"))}, (of,), of.shape, of.batch)


def dropout_with_mask(draft: Draft, call: Call) -> Value:
    return (dropout(draft, call),)
