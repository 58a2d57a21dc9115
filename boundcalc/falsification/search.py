"""The search for large values: starts, then ascent in the point and the direction together.

The direction takes the step of a power iteration, u <- the gradient of ||D^k z [u, ..., u]|| by u. The point moves towards the
farthest point of the domain along its gradient (conditional gradient): all the way where that helps, else a part of it. Every
evaluation counts for all rows at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from boundcalc.falsification.sets import Array, Point
from boundcalc.falsification.starts import starts
from boundcalc.falsification.subject import OBJECTIVE, ORDERS, OUTPUT, Subject, Target

_STEPS, _STEPS_OF_ROWS = 24, 6
_TURNS = 3
_PARTS = (1.0, 0.5, 0.2, 0.05, 0.01)  # of the way to the farthest point
_GAIN = 1e-6  # a smaller relative gain ends an ascent
_REACHED = 1 - 1e-7  # of a bound: what reaches it is not attacked further


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a value was found."""

    value: float
    point: Point
    direction: Point


@dataclass(slots=True)
class Found:
    """The largest value of each target so far."""

    subject: Subject
    best: dict[Target, Witness] = field(default_factory=dict[Target, Witness])

    def value(self, target: Target) -> float:
        return self.best[target].value if target in self.best else 0.0

    def look(self, point: Point, direction: Point, order: int, target: Target | None = None) -> float:
        """Evaluate at a place; the value of one target there."""
        measured = self.subject.measured(point, direction, order)
        for key, value in measured.items():
            if value > self.value(key) and value < np.inf:
                self.best[key] = Witness(value, point, direction)
        return 0.0 if target is None else measured[target]


def search(
    subject: Subject,
    bounds: Mapping[Target, float],
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None],
) -> tuple[Found, int]:
    """The largest values met in so many trials, or in the time; how many trials there were. Deterministic but for the time.

    bounds: those that are finite and positive, which are climbed towards. Raises ImportError without autograd.
    """
    found, deadline = Found(subject), time.monotonic() + seconds
    places = starts(subject.domain, subject.network.shapes, seed)
    targets = sorted(bounds, key=lambda target: (target[0] not in (OUTPUT, OBJECTIVE), -target[1]))
    whole = sum(key in (OUTPUT, OBJECTIVE) for key, _ in targets)  # of the network; the rows take turns
    done = 0
    for point, direction in islice(places, trials):
        found.look(point, direction, ORDERS[-1])
        for target in targets[:whole] + targets[whole + done % _TURNS :: _TURNS]:
            if found.value(target) < _REACHED * bounds[target] and time.monotonic() < deadline:
                _climb(found, target, point, direction, _steps(target))
        done += 1
        progress(done)
        if time.monotonic() > deadline:
            break
    for target in targets:  # from the best places once more
        if target in found.best and found.value(target) < _REACHED * bounds[target] and time.monotonic() < deadline:
            _climb(found, target, found.best[target].point, found.best[target].direction, _steps(target))
    return found, done


def _steps(target: Target) -> int:
    return _STEPS if target[0] in (OUTPUT, OBJECTIVE) else _STEPS_OF_ROWS


def _climb(found: Found, target: Target, point: Point, direction: Point, steps: int) -> None:
    key, order = target
    height, begin = found.look(point, direction, order, target), 0
    for _ in range(steps):
        by_point, by_direction = found.subject.gradients(key, order, point, direction)
        turned = direction if order == 0 else _turned(direction, by_direction)
        for number, place in enumerate(_moved(found.subject, point, by_point, begin), begin):
            value = found.look(place, turned, order, target)
            if value > height * (1 + _GAIN):
                point, direction, height, begin = place, turned, value, max(0, number - 1)
                break
        else:
            return


def _moved(subject: Subject, point: Point, gradient: Mapping[str, Array], begin: int) -> Iterator[Point]:
    """Places to try: nearer to the farthest point by parts of the way, from part `begin` on, and the point itself."""
    if all(np.isfinite(g).all() for g in gradient.values()):
        far = subject.domain.farthest(gradient)
        for part in _PARTS[begin:]:
            yield subject.domain.project({name: a + part * (far[name] - a) for name, a in point.items()})
    yield point


def _turned(direction: Point, gradient: Mapping[str, Array]) -> Point:
    """The gradient scaled to length one where there is one; what does not matter stays."""
    length = float(np.sqrt(sum(float(np.sum(g * g)) for g in gradient.values())))
    if not 0 < length < np.inf:
        return direction
    return {**direction, **{name: g / length for name, g in gradient.items()}}
