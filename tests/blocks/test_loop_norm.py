"""||p||^2 through several loops, and what lies between them, against the entries of the unrolled program."""

from __future__ import annotations

import pytest
import sympy
from flint import arb, fmpq

from boundcalc.blocks.entries import Symbolic, entries
from boundcalc.blocks.loop_entries import NotLinearError
from boundcalc.blocks.loop_norm import squared_norm
from boundcalc.exact.balls import ball
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.loops import separate_loops

R, S, x = sympy.symbols("R S x", positive=True)
K = sympy.Symbol("k", positive=True, integer=True)
VALUES = {R: fmpq(1, 2), S: fmpq(4, 3), x: fmpq(2, 5)}
Pair = tuple[Scalar, Scalar]  # norm and first-order entry
Made = dict[sympy.Symbol, set[int]]  # of every seed: the variables of the loops that make its block


def weight(arena: Arena, pair: Pair, radius: sympy.Symbol, seed: sympy.Symbol) -> Pair:
    norm, first = pair
    r = arena.leaf(radius)
    return r * norm, r * first + norm * arena.leaf(seed)


def residual(arena: Arena, pair: Pair, radius: sympy.Symbol, seed: sympy.Symbol) -> Pair:
    inner = weight(arena, pair, radius, seed)
    return pair[0] + inner[0], pair[1] + inner[1]


def looped(arena: Arena, pair: Pair, body: object, radius: sympy.Symbol, seed: sympy.Symbol, made: Made) -> Pair:
    """A loop that makes the block of `seed` in each pass."""
    m, l = arena.variable("m"), arena.variable("l")  # noqa: E741
    made[seed] = {m.index, l.index}
    results = body(arena, (m, l), radius, seed)  # type: ignore[operator]
    norm, first = separate_loops(arena, [m, l], pair, results, arena.leaf(K))
    return norm, first


def network(depth: int | None) -> tuple[Scalar, Made]:
    """weight, repeat of weights, weight, repeat of residuals, weight; unrolled where a depth is given."""
    arena = Arena()
    made: Made = {}

    def seed() -> sympy.Symbol:
        fresh = sympy.Dummy(f"s{len(made)}", positive=True)
        made[fresh] = set()
        return fresh

    pair = weight(arena, (arena.leaf(x), arena.zero), S, seed())
    for body, radius in ((weight, R), (residual, S)):
        if depth is None:
            pair = looped(arena, pair, body, radius, seed(), made)
        else:
            for _ in range(depth):
                pair = body(arena, pair, radius, seed())
        pair = weight(arena, pair, R, seed())
    return pair[1], made


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_several_loops_with_layers_between(depth: int) -> None:
    first, made = network(None)
    (found,) = evaluate([squared_norm(first, made)], {**VALUES, K: depth})
    unrolled, copies = network(depth)
    (form,) = entries([unrolled], list(copies), Symbolic(unrolled.arena))
    assert len(form) == 2 * depth + 3
    (truth,) = evaluate([unrolled.arena.combine(Op.ADD, [p**2 for p in form.values()])], VALUES)
    assert abs(ball(found) - ball(truth)) <= arb(10) ** -14 * ball(truth)


def test_the_result_has_no_seeds() -> None:
    first, made = network(None)
    squared = squared_norm(first, made)
    payloads = [squared.arena.nodes[i].payload for i in squared.arena.needed([squared.index])]
    assert not any(seed in payloads for seed in made)


def test_without_loops_it_is_the_sum_of_squares() -> None:
    arena = Arena()
    a, b = sympy.Dummy("a", positive=True), sympy.Dummy("b", positive=True)
    scalar = arena.leaf(3) * arena.leaf(a) + arena.leaf(4) * arena.leaf(b) + arena.leaf(2) * arena.leaf(a)
    assert squared_norm(scalar, {a: set(), b: set()}) == arena.leaf(41)
    assert squared_norm(arena.zero, {a: set(), b: set()}).is_zero


def test_a_block_beside_a_loop_and_in_it_is_refused() -> None:
    """Its two entries add up; their squares do not."""
    arena = Arena()
    a, b = sympy.Dummy("a", positive=True), sympy.Dummy("b", positive=True)
    made: Made = {a: set()}
    before = weight(arena, (arena.leaf(x), arena.zero), S, a)
    _, after = looped(arena, before, weight, R, b, made)
    with pytest.raises(NotLinearError, match="beside it"):
        squared_norm(before[1] + after, made)


def test_a_block_before_a_loop_and_in_it_is_refused() -> None:
    arena = Arena()
    a = sympy.Dummy("a", positive=True)
    made: Made = {}
    before = weight(arena, (arena.leaf(x), arena.zero), S, a)
    _, after = looped(arena, before, weight, R, a, made)
    with pytest.raises(NotLinearError, match="used before it"):
        squared_norm(after, made)


def test_a_block_that_the_loop_does_not_make_is_refused() -> None:
    """It is the same one in every pass: its entries add up, k R^(k - 1) x and not sqrt(k) of it."""
    arena = Arena()
    a, made = sympy.Dummy("a", positive=True), Made()
    _, after = looped(arena, (arena.leaf(x), arena.zero), weight, R, a, made)
    assert evaluate([squared_norm(after, made)], {**VALUES, R: 1, K: 4}) == [4 * fmpq(2, 5) ** 2]
    with pytest.raises(NotLinearError, match="from outside is the same one in every pass"):
        squared_norm(after, {a: set()})
    other = arena.variable("of another loop")
    with pytest.raises(NotLinearError, match="from outside is the same one in every pass"):
        squared_norm(after, {a: {other.index}})
