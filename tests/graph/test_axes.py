"""What kinds say of axes, against what their networks compute: along a batch axis, what happens at one index stays at one.

`forward` knows nothing of views; a view that claims an axis it does not act along would let a bound pay for too few slices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from reference.specs import NETWORKS

import boundcalc as bc
from boundcalc.calculus import primitives as p
from boundcalc.calculus.views import View
from boundcalc.graph.expand import expand
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import select

Pairs = frozenset[tuple[int, int]]  # an axis of the array, and one of the input that belongs to it, index by index

HEAD = "batch: 3\nradius: 1\n"
CASES: Mapping[str, tuple[str, set[tuple[int, int]]]] = {
    "dense: 4": ("[2, 5]", {(0, 0), (1, 1)}),
    "{conv1d: {channels: 2, kernel: 2}}": ("[3, 5]", {(0, 0)}),
    "{avgpool1d: 2}": ("[3, 4]", {(0, 0), (1, 1)}),
    "{maxpool1d: 2}": ("[3, 4]", {(0, 0), (1, 1)}),
    "tanh": ("[2, 3]", {(0, 0), (1, 1), (2, 2)}),
    "{softmax: 0}": ("[2, 3]", {(0, 0), (2, 2)}),
    "{logsoftmax: 0}": ("[2, 3]", {(0, 0), (2, 2)}),
    "{batchnorm: {eps: 1, affine: true}}": ("[2, 3]", {(1, 1)}),
    "{batchnorm: {eps: 1, positions: false}}": ("[2, 3]", {(1, 1), (2, 2)}),
    "{layernorm: {eps: 1, affine: true}}": ("[2, 3]", {(0, 0), (1, 1)}),
    "{layernorm: {eps: 1, axes: 2}}": ("[2, 3, 2]", {(0, 0), (1, 1)}),
    "{permute: [1, 2, 0]}": ("[2, 3, 4]", {(0, 0), (1, 2), (2, 3), (3, 1)}),
    "transpose": ("[2, 3]", {(0, 0), (1, 2), (2, 1)}),
    "flatten": ("[2, 3]", {(0, 0)}),
    "{reshape: [2, 3, 2]}": ("[2, 6]", {(0, 0), (1, 1)}),
    "{mean: 0}": ("[2, 3]", {(0, 0), (1, 2)}),
    "globalavgpool": ("[2, 3, 2]", {(0, 0), (1, 1)}),
    "square": ("[2, 3]", {(0, 0), (1, 1), (2, 2)}),
    "{multiply: [[], [dense: 3]]}": ("[2, 3]", {(0, 0), (1, 1)}),
    "{matmul: {from: [[], []], transpose_right: true}}": ("[2, 3, 4]", {(0, 0), (1, 1)}),
    "{concat: {from: [[], []], axis: 1}}": ("[2, 3]", {(0, 0), (1, 1)}),
    "{attention: 2}": ("[3, 4]", {(0, 0)}),
    "{attention: {heads: 4, kv_heads: 2, causal: true, rotary: true}}": ("[2, 3, 8]", {(0, 0), (1, 1)}),
    "{dropout: 1/2}": ("[2, 3]", {(0, 0), (1, 1), (2, 2)}),
    "{linear: {norm: 2, axes: [sample, 1]}}": ("[2, 3]", {(0, 0), (2, 2)}),
    "{linear: 2}": ("[2, 3]", set()),
}  # fmt: skip


def claimed(text: str) -> Pairs:
    """The axes of the output that the views of all primitives together tie to axes of the input."""
    graph = expand(bc.loads(text), unroll=True)
    primitives = lower(graph, select(graph, ("parameters",)))
    found: list[Pairs | None] = []  # None: it does not depend on the input
    for primitive, shape in zip(primitives.primitives, primitives.shapes, strict=True):
        match primitive:
            case p.Source():
                found.append(frozenset((axis, axis) for axis in range(len(shape))))
            case p.Linear(of) | p.Map(of):
                found.append(_through(primitive.view, found[of]))
            case p.Bilinear(left, right):
                found.append(
                    _both([_through(primitive.left_view, found[left]), _through(primitive.right_view, found[right])])
                )
            case p.Sum(terms) | p.Concat(terms):
                found.append(_both([found[term] for term in terms]))
                if isinstance(primitive, p.Concat) and (before := found[-1]) is not None:
                    found[-1] = frozenset(pair for pair in before if pair[0] != primitive.axis)
            case _:
                found.append(None)
    return found[primitives.output] or frozenset()


def _through(view: View, of: Pairs | None) -> Pairs | None:
    """Groups of several axes are left out: that they belong together says nothing of one of them."""
    if of is None:
        return None
    single = [(next(iter(to)), next(iter(at))) for to, at in view.along if len(to) == len(at) == 1]
    return frozenset((to, source) for to, at in single for axis, source in of if axis == at)


def _both(parts: Sequence[Pairs | None]) -> Pairs | None:
    known = [part for part in parts if part is not None]
    return frozenset.intersection(*known) if known else None


def stays(text: str, to: int, of: int) -> bool:
    """Whether a change of the input at one index of axis `of` changes the output at that index of axis `to` alone."""
    network, rng = bc.network(bc.loads(text)), np.random.default_rng(0)
    arrays: dict[str, NDArray[np.float64]] = {
        name: rng.standard_normal(shape) for name, shape in network.shapes.items()
    }
    (plain,) = network(arrays)
    for index in range(arrays["input"].shape[of]):
        changed = arrays["input"].copy()
        where = tuple(index if axis == of else slice(None) for axis in range(changed.ndim))
        changed[where] += rng.standard_normal(changed[where].shape)
        (image,) = network({**arrays, "input": changed})
        others = np.delete(np.abs(image - plain), index, axis=to)
        if np.max(others, initial=0.0) > 1e-12:
            return False
    return True


@pytest.mark.parametrize("layer", CASES)
def test_what_is_claimed_is_so(layer: str) -> None:
    shape, expected = CASES[layer]
    text = f"{HEAD}input: {{shape: {shape}, norm: 1}}\nlayers: [{layer}]"
    assert claimed(text) == expected
    assert all(stays(text, to, of) for to, of in expected)


def test_what_is_not_claimed_is_seen() -> None:
    text = f"{HEAD}input: {{shape: [2, 3], norm: 1}}\nlayers: [dense: 3]"
    assert not stays(text, 2, 2)
    assert not stays(f"{HEAD}input: {{shape: [2, 3], norm: 1}}\nlayers: [{{batchnorm: 1}}]", 0, 0)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, text in NETWORKS.items()
        if "inputs:" not in text and "output:" not in text and "loss:" not in text
    ],
)
def test_networks_of_all_kinds_act_along_the_axes_that_are_claimed(name: str) -> None:
    text = NETWORKS[name]
    if "tokens" in text:
        return
    for to, of in claimed(text):
        assert stays(text, to, of), (to, of)
