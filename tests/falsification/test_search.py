"""The search: what is known to be attained is found, and the same seed finds the same."""

from __future__ import annotations

import numpy as np
import pytest
from reference.specs import NETWORKS
from reference.subjects import NO_LIMIT, attacked, subject_and_bounds

from boundcalc.falsification.search import search
from boundcalc.falsification.starts import starts
from boundcalc.falsification.subject import OBJECTIVE

ONE = "radius: {radius}\ninput: {{shape: [{size}], norm: {norm}}}\nlayers: [{layers}]"
CHAIN = ONE.format(
    radius="3/2", size=1, norm=2, layers="{repeat: {times: 6, layers: [dense: {units: 1, bias: false}]}}"
)
# A spec, the orders whose bounds are attained, and what is differentiated by.
ATTAINED: dict[str, tuple[str, tuple[int, ...], str]] = {
    "deep scalar chain": (CHAIN, (0, 1, 2), "parameters"),
    "deep chain of matrices": (CHAIN.replace("[1]", "[3]").replace("units: 1", "units: 2"), (0, 1, 2), "parameters"),
    "one dense layer": (ONE.format(radius=2, size=3, norm=1, layers="dense: 2"), (0, 1), "parameters"),
    "the input of a linear chain": (CHAIN, (0, 1), "input"),
    "relu": (ONE.format(radius=2, size=3, norm=1, layers="dense: {units: 2, bias: false}, relu"), (0, 1), "input"),
    "a square of the input": (ONE.format(radius=1, size=3, norm=2, layers="square"), (0, 1, 2), "input"),
    "sin of one number": (ONE.format(radius=1, size=1, norm=3, layers="sin"), (0, 1, 2), "input"),
    "tanh of one number": (ONE.format(radius=1, size=1, norm=3, layers="tanh"), (1, 2), "input"),
    "softplus of one number": (ONE.format(radius=1, size=1, norm=3, layers="softplus"), (2,), "input"),
    "mean": ("batch: 3\n" + ONE.format(radius=1, size=4, norm=1, layers="mean"), (0, 1), "input"),
    "a centre": (ONE.format(radius=1, size=3, norm=1, layers="{dense: {units: 2, bias: false, center: 2}}"), (0, 1), "parameters"),
    "a product": (ONE.format(radius=2, size=1, norm=1, layers="{dense: {units: 1, bias: false, name: a}}, {multiply: [a, a]}"), (0, 1, 2), "parameters"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTAINED)
def test_what_is_attained_is_found(name: str) -> None:
    text, orders, wrt = ATTAINED[name]
    subject, bounds = subject_and_bounds(text, blocks="layer", wrt=wrt)
    results = attacked(subject, bounds, trials=6)
    for order in orders:
        ratio = results["", order].ratio
        assert ratio is not None
        assert 1 <= ratio < 1.001, order


def test_the_objective_is_climbed_with_its_regularizer() -> None:
    """F(w) = (w x - y)^2 / 2 + 10 w^2 / 2 in one number: l is |w x - y| |x| + 10 |w|."""
    text = "radius: 2\ninput: {shape: [1], norm: 3}\nlayers: [dense: {units: 1, bias: false}]\nloss: {squared: {labels: 1}}\n"
    plain, heavy = (subject_and_bounds(text + more) for more in ("", "regularizer: 10\n"))
    slopes = [attacked(*pair, trials=4)[OBJECTIVE, 1].found for pair in (plain, heavy)]
    assert slopes[1] == pytest.approx(slopes[0] + 20, rel=1e-6)
    bends = [attacked(*pair, trials=4)[OBJECTIVE, 2].found for pair in (plain, heavy)]
    assert bends[1] == pytest.approx(bends[0] + 10, rel=1e-6)


def test_a_seed_decides() -> None:
    subject, bounds = subject_and_bounds(NETWORKS["softmax"])
    first, again, other = (attacked(subject, bounds, trials=3, seed=seed) for seed in (1, 1, 2))
    assert {target: result.found for target, result in first.items()} == {t: r.found for t, r in again.items()}
    assert any(first[target].found != other[target].found for target in first)
    witness, same = first["", 1].witness, again["", 1].witness
    assert witness is not None
    assert same is not None
    assert all(np.array_equal(array, same.point[name]) for name, array in witness.point.items())


def test_more_trials_find_no_less() -> None:
    subject, bounds = subject_and_bounds(NETWORKS["conv1d"])
    few, many = (attacked(subject, dict.fromkeys(bounds), trials) for trials in (2, 12))
    assert all(many[target].found >= few[target].found for target in few)


def test_without_time_there_is_one_trial_and_no_ascent() -> None:
    subject, _ = subject_and_bounds(NETWORKS["conv1d"])
    seen: list[int] = []
    found, done = search(subject, {("", 1): 1e9}, 5, 1e-300, 0, seen.append)
    assert (done, seen) == (1, [1])
    assert found.value(("", 1)) > 0
    assert search(subject, {}, 5, NO_LIMIT, 0, seen.append)[1] == 5
    assert seen == [1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "name", ["centres", "gains with a centre", "spectral convolution", "several inputs and outputs"]
)
def test_every_witness_is_in_the_domain(name: str) -> None:
    subject, bounds = subject_and_bounds(NETWORKS[name])
    for result in attacked(subject, bounds, trials=2).values():
        if result.witness is not None:
            inside = subject.domain.project(result.witness.point)
            assert all(np.allclose(a, inside[key], rtol=1e-12, atol=1e-300) for key, a in result.witness.point.items())


def test_starts_are_in_the_domain_and_move_everything() -> None:
    subject, _ = subject_and_bounds(NETWORKS["gains with a centre"], wrt=("parameters", "input"))
    places = starts(subject.domain, subject.network.shapes, 0)
    for _ in range(25):
        point, direction = next(places)
        inside = subject.domain.project(point)
        assert all(np.allclose(array, inside[name], rtol=1e-12, atol=1e-300) for name, array in point.items())
        assert direction.keys() == subject.domain.selected
        assert all(np.any(array) for array in direction.values())
