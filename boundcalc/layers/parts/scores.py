"""Losses of rows of scores: one for each class."""

from __future__ import annotations

from typing import Any

from boundcalc.graph.kind import At
from boundcalc.graph.shape import Shape, show_shape


def scores_of(at: At) -> Shape:
    """The shape [classes] of a sample's scores. Raises SpecError; a softmax before them gets a warning."""
    if len(at.shape) != 1:
        remedy = f"flatten or average it to [classes] first; the input has shape {show_shape(at.shape)}"
        raise at.error(f"'{at.kind}' reads one row of scores for each sample", remedy)
    if at.operands[0].row_stochastic:
        at.warn(f"{at.kind} contains the softmax; the softmax before it makes a double softmax")
    return at.shape


def log_sum_exp(z: Any, xp: Any) -> Any:
    """Over the last axis, on arrays."""
    top = xp.max(z, axis=-1, keepdims=True)
    return xp.log(xp.sum(xp.exp(z - top), axis=-1)) + top[..., 0]
