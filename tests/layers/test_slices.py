"""`axes` of layers known by constants: what the bounds are, what is refused, and members of the classes that act slice by slice."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.graph.expand import expand
from boundcalc.graph.facts import at_values

XP = SimpleNamespace(**vars(np))
Array = NDArray[np.float64]
N, T = 3, 4
ROWS = f"batch: {N}\ninput: {{shape: [{T}, 5], norm: {{sample: 2}}}}\nradius: 1\n"
MEASURES = ("batch", "sample", "position", "entry")


def bounds(step: str, measure: Any = "batch", norms: Any = "mixed", wrt: str = "input") -> Bounds:
    return bc.compile(bc.loads(f"{ROWS}layers: [{step}]"), norms=norms, measure=measure, wrt=wrt)


def figures(step: str, measure: str, **options: str) -> list[float]:
    found = bounds(step, measure, **options)
    return [bound.evaluate() for bound in (found.norm, found.lipschitz, found.smoothness)]


# The bounds ----------------------------------------------------------------------------------------------------------

ROOT_N, ROOT_T = math.sqrt(N), math.sqrt(T)


@pytest.mark.parametrize(
    ("axes", "norms"),
    [
        ("[]", (6 * ROOT_N, 6 * ROOT_N, 6 * ROOT_N, 6 * ROOT_N)),
        ("[sample]", (6 * ROOT_N, 6, 6, 6)),
        ("[0]", (6 * ROOT_N, 6 * ROOT_N, 6 * ROOT_N, 6 * ROOT_N)),
        ("[sample, 0]", (6 * ROOT_N, 6, 6, 6)),
        ("sample", (6 * ROOT_N, 6, 6, 6)),
    ],
)
def test_a_linear_map_sample_by_sample(axes: str, norms: tuple[float, ...]) -> None:
    """The input is known by its largest sample."""
    step = f"linear: {{norm: 3, axes: {axes}}}"
    found = [figures(step, measure) for measure in MEASURES]
    assert [row[0] for row in found] == pytest.approx(norms)
    assert all(row[1:] == [3, 0] for row in found)


@pytest.mark.parametrize(
    ("axes", "slices"),
    [
        ("[]", (1, 1, 1)),
        ("[sample]", (N, 1, 1)),
        ("[0]", (T, T, 1)),
        ("[sample, 0]", (N * T, T, 1)),
        ("[-2]", (T, T, 1)),
    ],
)
def test_what_does_not_depend_on_the_argument_counts_once_for_each_slice(axes: str, slices: tuple[int, ...]) -> None:
    """Of one slice, all of those in the largest sample, all of those at the largest position."""
    for step in (
        f"map: {{lipschitz: 0, smoothness: 0, at_zero: 1/2, axes: {axes}}}",
        f"map: {{sup: 1/2, axes: {axes}}}",
    ):
        for measure, count in zip(MEASURES, slices, strict=False):
            assert bounds(step, measure).norm.evaluate() == pytest.approx(math.sqrt(count) / 2)
        assert bounds(step, norms="euclidean").norm.evaluate() == pytest.approx(math.sqrt(slices[0]) / 2)


def test_no_entry_exceeds_its_slice() -> None:
    """So that a gate of a largest norm in each position bounds a product whatever the number of positions."""
    gate = "{multiply: [[map: {lipschitz: 1, sup: 1/2, axes: AXES}], [map: {lipschitz: 1, sup: 2, axes: AXES}]]}"
    for norms in ("mixed", "euclidean"):
        each = bounds(gate.replace("AXES", "[sample, 0]"), norms=norms)
        assert each.norm.evaluate() == pytest.approx(math.sqrt(N * T))
        assert each.lipschitz.evaluate() == pytest.approx(2.5)


def test_a_map_of_a_map_takes_the_largest_slice_once() -> None:
    """L of a(b(v)) with b = v z: L_a l_sample l_batch in place of L_a l_batch^2."""
    step = "{{dense: {{units: 1, bias: false}}}}, map: {{lipschitz: 1, smoothness: 1, axes: {}}}"
    assert figures(step.format("[sample]"), "batch", wrt="parameters")[2] == pytest.approx(4 * ROOT_N)
    assert figures(step.format("[sample]"), "sample", wrt="parameters")[2] == pytest.approx(4)
    assert figures(step.format("[]"), "batch", wrt="parameters")[2] == pytest.approx(4 * N)


def test_a_bilinear_map_takes_one_factor_in_the_largest_slice() -> None:
    step = "{{bilinear: {{from: [[], []], norm: 3, axes: {}}}}}"
    assert figures(step.format("[sample]"), "batch") == pytest.approx([12 * ROOT_N, 12, 6])
    assert figures(step.format("[sample]"), "sample") == pytest.approx([12, 12, 6])
    assert figures(step.format("[]"), "batch") == pytest.approx([12 * N, 12 * ROOT_N, 6])


@pytest.mark.parametrize(("axes", "count"), [("[]", 1), ("[sample]", N), ("[sample, 0]", N * T)])
def test_the_array_of_a_generic_layer_is_in_every_slice(axes: str, count: int) -> None:
    """(v, z_s) is v repeated: l_phi sqrt(slices) by v, and L_phi times the largest slice times all of them."""
    step = f"generic: {{lipschitz: 2, smoothness: 3, axes: {axes}}}"
    assert figures(step, "batch", wrt="parameters")[1:] == pytest.approx([2 * math.sqrt(count), 3 * math.sqrt(count)])
    by_batch = figures(step, "batch", norms="euclidean", wrt="parameters")
    assert by_batch[1:] == pytest.approx([2 * math.sqrt(count), 3 * count])
    one = max(count // N, 1)
    assert figures(step, "sample", wrt="parameters")[1:] == pytest.approx([2 * math.sqrt(one), 3 * math.sqrt(one)])
    assert figures(step, "batch")[1:] == [2, 3]


def test_closed_forms_count_slices() -> None:
    text = "symbols: {n:, t:}\nbatch: n\ninput: {shape: [t, 2], norm: {sample: 1}}\nlayers: [map: {lipschitz: 0, at_zero: 1, axes: [sample, 0]}]"
    assert str(bc.compile(bc.loads(text)).norm.expression) == "sqrt(n)*sqrt(t)"


def test_an_axis_may_be_an_argument_of_a_module_or_a_symbol() -> None:
    module = "symbols: {k: 1}\ndefine: {m: {args: {along:}, layers: [linear: {norm: 3, axes: [along, k - 1]}]}}\n"
    found = bc.compile(bc.loads(f"{module}{ROWS}layers: [m: {{along: sample}}]"), measure="sample", norms="mixed")
    assert found.norm.evaluate() == 6


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "finding", "remedy"),
    [
        ("linear: {norm: 1, axes: [smaple]}", "there is no axis 'smaple'", "did you mean 'sample'?"),
        ("linear: {norm: 1, axes: [rows]}", "unknown name 'rows'", "declare it"),
        ("linear: {norm: 1, axes: [1/2]}", "must be a whole number", ""),
        ("map: {sup: 1, axes: [sample, 0, sample]}", "axis 'sample' is named twice", "name each axis once"),
        ("map: {sup: 1, axes: [0, -2]}", "axis '-2' is named twice", "name each axis once"),
        ("generic: {lipschitz: 1, axes: [2]}", "there is no axis 2 in the result, of shape [4, 5]", "counted without the batch"),
        ("generic: {lipschitz: 1, axes: [-3]}", "there is no axis -3 in the result, of shape [4, 5]", "from the end"),
        ("linear: {norm: 1, shape: [4, 2], axes: [1]}", "axis 1 has 5 entries in the operand and 2 in the result", "name axes"),
        ("linear: {norm: 1, shape: [4], axes: [-1]}", "axis -1 has 5 entries in the operand and 4 in the result", "name axes"),
        ("{bilinear: {from: [[], [mean]], norm: 1, axes: [1]}}", "there is no axis 1 in the operand, of shape [4]", "counted"),
    ],
)  # fmt: skip
def test_what_is_no_axis_is_refused(step: str, finding: str, remedy: str) -> None:
    text = f"{ROWS}layers: [{step}]"
    with pytest.raises(bc.SpecError) as error:
        expand(bc.loads(text))
    (mistake,) = error.value.mistakes
    assert finding in mistake.message
    assert remedy in (mistake.remedy or "")
    line, named = text.splitlines()[-1], finding.split("'")[1] if "'" in finding else ""
    assert mistake.place.line == 4
    assert mistake.place.column > line.index("axes: ")
    assert line[mistake.place.column - 1 :].startswith(named)


# Members -------------------------------------------------------------------------------------------------------------


def member(step: str, shape: str, batch: int = 2) -> Any:
    """`forward` of a layer at (z, v)."""
    text = f"batch: {batch}\ninput: {{shape: {shape}, norm: 1}}\nradius: 1\nlayers: [{{{step}}}]"
    graph = expand(bc.loads(text))
    (layer,) = graph.layers
    facts = at_values(layer.placed.facts, graph.conditions.values)

    def forward(z: Array, v: float = 0.0) -> Array:
        return layer.kind.forward(facts, {"weight": np.array(v)}, [z] * len(layer.inputs), XP)

    return forward


STEPS = ("linear: {norm: 3", "map: {lipschitz: 2, smoothness: 3, at_zero: 1/2, sup: 4", "bilinear: {from: [[], []], norm: 3",
         "generic: {lipschitz: 2, smoothness: 1")  # fmt: skip
AXES = ((), (0,), (1,), (0, 1), (0, 2), (2,), (0, 1, 2))  # with the batch


def written(axes: tuple[int, ...]) -> str:
    return "[" + ", ".join("sample" if axis == 0 else str(axis - 1) for axis in axes) + "]"


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("step", STEPS)
def test_a_member_acts_on_each_slice_by_itself_and_in_the_same_way(step: str, axes: tuple[int, ...]) -> None:
    forward = member(f"{step}, axes: {written(axes)}}}", "[3, 4]")
    z = np.random.default_rng(3).normal(size=(2, 3, 4))
    whole, moved = forward(z, 0.7), z.copy()
    place = tuple(1 if axis in axes else slice(None) for axis in range(3))
    moved[place] += 1
    after = forward(moved, 0.7)
    changed = after != whole
    assert changed[place].any()
    changed[place] = False
    assert not changed.any()
    assert forward(np.roll(z, 1, axis=axes), 0.7) == pytest.approx(np.roll(whole, 1, axis=axes))


@pytest.mark.parametrize("axes", AXES)
def test_members_reach_their_constants_in_every_slice(axes: tuple[int, ...]) -> None:
    rest = tuple(axis for axis in range(3) if axis not in axes)
    full = np.ones((2, 3, 4))
    direction = full / np.sqrt(np.sum(full, axis=rest, keepdims=True))  # a unit vector in each slice

    def norms(image: Array) -> Array:
        return np.sqrt(np.sum(image**2, axis=rest))

    def of(step: str) -> Any:
        return member(f"{step}, axes: {written(axes)}}}", "[3, 4]")

    assert norms(of("linear: {norm: 3")(direction)) == pytest.approx(3)
    assert norms(of("bilinear: {from: [[], []], norm: 3")(direction)) == pytest.approx(3)
    a = of("map: {lipschitz: 2, smoothness: 3, at_zero: 1/2, sup: 4")
    assert norms(a(0 * direction)) == pytest.approx(1 / 2)
    assert norms(a(9 * direction)) == pytest.approx(4)
    step = 1e-4
    grid = [a(t * direction) for t in np.arange(0, 4, step)]
    assert np.max([norms(y - x) for x, y in pairwise(grid)], axis=0) == pytest.approx(2 * step, rel=1e-3)
    curved = [norms(a(step * direction) + a(-step * direction) - 2 * a(0 * direction))]
    curved += [norms(z - 2 * y + x) for x, y, z in zip(grid, grid[1:], grid[2:], strict=False)]
    assert np.max(curved, axis=0) == pytest.approx(3 * step**2, rel=1e-2)
    phi = of("generic: {lipschitz: 2, smoothness: 0")
    by_both = phi(direction / math.sqrt(2), 1 / math.sqrt(2)) - phi(0 * direction)
    assert norms(by_both) == pytest.approx(2)
    if rest:  # a single entry is shared by the array and the input
        assert norms(phi(direction) - phi(0 * direction)) == pytest.approx(2)
        assert norms(phi(0 * direction, 1.0) - phi(0 * direction)) == pytest.approx(2)


def test_axes_are_counted_in_each_array_from_the_end_that_is_said() -> None:
    """[2, 3] to [3]: the last axis of both. Every column is cut to its first entry."""
    forward = member("linear: {norm: 1, shape: [3], axes: [sample, -1]}", "[2, 3]", batch=1)
    z = np.arange(6.0).reshape(1, 2, 3)
    assert forward(z).tolist() == [[0, 1, 2]]
