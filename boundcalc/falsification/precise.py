"""The values at a witness with 50 digits: what a search in double precision believes is above a bound is looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import factorial
from typing import Any

import numpy as np
from flint import arb, ctx

from boundcalc.falsification.namespaces import balls
from boundcalc.falsification.sets import Array
from boundcalc.falsification.subject import Subject, Target

DIGITS = 50
_GUARD = 15  # digits that a pass may lose


def precise(
    subject: Subject, targets: Sequence[Target], point: Mapping[str, Array], direction: Mapping[str, Array]
) -> dict[Target, arb]:
    """||z||, ||D z [u]|| / ||u||, ||D^2 z [u, u]|| / ||u||^2 and so on of each target in its row's norm, as balls."""
    with ctx.workdps(DIGITS + _GUARD):
        exact = {name: _exact(array) for name, array in point.items()}
        along = {name: _exact(direction[name]) for name in subject.domain.selected if name in direction}
        outputs = subject.series(exact, along, balls(), max((order for _, order in targets), default=0))
        return {target: _value(subject, outputs.slices(*target), target, along) for target in targets}


def _value(subject: Subject, slices: Sequence[Any], target: Target, along: Mapping[str, Any]) -> arb:
    key, order = target
    size = _length(slices) * factorial(order)
    if order == 0:
        return size
    length = _length(along[name] for name in subject.reach[key] if name in along)
    return size / length**order if length > 0 else arb(0)


def _length(arrays: Any) -> arb:
    squares = (entry * entry for array in arrays for entry in np.ravel(array))
    return reduce(lambda total, square: total + square, squares, arb(0)).sqrt()


def _exact(array: Array) -> Any:
    """Doubles are dyadic numbers."""
    return np.asarray(np.frompyfunc(lambda x: arb(float(x)), 1, 1)(array), dtype=object)
