"""Choices by masks, which are fixed or what token ids decide: scores that are left out, numbers put in, one of two arrays."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.arithmetic import MASKED, hidden_where, number_of, product, total
from boundcalc.importers.operators.moves import expanded
from boundcalc.importers.values import Chosen, Fixed, Held, Learned, RefusalError, Value

Mask = Fixed | Chosen


def masked_fill(draft: Draft, call: Call) -> Value:
    return filled(draft, call.held("self"), _truth(call.decided("mask")), call.get("value"))


def where(draft: Draft, call: Call) -> Value:
    """A choice between arrays or numbers, by a mask."""
    chosen = _truth(call.decided("condition"))
    left, right = (_spoken(call.get(name)) for name in ("self", "other"))
    found = _chosen_of(draft, chosen, left, right)
    if isinstance(found, Held) and found.shape != call.shape:
        return expanded(draft, found, call.shape)
    return found


def _spoken(value: Value) -> Value:
    """The number that all entries of a constant are."""
    number = value.number if isinstance(value, Fixed) else None
    return value if number is None else number


def _chosen_of(draft: Draft, chosen: Mask, left: Value, right: Value) -> Value:
    if isinstance(left, Held | Learned) and number_of(right) is not None:
        return filled(draft, draft.held(left), _not(chosen), right)
    if isinstance(right, Held | Learned) and number_of(left) is not None:
        return filled(draft, draft.held(right), chosen, left)
    kept = product(draft, left, _factors(chosen))
    return total(draft, kept, product(draft, right, _factors(_not(chosen))), 1.0)


def filled(draft: Draft, of: Held, mask: Mask, value: Value) -> Value:
    """A number wherever a mask is true."""
    number = number_of(value)
    if number is None:
        raise RefusalError("it fills in what is no number")
    shape = np.broadcast_shapes(of.shape, mask.shape)
    if shape != of.shape:
        spread = expanded(draft, of, shape)
        return filled(draft, spread, mask, value) if isinstance(spread, Held) else spread
    if isinstance(mask, Fixed) and not mask.array.any():
        return of
    if number <= MASKED:
        return hidden_where(draft, of, Chosen(mask.array) if isinstance(mask, Fixed) else mask)
    kept = product(draft, of, _factors(_not(mask)))
    return kept if number == 0 else total(draft, kept, _times(_factors(mask), number), 1.0)


def masked_by(draft: Draft, scores: Held, shown: Mask) -> Value:
    """Scores without those that a mask of truth values does not show."""
    return filled(draft, scores, _not(_truth(shown)), -math.inf)


def _truth(mask: Mask) -> Mask:
    return Fixed(mask.array.astype(bool)) if isinstance(mask, Fixed) else mask.made(lambda array: array.astype(bool))


def _not(mask: Mask) -> Mask:
    return Fixed(~mask.array) if isinstance(mask, Fixed) else mask.made(lambda array: ~array)


def _factors(mask: Mask) -> Mask:
    return _times(mask, 1.0)


def _times(mask: Mask, number: float) -> Mask:
    if isinstance(mask, Fixed):
        return Fixed(np.where(mask.array, number, 0.0))
    return replace(mask.made(lambda array: np.where(array.astype(bool), number, 0.0)), most=abs(number))
