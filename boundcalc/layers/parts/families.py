"""Members of the classes of maps that a person knows by constants alone: they reach the constants, so that a bound can be
attacked. Fixed, not random: every unit vector is the constant one."""

from __future__ import annotations

import math
from typing import Any

import sympy

from boundcalc.graph.shape import Shape, size


def along(z: Any, xp: Any) -> Any:
    """<q, z> for the constant unit vector q of the whole array."""
    return xp.sum(z) / math.sqrt(math.prod(z.shape))


def constant_unit(batch: int, shape: Shape, like: Any, xp: Any) -> Any:
    full = (batch, *(int(axis) for axis in shape))
    return xp.full(full, 1 / math.sqrt(math.prod(full)), dtype=like.dtype)


def partial_isometry(z: Any, shape: Shape, xp: Any) -> Any:
    """Sample by sample, the entries in order, cut off or filled up with zeros: a linear map of norm 1."""
    batch, wanted = z.shape[0], int(size(shape))
    flat = xp.reshape(z, (batch, -1))[:, :wanted]
    missing = wanted - flat.shape[1]
    if missing:
        flat = xp.concat([flat, xp.zeros((batch, missing), dtype=z.dtype)], axis=1)
    return xp.reshape(flat, (batch, *(int(axis) for axis in shape)))


def wave(
    t: Any,
    lipschitz: sympy.Expr | None,
    smoothness: sympy.Expr | None,
    at_zero: sympy.Expr | None,
    sup: sympy.Expr | None,
    xp: Any,
) -> Any:
    """a sin(b t + c) with |value at 0| <= at_zero, |value| <= sup, slope a b <= lipschitz, curvature a b^2 <= smoothness.

    Where a sup is given it is the amplitude; otherwise l and L decide it, both reached.
    """
    slope, L = (None if constant is None else float(constant) for constant in (lipschitz, smoothness))
    start = None if at_zero is None else float(at_zero)
    if slope == 0 or (sup is not None and sup == 0):
        return 0 * t + (0.0 if start is None else start if sup is None else min(start, float(sup)))
    if sup is None and L == 0:
        return (1.0 if slope is None else slope) * t + (start or 0.0)
    if sup is not None:
        amplitude = float(sup)
    elif slope is not None and L is not None:
        amplitude = max(slope * slope / L, start or 0.0)
    else:
        amplitude = max(3.0, start or 0.0)
    limits = [*([] if slope is None else [slope / amplitude]), *([] if L is None else [math.sqrt(L / amplitude)])]
    phase = math.pi / 2 if start is None else math.asin(min(1.0, start / amplitude))
    return amplitude * xp.sin(min(limits, default=7.0) * t + phase)
