"""No bound of any network of the tests is exceeded: one search, compared with both groupings."""

from __future__ import annotations

import pytest
from reference.repeats import NETWORKS as REPEATS
from reference.repeats import OUTSIDE
from reference.specs import NETWORKS, SELECTIONS
from reference.subjects import exceeded, subject_and_bounds, unbroken

from boundcalc.falsification.subject import OUTPUT

VALUES = {"R:": "R: 3/2", "x:": "x: 1", "k: {": "k: {value: 3, "}


# Of their families the ones that take longest, a third of all the time together; the others of each family stay.
LONG = {
    "fixed points, one in the other",
    "fixed points that share",
    "fixed point in a repeat",
    "fixed point of a repeat",
    "fixed point of bounded layers",
    "fixed point of rows",
    "fixed point of a gate",
    "sequences, lstm, both: true, 2",
    "sequences, lstm, T",
    "sequences, rnn, both: true, last: true, layers: 2, 2",
    "sequences, lstm, both: true, last: true, layers: 2, 2",
    "sequences, gru, both: true, last: true, layers: 2, 2",
}


def test_the_long_ones_are_networks() -> None:
    assert set(NETWORKS) >= LONG


# Jets attack all networks in tests/calculus; of this search every other one is a slow test.
SLOW = LONG | {name for i, name in enumerate(NETWORKS) if i % 2}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in NETWORKS])
def test_no_network_exceeds_its_bounds(name: str) -> None:
    results = unbroken(NETWORKS[name], trials=1)
    assert results[OUTPUT, 0].found > 0 or "norm: 0}" in NETWORKS[name]


@pytest.mark.parametrize(("name", "wrt"), SELECTIONS)
def test_no_network_exceeds_its_bounds_by_what_is_selected(name: str, wrt: tuple[str, ...]) -> None:
    results = unbroken(NETWORKS[name], wrt, trials=3)
    assert results[OUTPUT, 0].found > 0


@pytest.mark.parametrize("name", [*REPEATS, *OUTSIDE])
def test_repeats_agree_with_their_copies(name: str) -> None:
    text = {**REPEATS, **OUTSIDE}[name]
    for unset, value in VALUES.items():
        text = text.replace(unset, value)
    symbolic, copies = text.replace("TIMES", "k"), text.replace("TIMES", "3")
    subject, _ = subject_and_bounds(symbolic)
    unrolled, others = subject_and_bounds(copies)
    assert subject.network.shapes == unrolled.network.shapes
    assert subject.domain.selected == unrolled.domain.selected
    results = unbroken(symbolic, trials=1)
    assert exceeded(unrolled, others, {target: result for target, result in results.items() if target in others}) == []
    assert results.keys() == {(key, order) for key in subject.reach for order in range(4)}
    # a place that one search found has the same values in the other network
    best = next(results[OUTPUT, order] for order in (2, 1, 0) if results[OUTPUT, order].witness is not None)
    assert best.witness is not None
    ours, theirs = (s.measured(best.witness.point, best.witness.direction, 2) for s in (subject, unrolled))
    assert all(
        ours[OUTPUT, order] == pytest.approx(theirs[OUTPUT, order], rel=1e-12, nan_ok=True) for order in range(3)
    )
