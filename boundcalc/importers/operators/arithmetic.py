"""Sums, products and numbers: entry by entry, with broadcasting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.moves import expanded
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value

MASKED = -1e30  # a score that is less is left out by a softmax: exp of it is 0 in every float


def number_of(value: Value) -> float | None:
    """The number that an operand is, if it is one."""
    if isinstance(value, bool | int | float):
        return float(value)
    return value.number if isinstance(value, Fixed) and value.array.size == 1 else None


def filling(value: Value) -> float | None:
    """The number that is everywhere in an operand."""
    return value.number if isinstance(value, Fixed) else number_of(value)


def affine(draft: Draft, of: Held, scale: float = 1, shift: float = 0) -> Held:
    if scale == 1 and shift == 0:
        return of
    fields: dict[str, Field] = {}
    if scale != 1:
        fields["scale"] = written(scale)
    if shift != 0:
        fields["shift"] = written(shift)
    return draft.step("affine", fields, (of,), of.shape, of.batch)


def add(draft: Draft, call: Call) -> Value:
    alpha = call.number("alpha", 1.0)
    return total(draft, call.get("self"), call.get("other"), alpha)


def sub(draft: Draft, call: Call) -> Value:
    return total(draft, call.get("self"), call.get("other"), -call.number("alpha", 1.0))


def rsub(draft: Draft, call: Call) -> Value:
    if call.number("alpha", 1.0) != 1:
        raise RefusalError("its `alpha` is not 1")
    return total(draft, call.get("other"), call.get("self"), -1.0)


def total(draft: Draft, left: Value, right: Value, alpha: float) -> Value:
    """left + alpha right."""
    shift = number_of(right)
    start = number_of(left)
    if shift is not None and isinstance(left, Held | Learned) and alpha * shift > MASKED:
        return affine(draft, draft.held(left), shift=alpha * shift)
    if start is not None and isinstance(right, Held | Learned):
        return affine(draft, draft.held(right), scale=alpha, shift=start)
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
    if isinstance(left, Held) and isinstance(right, Held) and not (left.masked is None and right.masked is None):
        return _both_masked(draft, left, right, scale, alpha)
    (first, second), shape, batch = draft.aligned((left, right))
    if scale == 1 and alpha == -1:
        return draft.step("subtract", {}, (first, second), shape, batch)
    first, second = affine(draft, first, scale), affine(draft, second, alpha)
    return draft.step("add", {}, (first, second), shape, batch)


def _both_masked(draft: Draft, left: Held, right: Held, scale: float, alpha: float) -> Held:
    """The sum, without the entries that either is without."""
    if scale != 1 or alpha != 1:
        raise RefusalError("it subtracts scores that are masked")
    image = _summed(draft, replace(left, masked=None), replace(right, masked=None), 1.0, 1.0)
    if not isinstance(image, Held):
        raise RefusalError("it adds scores that are no array")
    hidden = np.zeros(image.shape, dtype=bool)
    for of in (left, right):
        if of.masked is not None:
            hidden = hidden | of.masked
    return replace(image, masked=hidden)


def _masked(draft: Draft, scores: Held, added: np.ndarray) -> Held:
    """Scores of which those with -oo added are left out."""
    hidden = np.broadcast_to(added <= MASKED, scores.shape)
    rest = np.where(added <= MASKED, 0.0, added)
    masked = hidden if scores.masked is None else scores.masked | hidden
    shown = Held(scores.step, scores.shape, scores.batch)
    if np.any(rest):
        moved = total(draft, shown, Fixed(rest), 1.0)
        if not isinstance(moved, Held):
            raise RefusalError("it adds a mask that is no constant")
        shown = moved
    return Held(shown.step, shown.shape, shown.batch, masked=masked)


def masked_fill(draft: Draft, call: Call) -> Value:
    return filled(draft, call.held("self"), call.fixed("mask").array.astype(bool), call.get("value"))


def where(draft: Draft, call: Call) -> Value:
    """A choice by a fixed mask: of scores and a number, or of two arrays, each multiplied by its part of the mask."""
    chosen = call.fixed("condition").array.astype(bool)
    left, right = call.get("self"), call.get("other")
    if isinstance(left, Held) and filling(right) is not None:
        return filled(draft, left, ~chosen, filling(right))
    if isinstance(right, Held) and filling(left) is not None:
        return filled(draft, right, chosen, filling(left))
    kept = product(draft, left, Fixed(np.where(chosen, 1.0, 0.0)))
    return total(draft, kept, product(draft, right, Fixed(np.where(chosen, 0.0, 1.0))), 1.0)


def filled(draft: Draft, of: Held, mask: np.ndarray, value: Value) -> Value:
    number = number_of(value)
    if number is None:
        raise RefusalError("it fills in what is no number")
    shape = np.broadcast_shapes(of.shape, mask.shape)
    if shape != of.shape and of.masked is None:
        spread = expanded(draft, of, shape)
        return filled(draft, spread, mask, value) if isinstance(spread, Held) else spread
    if not mask.any():
        return of
    if number <= MASKED:
        hidden = np.broadcast_to(mask, of.shape)
        return Held(of.step, of.shape, of.batch, masked=hidden if of.masked is None else of.masked | hidden)
    kept = product(draft, of, Fixed(np.where(mask, 0.0, 1.0)))
    return kept if number == 0 else total(draft, kept, Fixed(np.where(mask, number, 0.0)), 1.0)


def mul(draft: Draft, call: Call) -> Value:
    return product(draft, call.get("self"), call.get("other"))


def product(draft: Draft, left: Value, right: Value) -> Value:
    for of, by in ((left, right), (right, left)):
        factor = number_of(by)
        if factor is not None and isinstance(of, Held | Learned):
            return affine(draft, draft.held(of), scale=factor)
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


def gather(draft: Draft, call: Call) -> Value:
    """Of a constant that is one number everywhere."""
    number = call.fixed("self").number
    if number is None:
        raise RefusalError("it looks up entries at indices that are computed")
    return Fixed(np.broadcast_to(call.fixed("self").array.flat[0], call.shape))


def slice_scatter(draft: Draft, call: Call) -> Value:
    """Entries along an axis put in place of others: the others are kept, and these are added."""
    of, source = call.array("self"), call.fixed("src")
    axis = call.integer("dim", 0) % len(of.shape)
    at = (slice(None),) * axis + (slice(call.get("start"), call.get("end"), call.get("step")),)
    kept, added = np.ones(of.shape), np.zeros(of.shape)
    kept[at], added[at] = 0.0, source.array
    return total(draft, product(draft, of, Fixed(kept)), Fixed(added), 1.0)


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


def refused(reason: str) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        raise RefusalError(reason)

    return rule
