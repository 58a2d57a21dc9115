"""Over which axes the largest slice is taken."""

from __future__ import annotations

from itertools import pairwise

import pytest

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.measure import axes_of
from boundcalc.graph.measures import MEASURES, Measure

NETWORK = """batch: 3
input: {shape: [3, 8, 8], norm: 1}
radius: 1
layers:
  - conv2d: {channels: 2, kernel: 3, name: image}
  - reshape: {shape: [2, 36], name: rows}
  - dense: {units: 4, name: dense}
  - flatten: {name: flat}
  - mean: {name: number}
output: flat
loss: {logistic: {from: flat}}
"""
AXES = {
    "batch": {"image": set(), "rows": set(), "dense": set(), "flat": set(), "number": set(), "loss": set()},
    "sample": {"image": {0}, "rows": {0}, "dense": {0}, "flat": {0}, "number": {0}, "loss": set()},
    "position": {"image": {0, 2, 3}, "rows": {0, 2}, "dense": {0, 1}, "flat": {0}, "number": {0}, "loss": set()},
    "entry": {"image": {0, 1, 2, 3}, "rows": {0, 1, 2}, "dense": {0, 1, 2}, "flat": {0, 1}, "number": {0}, "loss": set()},
}  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
def test_axes(measure: Measure) -> None:
    graph = expand(bc.loads(NETWORK))
    assert {path: set(axes_of(measure, graph.node(path))) for path in AXES[measure]} == AXES[measure]


def test_a_finer_measure_has_more_axes() -> None:
    for node in expand(bc.loads(NETWORK)):
        axes = [axes_of(measure, node) for measure in MEASURES]
        assert all(coarse <= fine for coarse, fine in pairwise(axes))
