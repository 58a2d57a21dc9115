"""What is attacked of a spec, and its bounds as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boundcalc as bc
from boundcalc.exact.balls import Number
from boundcalc.falsify.attack import Result, attack
from boundcalc.falsify.subject import Subject, Target
from boundcalc.studies.parts.subject import subject_of

Numbers = Mapping[Target, Number | None]
NO_LIMIT = 1e9  # seconds: trials alone decide


def subject_and_bounds(text: str, **options: Any) -> tuple[Subject, Numbers]:
    bounds = bc.compile(bc.loads(text), **options)
    subject, quantities = subject_of(bounds)
    return subject, {target: bounds.numbers.get(quantity) for target, quantity in quantities.items()}


def attacked(subject: Subject, bounds: Numbers, trials: int, seed: int = 0) -> Mapping[Target, Result]:
    results, done = attack(subject, bounds, trials, NO_LIMIT, seed, lambda done: None)
    assert done == trials
    return results
