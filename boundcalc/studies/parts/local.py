"""A local optimum of a bound that is no geometric program: SciPy's SLSQP in the logarithms of the variables, from several starts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundcalc.studies.parts.surface import Margin, Surface

Vector = NDArray[np.float64]
RANDOM_STARTS = 5
RESTARTS = 4  # of a search that has come to rest, as long as it goes on from there
SPREAD = 1.5  # of random starts, in logarithms
SLACK = 1e-7  # by which a point may miss a constraint, until it is rounded
STEPS, PRECISION = 200, 1e-10
_ENOUGH = 1e-9
RESTORED = 20
_FAR = 1e3  # what stands for a logarithm that is infinite


def best(
    surface: Surface,
    margins: Sequence[Margin],
    starts: Sequence[Vector],
    box: float,
    maximise: bool,
    until: float,
    progress: Callable[[int, int], None],
) -> Vector | None:
    """The best of the local optima from some starts and from random places around the first, among points at most `box` away from it;
    None where none was found that meets the constraints. `until`: by the monotonic clock, when to come to an end."""
    found: list[tuple[float, Vector]] = []
    points = [*starts, *_around(starts[0])]
    for done, start in enumerate(points):
        progress(done, len(points))
        if done and monotonic() > until and found:
            break
        point = _climb(surface, margins, start, starts[0], box, maximise, until)
        for each in (point, start):
            if is_feasible(margins, each):
                found.append((_height(surface, each, maximise), each))
    progress(len(points), len(points))
    known = [pair for pair in found if math.isfinite(pair[0]) or pair[0] == -math.inf]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def _around(start: Vector) -> Iterator[Vector]:
    random = np.random.default_rng(0)
    for _ in range(RANDOM_STARTS):
        yield start + random.uniform(-SPREAD, SPREAD, len(start))


def is_feasible(margins: Sequence[Margin], point: Vector) -> bool:
    """To the accuracy of the search."""
    return all(abs(x) <= SLACK if m.constraint.equal else x >= -SLACK for m in margins for x in [m.at(point)])


def _height(surface: Surface, point: Vector, maximise: bool) -> float:
    return surface.log(point) * (-1 if maximise else 1)


class _LateError(Exception):
    """It is time to come to an end."""


def _climb(
    surface: Surface,
    margins: Sequence[Margin],
    start: Vector,
    center: Vector,
    box: float,
    maximise: bool,
    until: float,
) -> Vector:
    from scipy.optimize import minimize

    side = -1.0 if maximise else 1.0
    low, high = center - box, center + box
    at, last = np.clip(start, low, high), math.inf
    latest = at

    def height(point: Vector) -> float:
        nonlocal latest
        if monotonic() > until:
            raise _LateError
        latest = point.copy()
        value = _height(surface, point, maximise)
        return value if math.isfinite(value) else math.copysign(_FAR, value)

    def slope(point: Vector) -> Vector:
        found = surface.elasticities(point)
        return np.zeros_like(point) if found is None else side * found

    constraints = [
        {"type": "eq" if margin.constraint.equal else "ineq", "fun": margin.at, "jac": margin.slopes}
        for margin in margins
    ]
    with warnings.catch_warnings():  # of steps that leave the box, which are clipped
        warnings.simplefilter("ignore")
        try:
            for _ in range(RESTARTS):
                found: Any = minimize(
                    height,
                    at,
                    jac=slope if surface.is_differentiable else "2-point",
                    method="SLSQP",
                    bounds=list(zip(low.tolist(), high.tolist(), strict=True)),
                    constraints=constraints,
                    options={"maxiter": STEPS, "ftol": PRECISION},
                )
                latest = at = _restored(margins, np.clip(np.asarray(found.x, dtype=np.float64), low, high))
                now = height(at)
                if is_feasible(margins, at) and now > last - _ENOUGH:
                    break
                last = now if is_feasible(margins, at) else math.inf
        except _LateError:
            at = _restored(margins, np.clip(latest, low, high))
    return np.clip(at, low, high)


def _restored(margins: Sequence[Margin], point: Vector) -> Vector:
    """A point that misses constraints by little, moved onto their edges, one after the other."""
    for _ in range(RESTORED):
        for margin in margins:
            missing, slopes = margin.at(point), margin.slopes(point)
            size = float(slopes @ slopes)
            if math.isfinite(missing) and size > 0 and (missing < 0 or margin.constraint.equal):
                point = point - slopes * (missing / size)
        if is_feasible(margins, point):
            break
    return point
