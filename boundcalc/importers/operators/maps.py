"""Learned maps: dense layers, convolutions, embeddings, products of matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators import windows
from boundcalc.importers.operators.arithmetic import product, total
from boundcalc.importers.operators.moves import beside, from_beside, reshaped, transposed
from boundcalc.importers.operators.numbers import per_axis
from boundcalc.importers.operators.products import multiplied
from boundcalc.importers.operators.reductions import averaged, summed
from boundcalc.importers.operators.taking import looked_up
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, Value


def linear(draft: Draft, call: Call) -> Value:
    """x W^T + b; a weight that is computed is a product of matrices."""
    of, weight, bias = call.held("input"), call.array("weight"), call.get("bias")
    return _linear(draft, of, weight, bias, call.shape)


def _linear(draft: Draft, of: Held, weight: Held | Learned | Fixed, bias: Value, shape: Shape) -> Value:
    if isinstance(weight, Learned) and (bias is None or isinstance(bias, Learned)):
        return dense(draft, of, weight, bias, shape)
    if isinstance(weight, Learned):
        image = dense(draft, of, weight, None, shape)
    else:
        image = multiplied(draft, of, transposed(draft, draft.held(weight), -1, -2), shape)
    return image if bias is None else total(draft, image, bias, 1.0)


def dense(draft: Draft, of: Held, weight: Learned, bias: Learned | None, shape: Shape) -> Held:
    if of.axis(-1) != len(of.own) - 1 or len(weight.shape) != 2:
        raise RefusalError("it does not act on the last axis")
    fields: dict[str, Field] = {"units": weight.shape[0]}
    arrays = {"weight": weight}
    if bias is None:
        fields["bias"] = False
    else:
        arrays["bias"] = bias.moved("reshape", (weight.shape[0],), (weight.shape[0],)) if len(bias.shape) != 1 else bias
    return draft.step("dense", fields, (of,), shape, of.batch, arrays=arrays)


def addmm(draft: Draft, call: Call) -> Value:
    """bias + x W."""
    if call.number("alpha", 1.0) != 1 or call.number("beta", 1.0) != 1:
        raise RefusalError("it has factors")
    of, weight, bias = call.array("mat1"), call.array("mat2"), call.array("self")
    if isinstance(of, Held) and isinstance(weight, Learned) and isinstance(bias, Learned):
        return dense(draft, of, weight.transposed(), bias, call.shape)
    return total(draft, _product(draft, of, weight, call.shape), bias, 1.0)


def baddbmm(draft: Draft, call: Call) -> Value:
    """beta self + alpha batch1 batch2."""
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    image = _product(draft, call.array("batch1"), call.array("batch2"), call.shape)
    scaled = product(draft, image, alpha)
    return scaled if beta == 0 else total(draft, scaled, call.get("self"), beta)


def matmul(left: str, right: str) -> Rule:
    return lambda draft, call: _product(draft, call.array(left), call.array(right), call.shape)


def _product(draft: Draft, left: Held | Learned | Fixed, right: Held | Learned | Fixed, shape: Shape) -> Value:
    """A vector is a matrix of one row, or of one column."""
    if len(right.shape) == 1:
        column = reshaped(draft, right, (*right.shape, 1))
        lead = left.shape[:-1] if len(left.shape) > 1 else (1,)
        whole = left if len(left.shape) > 1 else _array(reshaped(draft, left, (1, *left.shape)))
        return reshaped(draft, _array(_product(draft, whole, _array(column), (*lead, 1))), shape)
    if len(left.shape) == 1:
        row = _array(reshaped(draft, left, (1, *left.shape)))
        image = _product(draft, row, right, (*right.shape[:-2], 1, right.shape[-1]))
        return reshaped(draft, _array(image), shape)
    if isinstance(left, Held) and isinstance(right, Learned) and len(right.shape) == 2 and len(left.shape) > 1:
        return dense(draft, left, right.transposed(), None, shape)
    return multiplied(draft, draft.held(left), draft.held(right), shape)


def _array(value: Value) -> Held | Learned | Fixed:
    if not isinstance(value, Held | Learned | Fixed):
        raise RefusalError("it multiplies what is no array")
    return value


def embedding(draft: Draft, call: Call) -> Value:
    weight, ids = call.array("weight"), call.get("indices")
    if isinstance(ids, Fixed):
        return looked_up(draft, weight, ids, call.shape)
    if isinstance(ids, Chosen) and isinstance(weight, Fixed):
        return replace(draft.chosen(call.node.name), most=float(np.abs(weight.array).max(initial=0.0)))
    if isinstance(ids, Chosen):
        ids = draft.tokens_chosen(call.name("indices"))
    if not isinstance(ids, Held) or not ids.tokens:
        raise RefusalError("it looks up what are no token ids")
    if not isinstance(weight, Learned):
        raise RefusalError("its table is computed")
    if draft.tokens.setdefault(ids.step, weight.shape[0]) != weight.shape[0]:
        raise RefusalError("another embedding of other size reads the same ids")
    entry = next(entry for entry in draft.graph.inputs if entry.name == ids.step)
    own = tuple(size for axis, size in enumerate(entry.shape) if axis != draft.graph.batch_axis)
    features = weight.shape[1]
    raw = draft.step("embedding", {"features": features}, (ids,), (*own, features), None, arrays={"weight": weight})
    for cut in ids.cuts:  # of ids that are read, those that were chosen
        raw = draft.step("slice", cut.fields, (raw,), (*cut.shape, features), None)
    image = Held("", call.shape, ids.batch)
    return draft.reshaped(raw, image.own, call.shape, ids.batch)


def embedding_bag(draft: Draft, call: Call) -> Value:
    """Sums or means of the rows of each sample, which has as many ids as the others."""
    ids, modes = call.held("indices"), {0: "sum", 1: "mean"}
    mode, count = modes.get(call.integer("mode", 0)), draft.batch
    starts = call.fixed("offsets").array
    each = ids.shape[0] // count
    is_even = len(ids.shape) == 1 and np.array_equal(starts, np.arange(count) * each)
    is_padded = call.get("padding_idx") not in (None, -1)
    if mode is None or not is_even or is_padded or call.get("per_sample_weights") is not None:
        raise RefusalError("its bags are of several sizes, weighed, padded, or their largest entries are taken")
    weight = call.array("weight")
    apart = draft.reshaped(ids, (each,), (count, each), Batch(0))
    node = replace(call.node, shapes=((count, each, weight.shape[1]),))
    rows = _array(embedding(draft, Call(node, {"weight": weight, "indices": apart}, draft)))
    take = summed if mode == "sum" else averaged
    return (take(draft, draft.held(rows), [1], False),)


def convolution(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        if not isinstance(call.array("weight"), Learned):
            return windows.computed_convolution(draft, call, axes)
        weight, bias = call.learned("weight"), call.optional("bias")
        fields: dict[str, Field] = {"channels": weight.shape[0], "kernel": per_axis(weight.shape[2:], axes)}
        _windows(fields, call, axes, ("stride", "dilation"))
        padding = call.get("padding")
        if isinstance(padding, str):
            if padding == "same":
                fields["padding"] = "same"
        elif any(call.integers("padding")):
            fields["padding"] = per_axis(call.integers("padding"), axes)
        return _filters(draft, call, f"conv{axes}d", fields, weight, bias, axes)

    return rule


def transposed_convolution(axes: int) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        weight, bias = call.learned("weight"), call.optional("bias")
        channels = weight.shape[1] * call.integer("groups", 1)
        fields: dict[str, Field] = {"channels": channels, "kernel": per_axis(weight.shape[2:], axes)}
        _windows(fields, call, axes, ("stride", "dilation"))
        for name in ("padding", "output_padding"):
            if any(call.integers(name)):
                fields[name] = per_axis(call.integers(name), axes)
        return _filters(draft, call, f"convtranspose{axes}d", fields, weight, bias, axes)

    return rule


def general_convolution(draft: Draft, call: Call) -> Value:
    """aten.convolution, transposed or not."""
    axes = len(call.array("weight").shape) - 2
    return (transposed_convolution(axes) if call.flag("transposed") else convolution(axes))(draft, call)


def _windows(fields: dict[str, Field], call: Call, axes: int, names: tuple[str, ...]) -> None:
    for name in names:
        if set(call.integers(name)) - {1}:
            fields[name] = per_axis(call.integers(name), axes)


def _filters(
    draft: Draft, call: Call, kind: str, fields: dict[str, Field], weight: Learned, bias: Learned | None, axes: int
) -> Held:
    """What is joined with the samples is a further axis of positions, along which the kernel has one entry."""
    given = call.held("input")
    apart = beside(draft, given) if axes < 3 and len(given.shape) == axes + 2 else None
    of = call.plain("input", axes) if apart is None else apart
    if call.integer("groups", 1) != 1:
        fields["groups"] = call.integer("groups")
    arrays = {"weight": weight}
    if bias is None:
        fields["bias"] = False
    else:
        arrays["bias"] = bias
    if apart is None or given.batch is None:
        return draft.step(kind, fields, (of,), call.shape, of.batch, arrays=arrays)
    shape = (*weight.shape[:2], 1, *weight.shape[2:])
    arrays["weight"] = weight.moved("reshape", shape, shape)
    fields |= longer(fields, axes)
    shape = (draft.batch, call.shape[1], of.shape[2], *call.shape[2:])
    image = draft.step(kind.replace(str(axes), str(axes + 1)), fields, (of,), shape, of.batch, arrays=arrays)
    return from_beside(draft, image, given.batch)


def longer(fields: Mapping[str, Field], axes: int) -> dict[str, Field]:
    """Fields of windows with one more axis before the others, along which nothing happens."""
    found: dict[str, Field] = {}
    for name, rest in (("kernel", 1), ("stride", 1), ("dilation", 1), ("padding", 0), ("output_padding", 0)):
        value = fields.get(name)
        if value is not None and value != "same":
            found[name] = [rest, *(value if isinstance(value, list) else [value] * axes)]
    return found


def bilinear(draft: Draft, call: Call) -> Value:
    """x^T W_k y + b_k."""
    left, right, weight = call.held("input1"), call.held("input2"), call.learned("weight")
    out, first, second = weight.shape
    flat = weight.moved("reshape", (out * first, second), (out * first, second))
    rows = dense(draft, right, flat, None, (*right.shape[:-1], out * first))
    apart = reshaped(draft, rows, (*right.shape[:-1], out, first))
    column = reshaped(draft, left, (*left.shape, 1))
    if not isinstance(apart, Held) or not isinstance(column, Held):
        raise RefusalError("it multiplies what is no array")
    image = reshaped(draft, multiplied(draft, apart, column, (*right.shape[:-1], out, 1)), call.shape)
    bias = call.get("bias")
    return image if bias is None else total(draft, image, bias, 1.0)
