"""Of several forms that bound one thing, a whole one is kept: the smallest one entry by entry is no bound.

The constant 4/(3 sqrt 3) of sums of softmax weights holds for D^2 along one direction, so a matrix Q made with it bounds the
form s^T Q s, not its entries. Four weights of scores w1 a + w2 b near w = 0 show it, and no attack of a form does.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.blocks.entries import Certified, entries
from boundcalc.blocks.figures import ByBlocks
from boundcalc.exact.balls import ball
from boundcalc.falsification.subject import OUTPUT
from boundcalc.program.dependence import free_symbols
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.ways import choose
from boundcalc.studies.parts.subject import subject_of

A, B, V = (np.array(signs, dtype=float) for signs in ((1, -1, 1, -1), (1, -1, -1, 1), (1, 1, -1, -1)))
CONSTANT = 4 / (3 * np.sqrt(3))
SCORES = """
radius: 1
inputs: {a: {shape: [4, 1], norm: {entry: 1}}, b: {shape: [4, 1], norm: {entry: 1}}, v: {shape: [4, 1], norm: {entry: 1}}}
layers:
  - {dense: {from: a, units: 1, bias: false, name: w1}}
  - {dense: {from: b, units: 1, bias: false, name: w2}}
  - {add: {from: [w1, w2], name: scores}}
  - {transpose: [0, 1]}
  - {softmax: {name: weights}}
  - matmul: {from: [weights, v]}
"""


def matrix(form: Scalar, seeds: list[sympy.Symbol]) -> np.ndarray:
    (found,) = entries([form], seeds, Certified({}))
    pairs = product(range(len(seeds)), repeat=2)
    values = [float(ball(found[min(i, j), max(i, j)])) if (min(i, j), max(i, j)) in found else 0.0 for i, j in pairs]
    return np.reshape(values, (len(seeds), len(seeds)))


def largest(Q: np.ndarray) -> float:
    return float(np.max(np.linalg.eigvalsh(Q)))


def test_an_entry_of_the_second_derivative_exceeds_that_of_the_form() -> None:
    """D^2_12 = 1 > 0.770 p_1 p_2 and D^2_11 = D^2_22 = 0; the form itself is a bound."""
    bounds = bc.compile(bc.loads(SCORES), blocks="layer", norms="mixed", measure="entry")
    subject, _ = subject_of(bounds)
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    point = {"w1.weight": zero, "w2.weight": zero, **{k: z.reshape(1, 4, 1) for k, z in (("a", A), ("b", B), ("v", V))}}

    def second(u1: float, u2: float) -> float:
        """|D^2 z [u, u]|"""
        direction = {"w1.weight": u1 * one, "w2.weight": u2 * one}
        return subject.measured(point, direction, 2)[OUTPUT, 2] * (u1**2 + u2**2)

    assert second(1, 0) == second(0, 1) == 0
    assert second(1, 1) == second(1, -1) == pytest.approx(2)  # 2 D^2_12

    scores, figure = bounds.layers["scores"], bounds.smoothness.figure
    assert isinstance(figure, ByBlocks)
    assert float(scores.lipschitz.evaluate()) == pytest.approx(np.sqrt(2))  # p_1 = p_2 = 1
    Q = matrix(figure.form, sorted(free_symbols([figure.form])[0], key=str))
    assert pytest.approx(np.full((2, 2), CONSTANT)) == Q
    assert Q[0, 1] < second(1, 1) / 2
    assert largest(Q) >= second(1, 1) / 2
    for u1, u2 in ((1, 0), (1, 1), (1, -1), (2, 1)):
        assert second(u1, u2) <= np.abs([u1, u2]) @ Q @ np.abs([u1, u2])


def test_the_smallest_form_is_kept_whole() -> None:
    """Of c (s_1 + s_2)^2 and of 2 s_1 s_2, which the second derivative is there, the second is kept: its largest eigenvalue is
    reached. The smallest entries are those of no bound."""
    arena, seeds = Arena(), [sympy.Dummy(f"s{i}", positive=True) for i in (1, 2)]
    s1, s2 = (arena.leaf(seed) for seed in seeds)
    summed = arena.leaf(4 / (3 * sympy.sqrt(3))) * (s1 + s2) ** 2
    exact = arena.leaf(sympy.Integer(2)) * s1 * s2
    both = summed.minimum(exact)
    (kept,) = choose([both], dict.fromkeys(seeds, sympy.S.One)).kept([both])
    reached = 1.0  # by u = (1, 1)/sqrt(2), above
    by_entries = np.minimum(matrix(summed, seeds), matrix(exact, seeds))
    assert largest(by_entries) == pytest.approx(CONSTANT)
    assert largest(by_entries) < reached
    assert largest(matrix(kept, seeds)) == pytest.approx(reached)
