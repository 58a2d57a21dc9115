"""Sums, products and numbers: entry by entry, with broadcasting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.moves import expanded
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, Value

MASKED = -1e30  # a score that is less is left out by a softmax: exp of it is 0 in every float


def number_of(value: Value) -> float | None:
    """The number that an operand is, if it is one."""
    if isinstance(value, bool | int | float):
        return float(value)
    return value.number if isinstance(value, Fixed) and value.array.size == 1 else None


def affine(draft: Draft, of: Held, scale: float = 1, shift: float = 0) -> Held:
    if scale == 1 and shift == 0:
        return of
    if of.masked is not None and scale > 0:
        return affine(draft, of.shown, scale, shift).without(of, lambda array: array)
    fields: dict[str, Field] = {}
    if scale != 1:
        fields["scale"] = written(scale)
    if shift != 0:
        fields["shift"] = written(shift)
    return draft.step("affine", fields, (of,), of.shape, of.batch)


def add(draft: Draft, call: Call) -> Value:
    alpha = call.number("alpha", 1.0)
    return total(draft, call.operand("self"), call.operand("other"), alpha)


def sub(draft: Draft, call: Call) -> Value:
    return total(draft, call.operand("self"), call.operand("other"), -call.number("alpha", 1.0))


def rsub(draft: Draft, call: Call) -> Value:
    if call.number("alpha", 1.0) != 1:
        raise RefusalError("its `alpha` is not 1")
    return total(draft, call.operand("other"), call.operand("self"), -1.0)


def total(draft: Draft, left: Value, right: Value, alpha: float) -> Value:
    """left + alpha right."""
    shift = number_of(right)
    start = number_of(left)
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(left.array + alpha * right.array)
    if isinstance(left, Fixed) and shift is not None:
        return Fixed(left.array + alpha * shift)
    if start is not None and isinstance(right, Fixed):
        return Fixed(start + alpha * right.array)
    if shift is not None and isinstance(left, Held | Learned) and alpha * shift > MASKED:
        return affine(draft, draft.held(left), shift=alpha * shift)
    if start is not None and isinstance(right, Held | Learned):
        return affine(draft, draft.held(right), scale=alpha, shift=start)
    if isinstance(left, Chosen) and isinstance(right, Held):
        return _with_chosen(draft, right, left, alpha, 1.0)
    if isinstance(left, Held) and isinstance(right, Chosen):
        return _with_chosen(draft, left, right, 1.0, alpha)
    if not isinstance(left, Held | Learned | Fixed) or not isinstance(right, Held | Learned | Fixed):
        raise RefusalError("it adds something that is no array")
    if isinstance(left, Fixed):
        return _summed(draft, right, left, alpha, 1.0)
    return _summed(draft, left, right, 1.0, alpha)


def _summed(
    draft: Draft, left: Held | Learned | Fixed, right: Held | Learned | Fixed, scale: float, alpha: float
) -> Value:
    if isinstance(right, Fixed) and isinstance(left, Held):
        if left.masked is not None or bool(np.any(right.array * alpha <= MASKED)):
            if scale != 1:
                raise RefusalError("it subtracts scores from a mask")
            return _masked(draft, left, right.array * alpha)
        if not np.any(right.array) and np.broadcast_shapes(left.shape, right.shape) == left.shape:
            return affine(draft, left, scale=scale)
    if any(isinstance(each, Held) and each.masked is not None for each in (left, right)):
        return _both_masked(draft, draft.held(left), draft.held(right), scale, alpha)
    (first, second), shape, batch = draft.aligned((left, right))
    if scale == 1 and alpha == -1:
        return draft.step("subtract", {}, (first, second), shape, batch)
    first, second = affine(draft, first, scale), affine(draft, second, alpha)
    return draft.step("add", {}, (first, second), shape, batch)


def _both_masked(draft: Draft, left: Held, right: Held, scale: float, alpha: float) -> Held:
    """The sum, without the entries that either is without."""
    if (left.masked is not None and scale <= 0) or (right.masked is not None and alpha <= 0):
        raise RefusalError("it subtracts scores that are masked")
    image = _summed(draft, left.shown, right.shown, scale, alpha)
    if not isinstance(image, Held):
        raise RefusalError("it adds scores that are no array")
    return replace(image, masked=image.hidden.within(left.masked).within(right.masked))


def _with_chosen(draft: Draft, of: Held, by: Chosen, scale: float, alpha: float) -> Value:
    """scale of + alpha by: scores with a mask, or a constant for each sample."""
    array = by.array.astype(float)
    if scale == 1 and alpha == 1 and bool(np.all((array == 0) | (array <= MASKED))):
        return hidden_where(draft, of, by.made(lambda values: values <= MASKED))
    added = constant(draft, by, of)
    return _summed(draft, of, added, scale, alpha)


def hidden_where(draft: Draft, of: Held, mask: Chosen) -> Held:
    """Scores of which those are left out where a mask is true."""
    shape = np.broadcast_shapes(of.shape, mask.shape)
    if shape != of.shape:
        spread = expanded(draft, of, shape)
        if not isinstance(spread, Held):
            raise RefusalError("it masks what is no array")
        of = spread
    hidden = mask.made(lambda array: np.broadcast_to(array.astype(bool), shape))
    return replace(of, masked=hidden.within(of.masked))


def constant(draft: Draft, of: Chosen, like: Held) -> Held:
    """What ids decide beside an array: a constant for each sample, where it has their axis, or an input, where its numbers have no
    bound for all ids."""
    if of.most is None and of.name is not None and np.unique(np.abs(of.array)).size > 2:
        return draft.chosen_numbers(of.name)
    batch, lead = like.batch, len(like.shape) - len(of.shape)
    if batch is None and of.shape[:1] == (draft.batch,):
        batch, lead = Batch(0), 0
    axis = -1 if batch is None else batch.axis - lead
    if batch is None or axis < 0 or of.shape[axis] != draft.batch * batch.others:
        raise RefusalError("it computes with what token ids decide, along other axes than those of the samples")
    moved = replace(batch, axis=axis)
    return draft.chosen_constant(of.by_sample(moved, draft.batch), of.shape, moved)


def _masked(draft: Draft, scores: Held, added: np.ndarray) -> Held:
    """Scores of which those with -oo added are left out."""
    rest = np.where(added <= MASKED, 0.0, added)
    shown = scores.shown
    if np.any(rest):
        moved = total(draft, shown, Fixed(rest), 1.0)
        if not isinstance(moved, Held):
            raise RefusalError("it adds a mask that is no constant")
        shown = moved
    return hidden_where(draft, replace(shown, masked=scores.masked), Chosen(added <= MASKED))


def mul(draft: Draft, call: Call) -> Value:
    return product(draft, call.operand("self"), call.operand("other"))


def product(draft: Draft, left: Value, right: Value) -> Value:
    for of, by in ((left, right), (right, left)):
        factor = number_of(by)
        if factor is not None and isinstance(of, Held | Learned):
            return affine(draft, draft.held(of), scale=factor)
        if factor is not None and isinstance(of, Fixed):
            return Fixed(of.array * factor)
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(left.array * right.array)
    if isinstance(left, Chosen) and isinstance(right, Held):
        left = constant(draft, left, right)
    if isinstance(right, Chosen) and isinstance(left, Held):
        right = constant(draft, right, left)
    if not isinstance(left, Held | Learned | Fixed) or not isinstance(right, Held | Learned | Fixed):
        raise RefusalError("it multiplies something that is no array")
    if isinstance(left, Held) and isinstance(right, Held) and (left.step, left.shape) == (right.step, right.shape):
        return draft.step("square", {}, (left,), left.shape, left.batch)
    operands, shape, batch = draft.aligned((left, right))
    return draft.step("multiply", {}, operands, shape, batch)


def neg(draft: Draft, call: Call) -> Value:
    return affine(draft, call.held("self"), scale=-1)


def same(draft: Draft, call: Call) -> Value:
    """The identity: copies, casts, what only autograd sees."""
    value = call.get("self") if "self" in call.arguments else call.get("input")
    return value if isinstance(value, Held | Learned | Fixed) else call.held("self")


def zero(draft: Draft, call: Call) -> Value:
    return Fixed(np.zeros(call.shape))


def addcmul(draft: Draft, call: Call) -> Value:
    """self + value tensor1 tensor2."""
    return total(
        draft, call.get("self"), product(draft, call.get("tensor1"), call.get("tensor2")), call.number("value", 1.0)
    )


def lerp(draft: Draft, call: Call) -> Value:
    """self + weight (end - self)."""
    gap = total(draft, call.get("end"), call.get("self"), -1.0)
    return total(draft, call.get("self"), product(draft, gap, call.get("weight")), 1.0)


def triangle(is_lower: bool) -> Rule:
    """tril and triu: the entries on one side of a diagonal."""

    def rule(draft: Draft, call: Call) -> Value:
        of, at = call.array("self"), call.integer("diagonal", 0)
        ones = np.ones(of.shape[-2:])
        return product(draft, of, Fixed(np.tril(ones, at) if is_lower else np.triu(ones, at)))

    return rule
