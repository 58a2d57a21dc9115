"""Positions made more or fewer by interpolation: a fixed linear map along each axis, as torch computes its weights."""

from __future__ import annotations

import math

import numpy as np

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Array
from boundcalc.importers.operators.fixed_linear import mapped
from boundcalc.importers.operators.numbers import per_axis
from boundcalc.importers.operators.taking import taken
from boundcalc.importers.values import Fixed, Held, RefusalError, Value

_CUBIC, _CUBIC_SMOOTHED = -0.75, -0.5  # the coefficient of torch's cubic; of its antialiased one


def upsample(mode: str, axes: int) -> Rule:
    """nearest, nearest-exact, linear, cubic, or smoothed: linear-smoothed, cubic-smoothed."""

    def rule(draft: Draft, call: Call) -> Value:
        of = call.plain("input" if "input" in call.arguments else "self", axes)
        before, after = of.shape[2:], call.shape[2:]
        factors = [b // a for a, b in zip(before, after, strict=True)]
        is_whole = all(a * f == b for a, f, b in zip(before, factors, after, strict=True))
        scales = _scales(call, axes)
        if before == after and not any(scale is not None and scale != 1 for scale in scales):
            return of
        is_scaled = all(scale is None or scale == f for scale, f in zip(scales, factors, strict=True))
        if mode in ("nearest", "linear") and is_whole and is_scaled and not call.flag("align_corners"):
            fields: dict[str, Field] = {"factor": per_axis(tuple(factors), axes)}
            if mode != "nearest":
                fields["mode"] = mode
            return draft.step("upsample", fields, (of,), call.shape, of.batch)
        image: Held = of
        for axis, (a, b, scale) in enumerate(zip(before, after, scales, strict=True), start=2):
            image = _along(draft, image, axis, a, b, _sources(mode, a, b, scale, call.flag("align_corners")))
        return image

    return rule


def _scales(call: Call, axes: int) -> list[float | None]:
    """The factors that were asked for, which differ from those of the sizes where these are rounded."""
    given = call.get("scale_factors")
    if isinstance(given, tuple):
        return [float(each) if isinstance(each, int | float) else None for each in given]
    names = ("scales",) if axes == 1 else ("scales_d", "scales_h", "scales_w")[-axes:]
    found = [call.get(name) for name in names]
    return [float(each) if isinstance(each, int | float) else None for each in found]


def _along(draft: Draft, of: Held, axis: int, before: int, after: int, matrix: Array) -> Held:
    if before == after and np.array_equal(matrix, np.eye(before)):
        return of
    if set(np.unique(matrix)) <= {0.0, 1.0} and bool((matrix.sum(axis=1) == 1).all()):  # entries, as they are
        shape = (*of.shape[:axis], after, *of.shape[axis + 1 :])
        image = taken(draft, of, Fixed(matrix.argmax(axis=1)), axis, shape)
    else:
        image = mapped(draft, of, matrix, axis)
    if not isinstance(image, Held):
        raise RefusalError("it resizes what is no array")
    return image


def _sources(mode: str, before: int, after: int, scale: float | None, aligned: bool) -> Array:
    """The matrix along one axis."""
    if aligned:
        if mode.endswith("smoothed"):
            raise RefusalError("it aligns corners, and smooths")
        step = (before - 1) / (after - 1) if after > 1 else 0.0
    else:
        step = before / after if scale is None or scale <= 0 else 1 / scale
    matrix = np.zeros((after, before))
    for place in range(after):
        source = place * step if aligned else step * (place + 0.5) - 0.5
        match mode:
            case "nearest":
                at = math.floor(np.float32(place) * np.float32(step))  # torch has the step as a single
                matrix[place, min(at, before - 1)] = 1
            case "nearest-exact":
                at = math.floor((np.float32(place) + np.float32(0.5)) * np.float32(step))
                matrix[place, min(at, before - 1)] = 1
            case "linear":
                source = max(source, 0.0)
                first = min(math.floor(source), before - 1)
                matrix[place, first] += 1 - (source - first)
                matrix[place, min(first + 1, before - 1)] += source - first
            case "cubic":
                first = math.floor(source)
                for k in range(-1, 3):
                    at = min(max(first + k, 0), before - 1)
                    matrix[place, at] += _cubic(source - first - k, _CUBIC)
            case _:
                matrix[place] = _smoothed(place, step, before, mode)
    return matrix


def _smoothed(place: int, step: float, before: int, mode: str) -> Array:
    """A filter as wide as what an entry stands for, whose weights add up to one."""
    cubic = mode.startswith("cubic")
    wide, weigh = (2.0, _cubic_smoothed) if cubic else (1.0, _tent)
    stretch = max(step, 1.0)
    centre, support = step * (place + 0.5), wide * stretch
    low = max(int(centre - support + 0.5), 0)
    high = min(int(centre + support + 0.5), before)
    row = np.zeros(before)
    for at in range(low, high):
        row[at] = weigh((at - centre + 0.5) / stretch)
    return row / row.sum()


def _tent(t: float) -> float:
    return max(1 - abs(t), 0.0)


def _cubic_smoothed(t: float) -> float:
    return _cubic(t, _CUBIC_SMOOTHED)


def _cubic(t: float, a: float) -> float:
    t = abs(t)
    if t <= 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return (((t - 5) * t + 8) * t - 4) * a if t < 2 else 0.0
