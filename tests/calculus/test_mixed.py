"""The calculus in several norms: what an independent calculation gives, what the number of samples has no part in, what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.calculus.demand import MOST, demanded
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.graph.expand import expand
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import select

NORMS = Path(__file__).parent.parent / "reference" / "norms"

# log10 of l and L, total and layer, by a program that shares nothing with this one.
TABLE = {
    ("vgg16", "euclidean", "batch"): ((9.476, 19.396), (8.887, 18.239)),
    ("vgg16", "mixed", "batch"): ((9.476, 18.190), (8.887, 17.019)),
    ("vgg16", "mixed", "sample"): ((8.422, 17.137), (7.833, 15.965)),
    ("gpt2", "euclidean", "batch"): ((134.801, 268.121), (134.651, 267.820)),
    ("gpt2", "mixed", "batch"): ((91.482, 179.526), (91.327, 179.216)),
    ("gpt2", "mixed", "position"): ((89.525, 177.569), (89.370, 177.259)),
    ("lstm", "mixed", "batch"): ((4.970, 9.267), (4.781, 8.890)),
    ("lstm", "mixed", "sample"): ((4.217, 8.515), (4.028, 8.137)),
}


@pytest.mark.parametrize(("name", "norms", "measure"), TABLE)
def test_an_independent_calculation_gives_the_same(name: str, norms: str, measure: str) -> None:
    spec = bc.load(NORMS / f"{name}.yaml")
    for blocks, expected in zip(("total", "layer"), TABLE[name, norms, measure], strict=True):
        bounds = bc.compile(spec, blocks=blocks, norms=norms, measure=measure)  # type: ignore[arg-type]
        found = (bounds.lipschitz.log10(), bounds.smoothness.log10())
        assert found == pytest.approx(expected, abs=0.0006)


def test_a_token_is_bounded_whatever_their_number_and_that_of_samples() -> None:
    spec = bc.load(NORMS / "gpt2.yaml")
    few, many = (
        bc.compile(bc.override(spec, {"n": n, "T": length}), norms="mixed", measure="position")
        for n, length in ((1, 2), (100, 4096))
    )
    for quantity in ("lipschitz", "smoothness"):
        assert few.named[quantity].log10() == pytest.approx(many.named[quantity].log10(), rel=1e-12)


PERCEPTRON = """
symbols: {n: 4, R: 2}
batch: n
input: {shape: [6], norm: {sample: 1}}
radius: R
layers: [dense: 5, softplus, dense: 3]
loss: logistic
"""


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_an_objective_does_not_grow_with_the_batch(blocks: str) -> None:
    found: list[tuple[float | None, ...]] = []
    for n in (1, 100, 10_000):
        spec = bc.override(bc.loads(PERCEPTRON), {"n": n})
        bounds = bc.compile(spec, norms="mixed", blocks=blocks)  # type: ignore[arg-type]
        assert bounds.objective is not None
        found.append(tuple(q.log10() for q in bounds.objective.quantities))
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-12)


GATE = """
symbols: {R: 2}
batch: 4
input: {shape: [16, 7, 7], norm: {entry: 1}}
radius: R
layers:
  - globalavgpool
  - dense: {units: 4}
  - softplus
  - dense: {units: 16}
  - sigmoid
  - unsqueeze: {axis: -1, name: before}
  - unsqueeze: {axis: -1}
  - expand: {shape: [16, 7, 7], name: after}
"""


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize("measure", ["entry", "position"])
def test_a_gate_that_is_expanded_over_the_positions_is_the_gate(measure: str, blocks: str) -> None:
    """Squeeze and excitation: 49 copies of a gate cost a factor 7 in the Euclidean norm of the sample, and none where they never meet."""
    found: list[list[float | None]] = []
    for output in ("before", "after"):
        spec = bc.loads(GATE + f"output: {output}\n")
        bounds = bc.compile(spec, norms="mixed", measure=measure, blocks=blocks)  # type: ignore[arg-type]
        found.append([bound.log10() for bound in bounds.named.values()])
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    euclidean = bc.compile(bc.loads(GATE), blocks=blocks).layers  # type: ignore[arg-type]
    copies = euclidean["after"].lipschitz.evaluate() / euclidean["before"].lipschitz.evaluate()
    assert copies == pytest.approx(7)


def test_closed_forms_have_no_minima_and_say_where_they_were_chosen() -> None:
    spec = bc.loads(PERCEPTRON.replace("softplus", "tanh"))
    euclidean, mixed = bc.compile(spec), bc.compile(spec, norms="mixed")
    assert "Min" in str(euclidean.norm.expression)
    assert "Min" not in str(mixed.norm.expression)
    assert {str(symbol): value for symbol, value in (mixed.chosen_at or {}).items()} == {"n": 4, "R": 2}
    free = bc.compile(bc.override(spec, {"R": None}), norms="mixed")
    assert {str(symbol): value for symbol, value in (free.chosen_at or {}).items()} == {"n": 4, "R": 1}
    assert euclidean.chosen_at is None


def norms_of(text: str, path: str) -> set[str]:
    graph = expand(bc.loads(text))
    primitives = lower(graph, select(graph, ("parameters",)))
    found = demanded(primitives, {primitives.output: WHOLE})
    return {str(norm) for norm in found.norms[primitives.outputs[path]]}


def test_norms_are_asked_for_where_somebody_reads_them() -> None:
    text = PERCEPTRON.replace("loss: logistic\n", "")
    assert norms_of(text, "dense_1") == {"{}"}
    assert norms_of(text, "softplus_0") == {"{}"}
    assert norms_of(text, "dense_0") == {"{}", "{sample, 0}"}  # the activation acts entry by entry


def test_a_node_has_few_norms() -> None:
    """However the axes are moved: what is not computed apart is bounded by the whole batch."""
    axes = 7
    moves = [f"softmax: {i % axes}, permute: {[*range(1, axes), 0]}" for i in range(4 * axes)]
    steps = ", ".join(f"{{{step}}}" for move in moves for step in move.split(", ", 1))
    text = f"input: {{shape: {[2] * axes}, norm: 1}}\nradius: 1\nlayers: [dense: 2, {steps}]"
    graph = expand(bc.loads(text))
    primitives = lower(graph, select(graph, ("parameters",)))
    found = demanded(primitives, {primitives.output: Norm(frozenset({0, 3, 5}))})
    assert max(map(len, found.norms.values())) <= MOST + 1
    mixed = bc.compile(bc.loads(text), norms="mixed")
    assert mixed.smoothness.evaluate() <= bc.compile(bc.loads(text)).smoothness.evaluate() * (1 + 1e-9)


def test_the_way_of_a_bound() -> None:
    bounds = bc.compile(bc.loads(PERCEPTRON), norms="mixed")
    way = bounds.way(bounds.smoothness)
    assert ("softplus_0", "{}", "map") in way
    assert ("dense_0", "{sample}", "bilinear") in way or ("dense_0", "{sample, 0}", "bilinear") in way
    assert [path for path, _, _ in way] == sorted((path for path, _, _ in way), key=list(bounds.layers).index)
    assert bounds.last_way(bounds.layers["softplus_0"].smoothness, "softplus_0")
    assert bc.compile(bc.loads(PERCEPTRON)).way(bounds.smoothness) == []
