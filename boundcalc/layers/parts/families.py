"""Members of the classes of maps that a person knows by constants alone: they reach the constants, so that a bound can be
attacked. Fixed, not random: every unit vector is the constant one.

They act on the rows of an array: the slices that a layer acts on by themselves.
"""

from __future__ import annotations

import math
from typing import Any

import sympy


def along(rows: Any, xp: Any) -> Any:
    """[<q, z>] of every row z, for the constant unit vector q."""
    return xp.sum(rows, axis=1, keepdims=True) / math.sqrt(rows.shape[1])


def spread(heights: Any, count: int, xp: Any) -> Any:
    """h q of every row [h]: rows of so many entries."""
    return heights * xp.full((1, count), 1 / math.sqrt(count), dtype=heights.dtype)


def partial_isometry(rows: Any, count: int, xp: Any) -> Any:
    """The entries of every row in order, cut off or filled up with zeros: a linear map of norm 1."""
    kept = rows[:, :count]
    missing = count - kept.shape[1]
    return xp.concat([kept, xp.zeros((rows.shape[0], missing), dtype=rows.dtype)], axis=1) if missing else kept


def gathered(rows: Any, count: int, xp: Any) -> Any:
    """The same; but the last of fewer entries is the mean direction of those that are left, so that none is forgotten."""
    if rows.shape[1] <= count:
        return partial_isometry(rows, count, xp)
    return xp.concat([rows[:, : count - 1], along(rows[:, count - 1 :], xp)], axis=1)


def reaching(
    t: Any,
    lipschitz: sympy.Expr | None,
    smoothness: sympy.Expr | None,
    at_zero: sympy.Expr | None,
    sup: sympy.Expr | None,
    xp: Any,
) -> Any:
    """A function f of every entry with |f(0)| <= at_zero, |f| <= sup, |f'| <= lipschitz and a slope with constant `smoothness`,
    each reached where some function reaches them together.

    With bend(u), which is 0 up to u = 0, bends with the curvature L, and goes on with a slope:
    - unbounded: f(0) + l t + bend(-t) to the slope 2 l: slope l and curvature L meet at 0, where f may be largest;
    - bounded: f(0) on both sides of 0 less bend(u) - bend(u - w) to the slope l, down to -sup, where w = (f(0) + sup)/l.
    """
    slope, curvature, most = (None if c is None else float(c) for c in (lipschitz, smoothness, sup))
    start = min((float(c) for c in (at_zero, sup) if c is not None), default=0.0)
    if slope == 0 or (most is not None and 0 in (most, curvature)):
        return 0 * t + start
    if most is not None:
        fall = start + most
        slope = slope or (fall if curvature is None else math.sqrt(curvature * fall))
        sides = [_bend(u, slope, curvature, xp) - _bend(u - fall / slope, slope, curvature, xp) for u in (t, -t)]
        return start - sides[0] - sides[1]
    if slope is None:
        return start + (t * t * (curvature / 2) if curvature else t)
    return start + slope * t + (_bend(-t, 2 * slope, curvature, xp) if curvature else 0 * t)


def _bend(u: Any, slope: float, curvature: float | None, xp: Any) -> Any:
    """0 up to 0, then curved until the slope is reached, then straight; with a kink at 0 where no curvature is given."""
    if curvature is None:
        return xp.where(u > 0, slope * u, 0 * u)
    end = slope / curvature
    return xp.where(u > end, slope * u - slope * end / 2, xp.where(u > 0, u * u * (curvature / 2), 0 * u))
