"""Scaled dot-product attention: scores, softmax, weighted sum."""

from __future__ import annotations

import math

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.activations import soft_maximum
from boundcalc.importers.operators.arithmetic import total
from boundcalc.importers.operators.masks import filled, masked_by
from boundcalc.importers.operators.moves import expanded, reshaped
from boundcalc.importers.operators.numbers import root_scale, written
from boundcalc.importers.operators.products import multiplied
from boundcalc.importers.values import Chosen, Fixed, Held, RefusalError, Value


def scaled_dot_product(draft: Draft, call: Call) -> Value:
    query, key, value = (call.held(name) for name in ("query", "key", "value"))
    if call.flag("enable_gqa") and key.shape[-3] != query.shape[-3]:
        key, value = (_shared(draft, of, query.shape[-3] // of.shape[-3]) for of in (key, value))
    width, lead = query.shape[-1], np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    shape = (*lead, query.shape[-2], key.shape[-2])
    scores = multiplied(draft, query, key, shape, flip=True)
    scale = call.number("scale", 1 / math.sqrt(width))
    factor = root_scale(scale, width)
    if factor != 1:
        scores = draft.step("affine", {"scale": factor}, (scores,), scores.shape, scores.batch)
    found: Value = scores
    mask = call.decided("attn_mask") if call.is_decided("attn_mask") else call.get("attn_mask")
    if call.flag("is_causal"):
        found = filled(draft, scores, Fixed(np.triu(np.ones(shape[-2:], dtype=bool), 1)), -math.inf)
    elif isinstance(mask, Fixed | Chosen) and mask.array.dtype == bool:
        found = masked_by(draft, scores, mask)
    elif mask is not None:
        found = total(draft, scores, mask, 1.0)
    if not isinstance(found, Held):
        raise RefusalError("its mask is no array")
    weights = soft_maximum(draft, found, len(shape) - 1)
    dropped = call.number("dropout_p", 0.0)
    if dropped != 0:
        weights = draft.step("dropout", {"p": written(dropped)}, (weights,), weights.shape, weights.batch)
    return multiplied(draft, weights, value, (*shape[:-1], value.shape[-1]))


def _shared(draft: Draft, of: Held, times: int) -> Held:
    """Each head of keys and values read by so many heads of queries, which are neighbours."""
    *lead, heads, positions, width = of.shape
    apart = reshaped(draft, of, (*lead, heads, 1, positions, width))
    if not isinstance(apart, Held):
        raise RefusalError("its keys are no array")
    copies = expanded(draft, apart, (*lead, heads, times, positions, width))
    joined = reshaped(draft, copies, (*lead, heads * times, positions, width))  # type: ignore[arg-type]
    if not isinstance(joined, Held):
        raise RefusalError("its keys are no array")
    return joined
