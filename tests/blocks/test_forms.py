"""`blocks: layer`: entries, gradients and closed forms agree, and the deep linear chain is exact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sympy
from flint import arb, ctx, fmpq

from boundcalc.blocks.forms import (
    Forms,
    affordable,
    certified,
    certified_by_gradients,
    closed_forms,
    directions,
    has_gradients,
)
from boundcalc.blocks.seeds import fits
from boundcalc.calculus.quantities import LIPSCHITZ, SMOOTHNESS
from boundcalc.exact.balls import ball
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

R, x = sympy.symbols("R x", positive=True)
VALUES = {R: fmpq(3, 2), x: fmpq(2, 5)}


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """The tests' own arithmetic on balls."""
    with ctx.workprec(128):
        yield


def chain(depth: int, activation: fmpq | None = None) -> tuple[Forms, list[sympy.Symbol]]:
    """A product of `depth` weights, each followed by a map with l = 1 and this L."""
    arena = Arena()
    seeds = [sympy.Dummy(f"s{i}", positive=True) for i in range(depth)]
    r, m, l, L = arena.leaf(R), arena.leaf(x), arena.zero, arena.zero  # noqa: E741
    for seed in seeds:
        s = arena.leaf(seed)
        first = r * l + m * s
        second = r * L + arena.leaf(2) * l * s
        if activation is not None:
            second = second + arena.leaf(sympy.Rational(int(activation.p), int(activation.q))) * first**2
        m, l, L = r * m, first, second  # noqa: E741
    return {LIPSCHITZ: l, SMOOTHNESS: L}, seeds


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 12])
def test_the_deep_linear_chain_is_exact(depth: int) -> None:
    """l = sqrt(k) R^(k-1) x; Q has R^(k-2) x off the diagonal, so L = (k-1) R^(k-2) x."""
    jet, seeds = chain(depth)
    (numbers,) = certified([jet], seeds, VALUES)
    r, norm = VALUES[R], VALUES[x]
    assert abs(ball(numbers[LIPSCHITZ]) / (arb(depth).sqrt() * arb(r ** (depth - 1) * norm)) - 1) < 1e-15
    truth = (depth - 1) * r ** (depth - 2) * norm
    assert truth <= numbers[SMOOTHNESS]
    assert ball(numbers[SMOOTHNESS]) <= arb(truth) * (1 + arb(10) ** -10)


@pytest.mark.parametrize("activation", [None, fmpq(1, 4)])
def test_gradients_and_entries_give_the_same(activation: fmpq | None) -> None:
    jet, seeds = chain(9, activation)
    (entries,), unit = certified([jet], seeds, VALUES), directions(jet, seeds, VALUES)
    assert has_gradients([jet], seeds)
    by_gradient, unit_by_gradient = certified_by_gradients(jet, seeds, VALUES)
    assert list(entries) == list(by_gradient) == [LIPSCHITZ, SMOOTHNESS]
    for quantity in entries:
        a, b = ball(entries[quantity]), ball(by_gradient[quantity])
        assert abs(a / b - 1) < 1e-11
        for one, other in zip(unit[quantity], unit_by_gradient[quantity], strict=True):
            assert abs(ball(one) - ball(other)) < 1e-5


@pytest.mark.parametrize("activation", [None, fmpq(1, 4)])
def test_the_bound_is_the_form_at_its_direction(activation: fmpq | None) -> None:
    """l(s) = p.s at p / ||p||, L(s) = s^T Q s at the Perron vector: unit vectors."""
    jet, seeds = chain(6, activation)
    (numbers,) = certified([jet], seeds, VALUES)
    unit = directions(jet, seeds, VALUES)
    for quantity, scalar in jet.items():
        assert abs(sum((ball(d) ** 2 for d in unit[quantity]), arb(0)) - 1) < 1e-15
        (at,) = evaluate([scalar], {**VALUES, **dict(zip(seeds, unit[quantity], strict=True))})
        assert abs(ball(at) / ball(numbers[quantity]) - 1) < 1e-10


def test_the_closed_form_of_the_smoothness_is_the_frobenius_norm() -> None:
    jet, seeds = chain(4)
    forms, found = closed_forms([jet], seeds), certified([jet], seeds, VALUES)
    first, second = evaluate([forms[0][LIPSCHITZ], forms[0][SMOOTHNESS]], VALUES)
    assert abs(ball(first) - ball(found[0][LIPSCHITZ])) < 1e-15
    assert abs(ball(second) - arb(12).sqrt() * arb(VALUES[R] ** 2 * VALUES[x])) < 1e-14  # 12 entries off the diagonal
    assert ball(second) > ball(found[0][SMOOTHNESS])


def test_one_block_is_the_total() -> None:
    jet, seeds = chain(1, fmpq(1, 4))
    found = certified([jet], seeds, VALUES)
    assert found[0][LIPSCHITZ] == VALUES[x]
    assert ball(found[0][SMOOTHNESS]) <= arb(VALUES[x] ** 2 / 4) * (1 + arb(10) ** -12)


def test_entries_are_counted_by_node_and_block() -> None:
    """A node has an entry for each block below it, or for each pair of them."""
    arena = Arena()
    a, b = sympy.Dummy("a", positive=True), sympy.Dummy("b", positive=True)
    first = arena.leaf(2) * arena.leaf(a) + arena.leaf(3) * arena.leaf(b)
    # The seeds, the products, the sum and the sum as an output: 1 + 1 + 1 + 1 + 2 + 2.
    assert fits([first], [a, b], 8)
    assert not fits([first], [a, b], 7)
    # Besides these six: the square has 3, and is asked for.
    assert fits([first**2], [a, b], 12)
    assert not fits([first**2], [a, b], 11)
    assert fits([], [a, b], 0)


def test_what_is_affordable_does_not_depend_on_blocks_alone() -> None:
    """Many layers that share a block have few entries, as many blocks in few layers have."""
    few, many = chain(12), chain(60)
    assert affordable([few[0]], few[1], 2_000)
    assert not affordable([many[0]], many[1], 2_000)
    shared = few[1][:1]
    arena = Arena()
    r, l = arena.leaf(R), arena.leaf(shared[0])  # noqa: E741
    for _ in range(600):
        l = r * l + arena.leaf(shared[0])  # noqa: E741
    assert affordable([{LIPSCHITZ: l}], shared, 2_000)


def test_many_blocks_have_gradients() -> None:
    depth = 90
    jet, seeds = chain(depth)
    assert has_gradients([jet], seeds)
    last, _ = certified_by_gradients(jet, seeds, VALUES)
    assert abs(ball(last[LIPSCHITZ]) / (arb(depth).sqrt() * arb(VALUES[R]) ** (depth - 1) * arb(VALUES[x])) - 1) < 1e-14


def test_a_concatenation_needs_entries() -> None:
    """hypot acts entry by entry: p = (3, hypot(4, 12)) has the norm 13, the hypot of sums would be larger."""
    arena = Arena()
    a, b = sympy.Dummy("a", positive=True), sympy.Dummy("b", positive=True)

    def number(value: int, seed: sympy.Symbol) -> Scalar:
        return arena.leaf(value) * arena.leaf(seed)

    jet = {LIPSCHITZ: (number(3, a) + number(4, b)).hypot(number(12, b))}
    assert not has_gradients([jet], [a, b])
    found = certified([jet], [a, b], {})
    assert abs(ball(found[0][LIPSCHITZ]) - 13) < 1e-30
    assert SMOOTHNESS not in found[0]


def test_what_is_infinite_or_zero() -> None:
    arena = Arena()
    seed = sympy.Dummy("s", positive=True)
    jets: list[Forms] = [{}, {LIPSCHITZ: arena.zero, SMOOTHNESS: arena.zero}]
    found = certified(jets, [seed], {})
    assert found == [{}, {LIPSCHITZ: 0, SMOOTHNESS: 0}]
    assert closed_forms(jets[:1], [seed]) == [{}]
    assert closed_forms(jets, [seed]) == jets
