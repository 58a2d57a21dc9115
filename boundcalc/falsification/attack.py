"""An attack: search in double precision, and what seems to exceed its bound confirmed or refuted with 50 digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import arb, ctx

from boundcalc.exact.balls import Number, ball
from boundcalc.exact.decimals import float_upper
from boundcalc.falsification.precise import DIGITS, precise
from boundcalc.falsification.search import Found, Witness, search
from boundcalc.falsification.sets import Point
from boundcalc.falsification.subject import Subject, Target

MARGIN = 1e-9  # relative: less is rounding


@dataclass(frozen=True, slots=True)
class Result:
    """Of one target: the largest value found, bound / found where both are positive numbers, and where it was found."""

    found: float
    ratio: float | None
    witness: Witness | None

    @property
    def violated(self) -> bool:
        """Whether the bound is too small: confirmed with 50 digits."""
        return self.ratio is not None and self.ratio < 1


def attack(
    subject: Subject,
    bounds: Mapping[Target, Number | None],
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None],
) -> tuple[Mapping[Target, Result], int]:
    """What was found for every row and order, and after how many trials. `bounds`: None where there is none.

    Raises ImportError without autograd.
    """
    finite = {target: float_upper(bound) for target, bound in bounds.items() if bound is not None}
    found, done = search(subject, finite, trials, seconds, seed, progress)
    return judged(found, bounds), done


def judged(found: Found, bounds: Mapping[Target, Number | None]) -> Mapping[Target, Result]:
    """What was found beside bounds, of every row and order."""
    subject = found.subject
    return {t: _result(subject, t, bounds.get(t), found.best.get(t)) for t in subject.targets}


def replay(
    subject: Subject, bounds: Mapping[Target, Number | None], point: Point, direction: Point
) -> Mapping[Target, Result]:
    """The values at one witness, with 50 digits."""
    values = precise(subject, subject.targets, point, direction)
    return {
        target: _compared(bounds.get(target), value, Witness(float(value.mid()), point, direction))
        for target, value in values.items()
    }


def _result(subject: Subject, target: Target, bound: Number | None, best: Witness | None) -> Result:
    if best is None:
        return Result(0.0, None, None)
    if bound is not None and arb(best.value) > ball(bound) * (1 + MARGIN):
        return _compared(bound, precise(subject, [target], best.point, best.direction)[target], best)
    ratio = None if bound is None or best.value == 0 else max(1.0, _ratio(bound, arb(best.value)))
    return Result(best.value, ratio, best)


def _compared(bound: Number | None, value: arb, witness: Witness) -> Result:
    """Of a value with many digits: a ratio below 1 only where it is above the bound for certain."""
    if not value.is_finite():  # with so many digits the network has no value there
        return Result(0.0, None, None)
    found = float(value.mid())
    if bound is None or not value > 0:
        return Result(found, None, witness)
    with ctx.workdps(DIGITS):
        above = value > ball(bound) * (1 + arb(MARGIN))
        ratio = _ratio(bound, value)
    return Result(found, ratio if above else max(1.0, ratio), witness)


def _ratio(bound: Number, found: arb) -> float:
    return float((ball(bound).upper() / found).mid())
