"""A loss with kinks that bend downwards alone, such as a minimum of smooth functions, with its upper curvature in place of its
smoothness: of it, the rules for D^2 give the upper curvature of the composition (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boundcalc.calculus.primitives import Average, Linear, Primitive


def above(primitives: Sequence[Primitive], loss: int) -> tuple[Average, tuple[Linear, ...]] | None:
    """What stands for the loss: a mean, and the positive numbers that it is multiplied by, in order. None where nothing is
    known, and where the loss is smooth."""
    factors: list[Linear] = []
    primitive = primitives[loss]
    while isinstance(primitive, Linear):
        factors.append(primitive)
        primitive = primitives[primitive.of]
    if not isinstance(primitive, Average) or primitive.entry.smoothness.value is not None:
        return None
    upper = primitive.entry.upper
    if upper is None or upper.value is None:
        return None
    return replace(primitive, entry=replace(primitive.entry, smoothness=upper)), tuple(reversed(factors))
