"""Norms of largest slices: against their definition, and what an attack reaches in each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, pairwise, product
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from flint import arb
from reference.subjects import attacked

import boundcalc as bc
from boundcalc.falsification.namespaces import DOUBLES, balls
from boundcalc.falsification.norms import EUCLIDEAN, Norm
from boundcalc.falsification.precise import precise
from boundcalc.falsification.sets import Array
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT, Subject
from boundcalc.graph.measures import MEASURES, Measure
from boundcalc.studies.falsify import falsify
from boundcalc.studies.parts.subject import subject_of

SUBSETS = [frozenset(s) for s in chain.from_iterable(combinations(range(3), k) for k in range(4))]


def largest(z: Array, axes: frozenset[int]) -> float:
    """By the definition, one index after another."""
    places = product(*(range(size) if axis in axes else [slice(None)] for axis, size in enumerate(z.shape)))
    return max(float(np.sqrt(np.sum(z[place] ** 2))) for place in places)


def length(norm: Norm, parts: Sequence[Array | None]) -> float:
    return float(np.linalg.norm([np.linalg.norm(np.ravel(piece)) for piece in norm.slices(parts, DOUBLES)]))


@pytest.mark.parametrize("axes", SUBSETS, ids=lambda axes: "".join(map(str, sorted(axes))))
def test_one_output(axes: frozenset[int]) -> None:
    rng = np.random.default_rng(len(axes))
    for scale in (1.0, 1e-200, 1e200):
        z = rng.normal(size=(3, 4, 2))
        (piece,) = Norm((axes,)).slices([z * scale], DOUBLES)
        assert np.linalg.norm(np.ravel(piece / scale)) == pytest.approx(largest(z, axes), rel=1e-12)
        assert np.ndim(piece) == 3 - len(axes)


def test_several_outputs() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        y, z = rng.normal(size=(3, 4)), rng.normal(size=(3, 2, 2))
        euclidean = sqrt(np.sum(y**2) + np.sum(z**2))
        assert length(EUCLIDEAN, [y, z]) == pytest.approx(euclidean)
        assert length(Norm((frozenset(), frozenset())), [y, z]) == pytest.approx(euclidean)
        of_samples = [sqrt(np.sum(a**2) + np.sum(b**2)) for a, b in zip(y, z, strict=True)]
        assert length(Norm((frozenset({0}), frozenset({0}))), [y, z]) == pytest.approx(max(of_samples))
        positions = [np.hypot(largest(a, frozenset()), largest(b, frozenset({0}))) for a, b in zip(y, z, strict=True)]
        assert length(Norm((frozenset({0}), frozenset({0, 1}))), [y, z]) == pytest.approx(max(positions))
        entries = Norm((frozenset({0, 1}), frozenset({0, 1, 2})), apart=True)
        assert length(entries, [y, z]) == pytest.approx(max(np.max(np.abs(y)), np.max(np.abs(z))))


def test_the_sample_is_common() -> None:
    with pytest.raises(ValueError, match="sample by sample all of them or none"):
        Norm((frozenset({0}), frozenset({1})))


def test_zeros_are_left_out() -> None:
    z = np.array([[3.0, 4.0], [0.0, 1.0]])
    for norm in (EUCLIDEAN, Norm((frozenset({0}), frozenset({0})))):
        assert norm.slices([None, None], DOUBLES) == []
    assert length(Norm((frozenset({0}), frozenset({0}))), [None, z]) == pytest.approx(5)
    assert length(Norm((frozenset({0, 1}), frozenset({0, 1})), apart=True), [None, z]) == pytest.approx(4)
    assert length(Norm((frozenset({0}),)), [0 * z]) == 0


def test_in_balls() -> None:
    exact = np.array([[arb(3), arb(4)], [arb(2) ** 2000, arb(2) ** 2000 * 2]], dtype=object)
    (row,) = Norm((frozenset({0}),)).slices([exact], balls())
    assert list(row) == [arb(2) ** 2000, arb(2) ** 2000 * 2]
    (entry,) = Norm((frozenset({0, 1}),)).slices([exact], balls())
    assert entry == arb(2) ** 2000 * 2


@dataclass(frozen=True)
class Case:
    """`values`: norm, lipschitz and smoothness in each measure; what is left out is not known to be reached."""

    text: str
    values: dict[Measure, tuple[float, ...]]
    wrt: str = "parameters"

    def subject(self, measure: Measure) -> Subject:
        return subject_of(bc.compile(bc.loads(self.text), blocks="layer", wrt=self.wrt, measure=measure))[0]


def alike(batch: tuple[float, ...], finer: tuple[float, ...]) -> dict[Measure, tuple[float, ...]]:
    return {"batch": batch, "sample": finer, "position": finer, "entry": finer}


CASES = {
    "a dense layer": Case(
        "batch: 3\nradius: 3\ninput: {shape: [2], norm: {sample: 2}}\nlayers: [dense: {units: 2, bias: false}]",
        alike((6 * sqrt(3), 2 * sqrt(3), 0), (6, 2, 0)),
    ),
    "a bias": Case(  # it is added to each sample
        "batch: 3\nradius: 3\ninput: {shape: [2], norm: {sample: 2}}\nlayers: [dense: 2]",
        alike((3 * sqrt(15), sqrt(15), 0), (3 * sqrt(5), sqrt(5), 0)),
    ),
    "two dense layers": Case(  # w2 w1 x of every sample
        "batch: 3\nradius: 2\ninput: {shape: [1], norm: {sample: 1}}\n"
        "layers: [dense: {units: 1, bias: false}, dense: {units: 1, bias: false}]",
        alike((4 * sqrt(3), 2 * sqrt(6), sqrt(3)), (4, 2 * sqrt(2), 1)),
    ),
    "positions": Case(
        "batch: 2\nradius: 1\ninput: {shape: [3, 2], norm: {entry: 1}}\nlayers: [dense: {units: 2, bias: false}]",
        {
            "batch": (sqrt(12), sqrt(12), 0),
            "sample": (sqrt(6), sqrt(6), 0),
            "position": (sqrt(2), sqrt(2), 0),
            "entry": (sqrt(2), sqrt(2), 0),
        },
    ),
    "a square by its input": Case(
        "batch: 2\ninput: {shape: [2, 2], norm: {entry: 1}}\nlayers: [square]",
        {"batch": (sqrt(8), 2, 2), "sample": (2, 2, 2), "position": (sqrt(2), 2, 2), "entry": (1, 2, 2)},
        "input",
    ),
    "features first": Case(
        "batch: 2\ninput: {shape: [3, 2], norm: {entry: 1}, features: first}\nlayers: [tanh]",
        {"sample": (np.tanh(1) * sqrt(6), 1), "position": (np.tanh(1) * sqrt(3), 1), "entry": (np.tanh(1), 1)},
        "input",
    ),
    "a convolution": Case(  # the window of one position may hold all that a sample has
        "batch: 2\nradius: 2\ninput: {shape: [1, 4], norm: {sample: 3}}\n"
        "layers: [conv1d: {channels: 2, kernel: 3, bias: false}]",
        {"position": (6, 3, 0), "entry": (6, 3, 0)},
    ),
    "two outputs": Case(
        "batch: 2\nradius: 1\ninput: {shape: [2], norm: {sample: 1}}\n"
        "layers: [{dense: {units: 2, bias: false, name: a}}, {dense: {from: input, units: 3, bias: false, name: b}}]\noutput: [a, b]",
        {"batch": (2, sqrt(2), 0), "sample": (sqrt(2), 1, 0), "position": (sqrt(2), 1, 0), "entry": (1, 1, 0)},
    ),
    "outputs of different shapes": Case(
        "batch: 2\nradius: 1\ninput: {shape: [2, 3], norm: {entry: 1}}\n"
        "layers: [{identity: {name: a}}, {flatten: {name: b}}]\noutput: [a, b]",
        {"batch": (sqrt(24), sqrt(2)), "sample": (sqrt(12), sqrt(2)), "position": (3, sqrt(2)), "entry": (1, 1)},
        "input",
    ),
}  # fmt: skip
KNOWN = [(name, measure) for name, case in CASES.items() for measure in case.values]


@pytest.mark.parametrize(("name", "measure"), KNOWN)
def test_what_is_attained_is_found_and_no_more(name: str, measure: Measure) -> None:
    """And a constant that is 10 % too small is accused, one that is right is not."""
    case = CASES[name]
    subject, expected = case.subject(measure), case.values[measure]
    right = {(OUTPUT, order): arb(value) * (1 + arb(10) ** -12) for order, value in enumerate(expected)}
    results = attacked(subject, right, trials=10)
    for order, value in enumerate(expected):
        result = results[OUTPUT, order]
        assert not result.violated
        assert result.found == pytest.approx(value, rel=2e-3, abs=1e-12), order
    small = {target: bound * arb("0.9") for target, bound in right.items()}
    results = attacked(subject, small, trials=10)
    assert [results[OUTPUT, k].violated for k in range(len(expected))] == [value > 0 for value in expected]


def places(subject: Subject) -> Callable[[], dict[str, Array]]:
    rng = np.random.default_rng(1)
    return lambda: {name: rng.normal(size=shape) for name, shape in subject.network.shapes.items()}


def test_a_finer_measure_is_no_larger_and_the_objective_is_a_number() -> None:
    text = (
        "batch: 3\nradius: 1\ninput: {shape: [2, 5], norm: 1}\n"
        "layers: [conv1d: {channels: 2, kernel: 2}, tanh]\nloss: {squared: {labels: 1}}\nregularizer: 1"
    )
    subjects = [subject_of(bc.compile(bc.loads(text), measure=measure))[0] for measure in MEASURES]
    place = places(subjects[0])
    for _ in range(5):
        point, direction = place(), place()
        direction = {name: array for name, array in direction.items() if name in subjects[0].domain.selected}
        found = [subject.measured(point, direction, 2) for subject in subjects]
        for coarse, fine in pairwise(found):
            assert all(fine[target] <= coarse[target] * (1 + 1e-12) for target in coarse)
            assert all(fine[OBJECTIVE, order] == coarse[OBJECTIVE, order] > 0 for order in range(3))
        assert found[0][OUTPUT, 1] > found[1][OUTPUT, 1] > found[2][OUTPUT, 1] > found[3][OUTPUT, 1]


@pytest.mark.parametrize("measure", MEASURES)
def test_many_digits_agree(measure: Measure) -> None:
    for case in CASES.values():
        subject = case.subject(measure)
        place = places(subject)
        point, direction = place(), {name: a for name, a in place().items() if name in subject.domain.selected}
        values, doubles = precise(subject, subject.targets, point, direction), subject.measured(point, direction, 2)
        for target, value in values.items():
            assert float(value.mid()) == pytest.approx(doubles[target], rel=1e-9, abs=1e-300)


def test_the_ascent_is_that_of_the_largest_slice() -> None:
    subject = Case("batch: 3\nradius: 1\ninput: {shape: [2], norm: 1}\nlayers: [dense: 2, tanh]", {}).subject("sample")
    place = places(subject)
    point, direction = place(), {name: a for name, a in place().items() if name != "input"}
    for order in range(3):
        gradient, _ = subject.gradients(OUTPUT, order, point, direction)
        (moved,) = np.flatnonzero(np.any(gradient["input"], axis=1))
        for sample in range(3):
            alone = {**point, "input": np.tile(point["input"][sample], (3, 1))}
            value = subject.measured(alone, direction, order)[OUTPUT, order]
            assert value <= subject.measured(point, direction, order)[OUTPUT, order] * (1 + 1e-12)
            assert (value == pytest.approx(subject.measured(point, direction, order)[OUTPUT, order])) == (
                sample == moved
            )


def test_the_study_measures_outputs_and_layers(tmp_path: Path) -> None:
    """As the bounds do; those of the whole batch hold in every measure. A witness is looked at in the same one."""
    spec = bc.loads(CASES["a dense layer"].text)
    of_batch, of_sample = (bc.compile(spec, measure=measure) for measure in ("batch", "sample"))
    whole, sample = falsify(of_batch, trials=3), falsify(of_sample, trials=3)
    assert not sample.falsified
    assert sample.bounds["lipschitz"].result.ratio == pytest.approx(sqrt(3), rel=1e-3)
    assert sample.layers["dense_0"]["lipschitz"].result.ratio == pytest.approx(sqrt(3), rel=1e-3)
    assert whole.bounds["lipschitz"].result.ratio == pytest.approx(1, rel=1e-3)
    assert whole.to_dict()["measure"] == "batch"
    assert sample.to_dict()["measure"] == "sample"
    mixed = falsify(bc.compile(spec, measure="sample", norms="mixed"), trials=3)
    assert mixed.bounds["lipschitz"].result.ratio == pytest.approx(1, rel=1e-3)
    sample.save(str(tmp_path / "witness.npz"))
    for bounds, found in ((of_sample, sample.tightest), (of_batch, None)):
        again = falsify(bounds, witness=str(tmp_path / "witness.npz")).bounds
        if found is not None:
            assert max(a.result.found for a in again.values()) >= found.result.found * (1 - 1e-12)
        assert again["norm"].result.found <= 6 * sqrt(3) * (1 + 1e-9)


def test_a_measure_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="measure is 'batch' or 'sample' or 'position' or 'entry', not 'samples'"):
        bc.compile(bc.loads(CASES["a dense layer"].text), measure="samples")  # type: ignore[arg-type]


SCAN = """symbols: {k: {value: 2, integer: true}}
batch: 2
radius: 1
input: {shape: [2, 3, 4], norm: {sample: 1}}
layers:
  - repeat: {times: k, layers: [{dense: {units: 4, bias: false}}]}
"""


def test_copies_have_the_axes_of_the_loop_that_was_bounded() -> None:
    """Every row, which stands for its last copy, is measured by the axes of its own node."""
    bounds = bc.compile(bc.loads(SCAN), measure="position")
    subject, _ = subject_of(bounds)
    assert subject.norms[OUTPUT] == Norm((frozenset({0, 1, 2}),))
    assert subject.norms.keys() == subject.rows.keys()
    for path in bounds.layers:
        node = bounds.graph.node(path)
        assert subject.norms[path].axes == (frozenset({0, 1, 2, 3} - {1 + (node.features or 0)}),)
