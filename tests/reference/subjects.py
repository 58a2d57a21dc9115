"""What is attacked of a spec, and its bounds as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import boundcalc as bc
from boundcalc.exact.balls import Number, ball
from boundcalc.falsification.attack import MARGIN, Result, attack
from boundcalc.falsification.precise import precise
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT, Subject, Target
from boundcalc.studies.parts.subject import subject_of

Numbers = Mapping[Target, Number | None]
Spec = str | bc.Architecture[Any]
NO_LIMIT = 1e9  # seconds: trials alone decide


def subject_and_bounds(spec: Spec, **options: Any) -> tuple[Subject, Numbers]:
    """Of a spec, or of its text."""
    return subject_of(bc.compile(bc.loads(spec) if isinstance(spec, str) else spec, **options))


def attacked(subject: Subject, bounds: Numbers, trials: int, seed: int = 0) -> Mapping[Target, Result]:
    results, done = attack(subject, bounds, trials, NO_LIMIT, seed, lambda done: None)
    assert done == trials
    return results


def unbroken(
    spec: Spec, wrt: Sequence[str] = ("parameters",), trials: int = 2, seed: int = 0, **options: Any
) -> dict[Target, Result]:
    """Searched once, towards the bounds of the network and its objective; rows are looked at on the way. With the third order."""
    options = {"third_order": True, **options}
    subject, total = subject_and_bounds(spec, wrt=wrt, **options)
    same, layered = subject_and_bounds(spec, wrt=wrt, blocks="layer", **options)
    assert same.network.shapes == subject.network.shapes
    climbed = {target: bound for target, bound in total.items() if target[0] in (OUTPUT, OBJECTIVE)}
    results, _ = attack(subject, climbed, trials, NO_LIMIT, seed, lambda done: None)
    assert not [target for target, result in results.items() if result.violated]
    for bounds in (total, layered):
        assert exceeded(subject, bounds, results) == []
    return dict(results)


def exceeded(subject: Subject, bounds: Numbers, results: dict[Target, Result]) -> list[Target]:
    """With 50 digits, of what double precision found above a bound."""
    found: list[Target] = []
    for target, bound in bounds.items():
        best = results.get(target)
        if bound is None or best is None or best.witness is None or best.found <= float(ball(bound)) * (1 + MARGIN):
            continue
        value = precise(subject, [target], best.witness.point, best.witness.direction)[target]
        if value > ball(bound) * (1 + MARGIN):
            found.append(target)
    return found
