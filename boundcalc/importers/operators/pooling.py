"""Windows over positions; dropout."""

from __future__ import annotations

from math import prod

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.arithmetic import affine
from boundcalc.importers.operators.numbers import per_axis, written
from boundcalc.importers.values import RefusalError, Value


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
        of = call.plain("self", axes)
        fields = _windows(call, axes)
        if call.get("divisor_override") is not None:
            if fields.get("padding") or fields.get("ceil"):
                raise RefusalError("it divides by another number than that of a window's entries")
            count = prod(call.integers("kernel_size")) if len(call.integers("kernel_size")) > 1 else None
            whole = call.integer("kernel_size") ** axes if count is None else count
            image = draft.step(f"avgpool{axes}d", fields, (of,), call.shape, of.batch)
            return affine(draft, image, scale=whole / call.number("divisor_override"))
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
