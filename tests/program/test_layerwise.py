"""`blocks: layer`: entries, gradients and closed forms agree, and the deep linear chain is exact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sympy
from flint import arb, ctx, fmpq

from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.layerwise import ENTRY_LIMIT, SYMBOLIC_LIMIT, BlockJet, certified, certified_last, closed_forms
from boundcalc.program.numbers import ball

R, x = sympy.symbols("R x", positive=True)
VALUES = {R: fmpq(3, 2), x: fmpq(2, 5)}


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """The tests' own arithmetic on balls."""
    with ctx.workprec(128):
        yield


def chain(depth: int, activation: fmpq | None = None) -> tuple[BlockJet, list[sympy.Symbol]]:
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
    return BlockJet(l, L), seeds


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 12])
def test_the_deep_linear_chain_is_exact(depth: int) -> None:
    """l = sqrt(k) R^(k-1) x; Q has R^(k-2) x off the diagonal, so L = (k-1) R^(k-2) x."""
    jet, seeds = chain(depth)
    found = certified([jet], seeds, VALUES)
    assert found is not None
    (numbers,) = found
    r, norm = VALUES[R], VALUES[x]
    assert numbers.lipschitz is not None
    assert numbers.smoothness is not None
    assert abs(ball(numbers.lipschitz) / (arb(depth).sqrt() * arb(r ** (depth - 1) * norm)) - 1) < 1e-15
    truth = (depth - 1) * r ** (depth - 2) * norm
    assert truth <= numbers.smoothness
    assert ball(numbers.smoothness) <= arb(truth) * (1 + arb(10) ** -10)


@pytest.mark.parametrize("activation", [None, fmpq(1, 4)])
def test_gradients_and_entries_give_the_same(activation: fmpq | None) -> None:
    jet, seeds = chain(9, activation)
    by_entries, by_gradient = certified([jet], seeds, VALUES), certified_last(jet, seeds, VALUES)
    assert by_entries is not None
    assert by_gradient is not None
    (entries,) = by_entries
    for name in ("lipschitz", "smoothness"):
        a, b = ball(getattr(entries, name)), ball(getattr(by_gradient, name))
        assert abs(a / b - 1) < 1e-11
        for one, other in zip(
            getattr(entries, f"{name}_direction"), getattr(by_gradient, f"{name}_direction"), strict=True
        ):
            assert abs(ball(one) - ball(other)) < 1e-5


@pytest.mark.parametrize("activation", [None, fmpq(1, 4)])
def test_the_bound_is_the_form_at_its_direction(activation: fmpq | None) -> None:
    """l(s) = p.s at p / ||p||, L(s) = s^T Q s at the Perron vector: unit vectors."""
    jet, seeds = chain(6, activation)
    found = certified([jet], seeds, VALUES)
    assert found is not None
    (numbers,) = found
    for scalar, number, direction in (
        (jet.lipschitz, numbers.lipschitz, numbers.lipschitz_direction),
        (jet.smoothness, numbers.smoothness, numbers.smoothness_direction),
    ):
        assert scalar is not None
        assert number is not None
        assert abs(sum((ball(d) ** 2 for d in direction), arb(0)) - 1) < 1e-15
        (at,) = evaluate([scalar], {**VALUES, **dict(zip(seeds, direction, strict=True))})
        assert abs(ball(at) / ball(number) - 1) < 1e-10


def test_the_closed_form_of_the_smoothness_is_the_frobenius_norm() -> None:
    jet, seeds = chain(4)
    forms, found = closed_forms([jet], seeds), certified([jet], seeds, VALUES)
    assert forms is not None
    assert found is not None
    assert forms[0].lipschitz is not None
    assert forms[0].smoothness is not None
    first, second = evaluate([forms[0].lipschitz, forms[0].smoothness], VALUES)
    assert abs(ball(first) - ball(found[0].lipschitz)) < 1e-15  # type: ignore[arg-type]
    assert abs(ball(second) - arb(12).sqrt() * arb(VALUES[R] ** 2 * VALUES[x])) < 1e-14  # 12 entries off the diagonal
    assert ball(second) > ball(found[0].smoothness)  # type: ignore[arg-type]


def test_one_block_is_the_total() -> None:
    jet, seeds = chain(1, fmpq(1, 4))
    found = certified([jet], seeds, VALUES)
    assert found is not None
    assert found[0].lipschitz == VALUES[x]
    assert ball(found[0].smoothness) <= arb(VALUES[x] ** 2 / 4) * (1 + arb(10) ** -12)  # type: ignore[arg-type]


def test_many_blocks_have_no_entries() -> None:
    jet, seeds = chain(ENTRY_LIMIT + 1)
    assert certified([jet], seeds, VALUES) is None
    assert closed_forms([jet], seeds) is None
    fewer, their_seeds = chain(SYMBOLIC_LIMIT)
    assert closed_forms([fewer], their_seeds) is not None
    last = certified_last(jet, seeds, VALUES)
    assert last is not None
    assert last.lipschitz is not None
    depth = ENTRY_LIMIT + 1
    assert abs(ball(last.lipschitz) / (arb(depth).sqrt() * arb(VALUES[R]) ** (depth - 1) * arb(VALUES[x])) - 1) < 1e-14


def test_a_concatenation_needs_entries() -> None:
    """hypot acts entry by entry: p = (3, hypot(4, 12)) has the norm 13, the hypot of sums would be larger."""
    arena = Arena()
    a, b = sympy.Dummy("a", positive=True), sympy.Dummy("b", positive=True)

    def number(value: int, seed: sympy.Symbol) -> Scalar:
        return arena.leaf(value) * arena.leaf(seed)

    jet = BlockJet((number(3, a) + number(4, b)).hypot(number(12, b)), None)
    assert certified_last(jet, [a, b], {}) is None
    found = certified([jet], [a, b], {})
    assert found is not None
    assert abs(ball(found[0].lipschitz) - 13) < 1e-30  # type: ignore[arg-type]
    assert found[0].smoothness is None


def test_what_is_infinite_or_zero() -> None:
    arena = Arena()
    seed = sympy.Dummy("s", positive=True)
    jets = [BlockJet(None, None), BlockJet(arena.zero, arena.zero)]
    found = certified(jets, [seed], {})
    assert found is not None
    assert (found[0].lipschitz, found[0].smoothness) == (None, None)
    assert (found[1].lipschitz, found[1].smoothness) == (0, 0)
    assert closed_forms(jets[:1], [seed]) == [BlockJet(None, None)]
    assert closed_forms(jets, [seed]) == jets
