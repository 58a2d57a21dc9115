"""Functions of every entry."""

from __future__ import annotations

import math
from math import prod

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Array
from boundcalc.importers.operators.arithmetic import affine, product, total
from boundcalc.importers.operators.moves import reshaped
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.values import Held, RefusalError, Value, by_sample


def named(kind: str) -> Rule:
    """An activation without parameters."""
    return lambda draft, call: _entrywise(draft, call, kind, {})


def entrywise(draft: Draft, of: Held, kind: str, fields: dict[str, Field]) -> Held:
    return draft.step(kind, fields, (of,), of.shape, of.batch)


def _entrywise(draft: Draft, call: Call, kind: str, fields: dict[str, Field]) -> Held:
    return entrywise(draft, call.held("input" if "input" in call.arguments else "self"), kind, fields)


def gelu(draft: Draft, call: Call) -> Value:
    approximate = call.get("approximate")
    return _entrywise(draft, call, "gelu", {"approximate": "tanh"} if approximate == "tanh" else {})


def leaky_relu(draft: Draft, call: Call) -> Value:
    return _entrywise(draft, call, "leaky_relu", {"negative_slope": written(call.number("negative_slope"))})


def elu(draft: Draft, call: Call) -> Value:
    if call.number("scale", 1.0) != 1 or call.number("input_scale", 1.0) != 1:
        raise RefusalError("it has scales")
    alpha = call.number("alpha", 1.0)
    return _entrywise(draft, call, "elu", {} if alpha == 1 else {"alpha": written(alpha)})


def celu(draft: Draft, call: Call) -> Value:
    alpha = call.number("alpha", 1.0)
    return _entrywise(draft, call, "celu", {} if alpha == 1 else {"alpha": written(alpha)})


def softplus(draft: Draft, call: Call) -> Value:
    """Beyond its threshold torch takes the straight line, which differs by less than exp(-threshold)/beta."""
    beta = call.number("beta", 1.0)
    return _entrywise(draft, call, "softplus", {} if beta == 1 else {"beta": written(beta)})


def shrink(kind: str) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        amount = call.number("lambd", 0.5)
        return _entrywise(draft, call, kind, {} if amount == 0.5 else {"lambd": written(amount)})

    return rule


def hardtanh(draft: Draft, call: Call) -> Value:
    return _between(draft, call, call.number("min_val", -1.0), call.number("max_val", 1.0))


def clamp(draft: Draft, call: Call) -> Value:
    """An end that is infinite is none."""
    least, most = (_end(call, name) for name in ("min", "max"))
    if least is None and most is None:
        return call.array("self")
    if least is not None and most is not None:
        return _between(draft, call, least, most)
    if most is None and least == 0:
        return _entrywise(draft, call, "relu", {})
    of = call.held("self")
    bound = least if least is not None else most
    assert bound is not None
    sign = 1.0 if most is None else -1.0  # max(x, c) = c + relu(x - c), min(x, c) = c - relu(c - x)
    shifted = draft.step("affine", _affine(sign, -sign * bound), (of,), of.shape, of.batch)
    kinked = draft.step("relu", {}, (shifted,), of.shape, of.batch)
    return draft.step("affine", _affine(sign, bound), (kinked,), of.shape, of.batch)


def _end(call: Call, name: str) -> float | None:
    if call.get(name) is None:
        return None
    number = call.number(name)
    return None if math.isinf(number) else number


def _affine(scale: float, shift: float) -> dict[str, Field]:
    return {"scale": written(scale), "shift": written(shift)}


def _between(draft: Draft, call: Call, least: float, most: float) -> Held:
    if (least, most) == (0, 6):
        return _entrywise(draft, call, "relu6", {})
    fields: dict[str, Field] = {"min_val": written(least), "max_val": written(most)}
    return _entrywise(draft, call, "hardtanh", {} if (least, most) == (-1, 1) else fields)


def glu(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axis = call.integer("dim", -1) % len(of.shape)
    return draft.step("glu", {"axis": of.axis(axis)}, (of,), call.shape, of.batch)


def softmax(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axis = call.integer("dim") % len(of.shape)
    return soft_maximum(draft, of, axis)


def log_softmax(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    own = of.axis(call.integer("dim") % len(of.shape))
    return draft.step("logsoftmax", {} if own == len(of.own) - 1 else {"axis": own}, (of,), of.shape, of.batch)


EMPTY = "a mask leaves out all entries of a softmax"


def soft_maximum(draft: Draft, of: Held, axis: int) -> Held:
    """The softmax along a framework's axis, over the entries that no mask leaves out."""
    own = of.axis(axis)
    fields: dict[str, Field] = {} if own == len(of.own) - 1 else {"axis": own}
    shown = Held(of.step, of.shape, of.batch)
    if of.masked is None:
        return draft.step("softmax", fields, (shown,), of.shape, of.batch)
    if of.masked.source is not None:
        if of.batch is None:
            raise RefusalError("token ids decide a mask of scores that have no samples")
        if bool(np.broadcast_to(of.masked.array, of.shape).all(axis=axis).any()):
            raise RefusalError(EMPTY)
        masks = of.masked.by_sample(of.batch, draft.batch)
        return draft.step("softmax", {**fields, "mask": True}, (shown,), of.shape, of.batch, chosen={"masks": masks})
    mask = _for_one_sample(of, draft.batch)
    if bool(mask.all(axis=own).any()):
        raise RefusalError(EMPTY)
    if len(of.own) >= 2 and own == len(of.own) - 1 and _is_causal(mask):
        return draft.step("softmax", {"causal": True}, (shown,), of.shape, of.batch)
    return draft.step("softmax", {**fields, "mask": True}, (shown,), of.shape, of.batch, given={"mask": mask})


def _for_one_sample(of: Held, count: int) -> Array:
    """The mask without the axis of the samples."""
    assert of.masked is not None
    if of.batch is None:
        return of.masked.array
    every = by_sample(of.masked.array, of.batch, count)
    if not bool((every == every[:1]).all()):
        raise RefusalError("a mask is another one for each sample")
    return every[0]


def _is_causal(mask: Array) -> bool:
    """Whether entry j is left out of row i where j > i, and no other."""
    rows, columns = mask.shape[-2:]
    return bool((mask == np.triu(np.ones((rows, columns), dtype=bool), 1)).all())


def prelu(draft: Draft, call: Call) -> Value:
    """relu(x) - a relu(-x), with a learned slope for each channel."""
    of, slope = call.held("self"), call.array("weight")
    axes = len(of.shape) - 2
    if prod(slope.shape) > 1 and axes >= 0:
        slope = reshaped(draft, slope, (*slope.shape, *(1,) * axes))
    below = entrywise(draft, affine(draft, of, scale=-1), "relu", {})
    return total(draft, entrywise(draft, of, "relu", {}), product(draft, below, slope), -1.0)


def rrelu(draft: Draft, call: Call) -> Value:
    """In evaluation the slope is the mean of both ends; in training it is random."""
    if call.flag("training"):
        raise RefusalError("its slope is random in training")
    slope = (call.number("lower", 1 / 8) + call.number("upper", 1 / 3)) / 2
    return _entrywise(draft, call, "leaky_relu", {"negative_slope": written(slope)})


def threshold(draft: Draft, call: Call) -> Value:
    """x where it is above the threshold, and else a number: continuous where they are equal."""
    at, value = call.number("threshold"), call.number("value")
    if at != value:
        raise RefusalError("it jumps at its threshold")
    moved = affine(draft, call.held("self"), shift=-at)
    return affine(draft, entrywise(draft, moved, "relu", {}), shift=at)
