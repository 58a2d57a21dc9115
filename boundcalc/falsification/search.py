"""The search for large values: starts, then ascent in the point and the direction together.

The direction takes the step of a power iteration, u <- the gradient of ||D^k z [u, ..., u]|| by u. The point moves towards the
farthest point of the domain along its gradient (conditional gradient): all the way where that helps, else a part of it, else one
set alone. An evaluation costs a seventh of a gradient and counts for all rows at once, so a start is also looked at turned over and
at smaller scales; every other ascent begins at the best of those.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from boundcalc.falsification.sets import Array, Domain, Point, length
from boundcalc.falsification.starts import starts
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT, Subject, Target

_STEPS, _STEPS_OF_ROWS = 24, 6
_TURNS = 3
_PARTS = (1.0, 0.5, 0.2, 0.05, 0.01)  # of the way to the farthest point
_SCALES = (-1.0, 0.7, 0.4, 0.2, 0.1, 0.03)
_ALONE = 8  # sets of the domain that are moved one by one
_REACHED = 1 - 1e-7  # of a bound: what reaches it is not attacked further


@dataclass(frozen=True, slots=True)
class Effort:
    """How far a search goes from each start: a relative gain below `gain` ends an ascent, and `again` climbs once more from the best places."""

    gain: float
    again: bool


THOROUGH = Effort(1e-6, again=True)
QUICK = Effort(1e-3, again=False)  # of many networks: a quarter of the time for most of the height


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a value was found."""

    value: float
    point: Point
    direction: Point


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured at a point."""

    point: Point
    values: Mapping[Target, float]


@dataclass(slots=True)
class Found:
    """The largest value of each target so far."""

    subject: Subject
    best: dict[Target, Witness] = field(default_factory=dict[Target, Witness])

    def value(self, target: Target) -> float:
        return self.best[target].value if target in self.best else 0.0

    def look(self, point: Point, direction: Point, order: int) -> Look:
        """Evaluate at a place; what is no number there counts as nothing."""
        values = self.subject.measured(point, direction, order)
        measured = {key: value if value < np.inf else 0.0 for key, value in values.items()}
        for key, value in measured.items():
            if value > self.value(key):
                self.best[key] = Witness(value, point, direction)
        return Look(point, measured)


def search(
    subject: Subject,
    bounds: Mapping[Target, float],
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None],
    effort: Effort = THOROUGH,
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
        looks = [found.look(place, direction, subject.highest) for place in _around(subject.domain, point)]
        for target in targets[:whole] + targets[whole + done % _TURNS :: _TURNS]:
            if found.value(target) < _REACHED * bounds[target] and time.monotonic() < deadline:
                best = max(looks, key=lambda look: look.values[target])
                begin = best if done % 2 or looks[0].values[target] == 0 else looks[0]
                _climb(found, target, Witness(begin.values[target], begin.point, direction), effort.gain)
        done += 1
        progress(done)
        if time.monotonic() > deadline:
            break
    for target in targets if effort.again else ():  # from the best places once more
        if target in found.best and found.value(target) < _REACHED * bounds[target] and time.monotonic() < deadline:
            _climb(found, target, found.best[target], effort.gain)
    return found, done


def _steps(target: Target) -> int:
    return _STEPS if target[0] in (OUTPUT, OBJECTIVE) else _STEPS_OF_ROWS


def _around(domain: Domain, point: Point) -> Iterator[Point]:
    """The point, and the same with its learned arrays or its inputs turned over, or smaller: bounded maps bend nearer to 0."""
    yield point
    inputs = [name for part in domain.inputs for name in part.names]
    learned = [name for part in domain.balls for name in part.names]
    for names in (inputs, sorted(learned)):
        for scale in _SCALES if names else ():
            yield domain.project({**point, **{name: scale * point[name] for name in names}})


def _climb(found: Found, target: Target, start: Witness, gain: float) -> None:
    (key, order), begin = target, 0
    point, direction, height = start.point, start.direction, start.value
    for _ in range(_steps(target)):
        by_point, by_direction = found.subject.gradients(key, order, point, direction)
        turned = direction if order == 0 else _turned(direction, by_direction)
        for number, place in enumerate(_moved(found.subject, point, by_point, begin), begin):
            value = found.look(place, turned, order).values[target]
            if value > height * (1 + gain):
                point, direction, height, begin = place, turned, value, min(max(0, number - 1), len(_PARTS) - 1)
                break
        else:
            return


def _moved(subject: Subject, point: Point, gradient: Mapping[str, Array], begin: int) -> Iterator[Point]:
    """Places to try: nearer to the farthest point by parts of the way, from part `begin` on; a single set moved there, or shrunk;
    and the point itself."""
    domain = subject.domain
    if all(np.isfinite(g).all() for g in gradient.values()):
        far = {**point, **domain.farthest(gradient)}
        for part in _PARTS[begin:]:
            yield domain.project({name: a + part * (far[name] - a) for name, a in point.items()})
        for one in (*domain.balls, *domain.inputs)[:_ALONE]:
            yield domain.project({**point, **{name: far[name] for name in one.names}})
            yield domain.project({**point, **{name: point[name] / 2 for name in one.names}})
    yield point


def _turned(direction: Point, gradient: Mapping[str, Array]) -> Point:
    """The gradient scaled to length one where there is one; what does not matter stays."""
    norm = length(gradient.values())
    return direction if not 0 < norm < np.inf else {**direction, **{name: g / norm for name, g in gradient.items()}}
