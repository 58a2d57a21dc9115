"""Restrictions of learned arrays inside their balls: rows that are not short, entries that are not large."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from boundcalc.exact.intervals import at_least
from boundcalc.graph.context import Context
from boundcalc.graph.kind import Placed
from boundcalc.graph.layer_graph import Array, Ball
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail


def check_limits(context: Context, step: Step, placed: Placed[Any], arrays: Mapping[str, Array]) -> None:
    """A ball has an array whose rows are that long; what is shared is restricted in the same way by its owner, since bounds of the
    owner hold on its own set."""
    for name in (*placed.least, *placed.most):
        if arrays[name].shared and not _is_restricted_alike(context, step, placed, arrays[name]):
            finding = f"'{arrays[name].origin}' cannot be shared as '{name}' of '{step.kind}': it is restricted in another way"
            raise fail(step.place, finding, "share it with a layer of the same `weight_norm` and shape")
    for name, least in placed.least.items():
        array = arrays[name]
        reach, needed = (
            reach_of(context.graph.balls[array.ball], array, arrays.values()),
            sympy.sqrt(array.shape[0]) * least,
        )
        if context.conditions.holds(at_least(reach, needed), step.place) is False:
            finding = f"no '{name}' in its ball has rows of norm {least} and more: together they have norm {needed}, and the ball ends at {reach}"
            raise fail(step.place, finding, "give it a larger radius or centre, or a smaller `least`")


def reach_of(ball: Ball, array: Array, beside: Iterable[Array]) -> sympy.Expr:
    """The largest norm of an array of a ball, of which `beside` has all arrays."""
    if array.center is not None:
        return ball.radius + array.center
    named = any(other.ball == array.ball and other.center is not None for other in beside)
    return ball.radius if named or ball.center is None else ball.radius + ball.center


def _is_restricted_alike(context: Context, step: Step, placed: Placed[Any], array: Array) -> bool:
    path, _, name = array.origin.rpartition(".")
    owner = context.graph.layer(path)
    shape = next(own.shape for own in owner.arrays if own.name == name)
    if not all(context.conditions.same(a, b, step.place) for a, b in zip(shape, array.shape, strict=True)):
        return False  # it is transposed
    pairs = (
        (theirs.get(name), ours.get(array.name))
        for theirs, ours in ((owner.placed.least, placed.least), (owner.placed.most, placed.most))
    )
    return all(
        a is None if b is None else a is not None and context.conditions.same(a, b, step.place) for a, b in pairs
    )
