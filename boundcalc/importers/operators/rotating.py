"""Pairs of entries turned by fixed angles."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.arithmetic import product, total
from boundcalc.importers.operators.taking import taken
from boundcalc.importers.values import Fixed, Value


def rotate(draft: Draft, call: Call) -> Value:
    """x kept + (x with the two entries of each pair exchanged) turned."""
    of = call.held("self")
    flipped = taken(draft, of, Fixed(np.array([1, 0])), len(of.shape) - 1, of.shape)
    kept, turned = product(draft, of, call.fixed("kept")), product(draft, flipped, call.fixed("turned"))
    return total(draft, kept, turned, 1.0)
