"""Normalisations."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field, above
from boundcalc.importers.operators.arithmetic import product, total
from boundcalc.importers.operators.moves import beside, from_beside, reshaped, transposed
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.values import Batch, Fixed, Held, Learned, RefusalError, Value


def layer_norm(draft: Draft, call: Call) -> Value:
    return _along(draft, call, "layernorm")


def rms_norm(draft: Draft, call: Call) -> Value:
    return _along(draft, call, "rmsnorm")


def _along(draft: Draft, call: Call, kind: str) -> Value:
    """Over the last axes; one that was written out may be over another one."""
    of, axis = call.held("input"), call.integer("dim", -1)
    if axis in (-1, len(of.shape) - 1):
        return _slices(draft, of, kind, len(call.integers("normalized_shape")), call)
    image = _slices(draft, transposed(draft, of, axis, -1), kind, 1, call)
    return transposed(draft, image, axis, -1) if isinstance(image, Held) else image


def _slices(draft: Draft, of: Held, kind: str, axes: int, call: Call) -> Value:
    for axis in range(len(of.shape) - axes, len(of.shape)):
        of.axis(axis)  # refused where samples are on it
    fields: dict[str, Field] = {"eps": written(call.number("eps", float(np.finfo(np.float32).eps)))}
    if axes != 1:
        fields["axes"] = axes
    weight, bias = call.get("weight"), call.get("bias")
    wanted = ("weight",) if kind == "rmsnorm" else ("weight", "bias")
    learned = {name: value for name, value in (("weight", weight), ("bias", bias)) if isinstance(value, Learned)}
    if tuple(learned) == wanted and bias is learned.get("bias"):
        fields["affine"] = True
        return draft.step(kind, fields, (of,), of.shape, of.batch, arrays=learned)
    found: Value = draft.step(kind, fields, (of,), of.shape, of.batch)
    if tuple(learned) == ("weight",) and bias is None and axes == 1:
        return draft.step("scale", {}, (draft.held(found),), of.shape, of.batch, arrays=learned)  # type: ignore[arg-type]
    return _with_affine(draft, found, weight, bias)


def _with_affine(draft: Draft, of: Value, weight: Value, bias: Value) -> Value:
    found = of if weight is None else product(draft, of, weight)
    return found if bias is None else total(draft, found, bias, 1.0)


def _channels(draft: Draft, of: Held, weight: Value, rest: int) -> Value:
    """A number for each channel, so that it is multiplied with them."""
    if not isinstance(weight, Held | Learned | Fixed):
        return weight
    return reshaped(draft, weight, (*weight.shape, *(1,) * rest))


def group_norm(draft: Draft, call: Call) -> Value:
    given = call.held("input")
    if given.batch is not None and given.batch.others > 1 and len(given.shape) == 2:
        return _row_groups(draft, call, given)
    of = call.plain("input")
    fields: dict[str, Field] = {"groups": call.integer("num_groups")}
    return _by_channels(draft, of, "groupnorm", fields, call)


def _row_groups(draft: Draft, call: Call, of: Held) -> Value:
    """Of rows, some of them of each sample: a layer norm of each group of channels."""
    rows, channels = of.shape
    groups = call.integer("num_groups")
    apart = reshaped(draft, of, (rows, groups, channels // groups))
    if not isinstance(apart, Held):
        raise RefusalError("it normalises what is no array")
    found = draft.step("layernorm", {"eps": written(call.number("eps"))}, (apart,), apart.shape, apart.batch)
    return _with_affine(draft, reshaped(draft, found, of.shape), call.get("weight"), call.get("bias"))


def instance_norm(draft: Draft, call: Call) -> Value:
    if not call.flag("use_input_stats"):
        return _evaluated(draft, call)
    return _by_channels(draft, call.plain("input"), "instancenorm", {}, call)


def _by_channels(draft: Draft, of: Held, kind: str, fields: dict[str, Field], call: Call) -> Value:
    fields["eps"] = written(call.number("eps"))
    weight, bias = call.get("weight"), call.get("bias")
    if isinstance(weight, Learned) and isinstance(bias, Learned):
        arrays = {"weight": _flat(weight), "bias": _flat(bias)}
        return draft.step(kind, {**fields, "affine": True}, (of,), of.shape, of.batch, arrays=arrays)
    found = draft.step(kind, fields, (of,), of.shape, of.batch)
    rest = len(of.shape) - 2
    return _with_affine(draft, found, _channels(draft, of, weight, rest), _channels(draft, of, bias, rest))


def _flat(of: Learned) -> Learned:
    """A number for each channel as a vector."""
    count = (prod(of.shape),)
    return of if len(of.shape) == 1 else of.moved("reshape", count, count)


def batch_norm_evaluated(draft: Draft, call: Call) -> Value:
    return (_evaluated(draft, call),)


def batch_norm_trained(draft: Draft, call: Call) -> Value:
    return (_trained(draft, call) if call.flag("training") else _evaluated(draft, call),)


def batch_norm(draft: Draft, call: Call) -> Value:
    return _trained(draft, call) if call.flag("training") else _evaluated(draft, call)


def _trained(draft: Draft, call: Call) -> Value:
    of = call.held("input")
    if of.batch is None:
        return _standardised(draft, of, call)
    rows = _rows(draft, call, {}, {})
    return _side_by_side(draft, call, {}, {}) if rows is None else rows


def _side_by_side(draft: Draft, call: Call, more: dict[str, Field], given: dict[str, np.ndarray]) -> Value:
    """What is joined with the samples is a further axis of positions."""
    of = call.held("input")
    apart = beside(draft, of)
    if apart is None or of.batch is None:
        return _normalised(draft, call.plain("input"), call, more, given)
    image = _normalised(draft, apart, call, more, given)
    return from_beside(draft, image, of.batch) if isinstance(image, Held) else image


def _rows(draft: Draft, call: Call, more: dict[str, Field], given: dict[str, np.ndarray]) -> Value | None:
    """Of positions that are joined with the samples, channels last: each channel over samples and positions."""
    of = call.held("input")
    batch = of.batch
    if batch is None or len(of.shape) != 2 or batch.axis != 0 or batch.before != 1 or batch.after == 1:
        return None
    apart = Held(of.step, (draft.batch, batch.after, of.shape[1]), Batch(0))
    image = _normalised(draft, transposed(draft, apart, 1, 2), call, more, given)
    if not isinstance(image, Held):
        return None
    return Held(transposed(draft, image, 1, 2).step, of.shape, batch)


def _standardised(draft: Draft, of: Held, call: Call) -> Value:
    """Of one sample that is learned (a weight that is standardised): each channel over its other axes."""
    if len(of.shape) != 3 or of.shape[0] != 1:
        raise RefusalError("it normalises what is the same for all samples")
    found: Value = draft.step("layernorm", {"eps": written(call.number("eps"))}, (of,), of.shape, None)
    return _with_affine(draft, found, *(_channels(draft, of, call.get(name), 1) for name in ("weight", "bias")))


def _evaluated(draft: Draft, call: Call) -> Value:
    """(z - mean)/sqrt(var + eps) of the statistics that training left."""
    mean, var = call.fixed("running_mean").array, call.fixed("running_var").array
    slopes = 1 / np.sqrt(np.asarray(var, dtype=np.float64) + call.number("eps"))
    if not np.isfinite(slopes).all():
        raise RefusalError("its variances are not positive")
    most = float(slopes.max())
    at_zero = 1 / np.sqrt(call.number("eps"))
    largest: Field = above(most) if most < at_zero * (1 - 2.0**-30) else f"1/sqrt({written(call.number('eps'))})"
    fields: dict[str, Field] = {
        "mode": "eval",
        "slope": largest,
        "offset": above(float(np.linalg.norm(np.asarray(mean, dtype=np.float64) * slopes))),
    }
    given = {"mean": np.asarray(mean, dtype=np.float64), "slopes": slopes, "var": np.asarray(var, dtype=np.float64)}
    rows = _rows(draft, call, fields, given)
    return _side_by_side(draft, call, fields, given) if rows is None else rows


def _normalised(draft: Draft, of: Held, call: Call, more: dict[str, Field], given: dict[str, np.ndarray]) -> Value:
    fields: dict[str, Field] = {"eps": written(call.number("eps")), **more}
    weight, bias = call.get("weight"), call.get("bias")
    if isinstance(weight, Learned) and isinstance(bias, Learned):
        arrays = {"weight": weight, "bias": bias}
        return draft.step(
            "batchnorm", {**fields, "affine": True}, (of,), of.shape, of.batch, arrays=arrays, given=given
        )
    found = draft.step("batchnorm", fields, (of,), of.shape, of.batch, given=given)
    rest = len(of.shape) - 2
    return _with_affine(draft, found, _channels(draft, of, weight, rest), _channels(draft, of, bias, rest))


def l2_norm(draft: Draft, call: Call) -> Value:
    """Of the pattern x / max(||x||, eps)."""
    return unit(draft, call.held("self"), call.integer("dim"), written(call.number("eps")))


def unit(draft: Draft, of: Held, at: int, eps: Field) -> Held:
    axis = of.axis(at)
    fields: dict[str, Field] = {"eps": eps}
    if axis != len(of.own) - 1:
        fields["axis"] = axis
    return draft.step("l2norm", fields, (of,), of.shape, of.batch)


def local_response_norm(draft: Draft, call: Call) -> Value:
    """Over windows of channels."""
    of = call.plain("input")
    fields: dict[str, Field] = {"size": call.integer("size")}
    for name, usual in (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0)):
        if call.number(name) != usual:
            fields[name] = written(call.number(name))
    return draft.step("localresponsenorm", fields, (of,), of.shape, of.batch)
