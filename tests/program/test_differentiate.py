from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from counts import calls
from flint import ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact.balls import ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.evaluate_log import signed_values
from boundcalc.program.ir import FOLD_BITS, Arena, Op, Scalar
from boundcalc.program.reverse import value_and_gradient
from boundcalc.program.slopes import leaf_derivative
from boundcalc.program.to_sympy import to_sympy

X, Y, K = sympy.symbols("x y k", positive=True)
POINT = {X: sympy.Rational(2, 3), Y: sympy.Rational(5, 7)}


def body(arena: Arena, m: Scalar, lip: Scalar, t: int = 0) -> tuple[Scalar, Scalar]:
    """A pass like a layer's: it takes x, x y and a constant from outside, and mixes the states."""
    x, xy = arena.leaf(X), arena.leaf(X) * arena.leaf(Y)
    return (x * m).hypot(xy), x * lip * m + (lip + m) ** Fraction(1, 2) * xy.minimum(arena.leaf(Y) * m) + arena.leaf(Y)


def looped(arena: Arena, times: int) -> tuple[Scalar, ...]:
    m, lip = arena.variable("m"), arena.variable("lip")
    return arena.loop([m, lip], [arena.leaf(X) + arena.leaf(Y), arena.leaf(Y)], body(arena, m, lip), arena.leaf(times))


def unrolled(arena: Arena, times: int) -> tuple[Scalar, ...]:
    m, lip = arena.leaf(X) + arena.leaf(Y), arena.leaf(Y)
    for _ in range(times):
        m, lip = body(arena, m, lip)
    return m, lip


def assert_same(left: list[Scalar], right: list[Scalar], point: dict[sympy.Symbol, sympy.Rational]) -> None:
    with ctx.workprec(128):
        for a, b in zip(evaluate(left, point), evaluate(right, point), strict=True):
            assert ball(a).overlaps(ball(b))
            assert ball(a).rel_accuracy_bits() > 60


@pytest.mark.parametrize("times", [0, 1, 2, 5])
def test_gradients_of_loops_are_those_of_the_unrolled_program(times):
    arena = Arena()
    for left, right in zip(looped(arena, times), unrolled(arena, times), strict=True):
        first = [gradient(s, (X, Y)) for s in (left, right)]
        assert_same(*first, POINT)
        second = [[d for g in grads for d in gradient(g, (X, Y))] for grads in first]
        assert_same(*second, POINT)
    both = [ls[0] * ls[1] + ls[0] for ls in (looped(arena, times), unrolled(arena, times))]
    assert_same(*(gradient(s, (X, Y)) for s in both), POINT)
    floats = [[float(v.value) for v in signed_values(gradient(s, (X, Y)), POINT)] for s in both]
    assert floats[0] == pytest.approx(floats[1], rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_gradients_of_nested_loops(inner, outer, start):
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)

    def step_in(t: Scalar, s: Scalar) -> Scalar:
        return t * y + (s * x).hypot(y)

    def step_out(s: Scalar, result: Scalar) -> Scalar:
        return result * x + s * s * y

    s, t = arena.variable("s"), arena.variable("t")
    [result] = arena.loop([t], [x * s], [step_in(t, s)], arena.leaf(inner))
    [total] = arena.loop([s], [x + y], [step_out(s, result)], arena.leaf(outer))
    by_hand = x + y
    for _ in range(outer):
        passed = x * by_hand
        for _ in range(inner):
            passed = step_in(passed, by_hand)
        by_hand = step_out(by_hand, passed)
    point = {X: sympy.Rational(start[0], 10), Y: sympy.Rational(start[1], 10)}
    assert_same(gradient(total, (X, Y)), gradient(by_hand, (X, Y)), point)
    hessians = [[h for g in gradient(f, (X, Y)) for h in gradient(g, (X, Y))] for f in (total, by_hand)]
    assert_same(*hessians, point)


def test_a_loop_is_not_differentiated_by_its_number_of_passes():
    arena = Arena()
    s = arena.variable("s")
    [power] = arena.loop([s], [arena.one], [s * arena.leaf(X)], arena.leaf(K + 1))
    with pytest.raises(ValueError, match="times"):
        gradient(power, (X, K))
    assert evaluate(gradient(power, (X,)), {X: 2, K: 3}) == [fmpq(4 * 2**3)]


def test_symbols_that_do_not_occur_have_derivative_zero():
    arena = Arena()
    [dx, dk] = gradient(arena.leaf(X) ** 2, (X, K))
    assert dk.is_zero
    assert to_sympy(dx, 10) == 2 * X
    assert gradient(arena.leaf(3), (X,)) == [arena.zero]


def test_a_minimum_follows_its_least_branch_and_ties_are_reported():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    least, greatest = (x * y).minimum(x + y, x), x.maximum(y)
    slopes = [*gradient(least, (X, Y)), *gradient(greatest, (X, Y))]
    ties: list[int] = []
    assert evaluate(slopes, {X: 3, Y: Fraction(1, 2)}, ties=ties) == [fmpq(1, 2), fmpq(3), fmpq(1), fmpq(0)]
    assert evaluate(slopes, {X: 3, Y: 5}, ties=ties) == [fmpq(1), fmpq(0), fmpq(0), fmpq(1)]
    assert not ties
    dx, dy = evaluate(gradient(greatest, (X, Y)), {X: 2, Y: 2}, ties=ties)
    assert (dx, dy) == (fmpq(1), fmpq(0))
    assert ties


def test_gradients_are_linear_in_depth():
    sizes: list[int] = []
    for depth in (50, 100, 200):
        arena = Arena()
        r = [arena.leaf(sympy.Symbol(f"r{i}", positive=True)) for i in range(depth)]
        m, lip, smooth = arena.leaf(X), arena.zero, arena.zero
        for radius in r:
            smooth = (radius * smooth + arena.leaf(2) * lip) + arena.leaf(Y) * (radius * lip + m) ** 2
            m, lip = (radius * m).hypot(radius).minimum(arena.leaf(K)), (radius * lip + m).hypot(lip)
        before = len(arena)
        gradient(smooth, [X, Y, K, *(leaf.node.payload for leaf in r)])
        sizes.append(len(arena) - before)
        assert sizes[-1] <= 5 * before
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), rel=0.01)


@pytest.mark.parametrize(
    ("leaf", "x", "y", "expected"),
    [
        (sympy.floor(X / 3) * X, 7, 1, 2),
        (sympy.ceiling(X / 3) ** 2, 7, 1, 0),
        (sympy.Min(X**2, Y, 3 * X), 2, 100, 4),
        (sympy.Min(X**2, Y, 3 * X), 5, 100, 3),
        (sympy.Min(X**2, Y, 3 * X), 50, 100, 0),
        (sympy.Max(X**2, Y) ** 2, 3, 5, 108),
        (sympy.Abs(X - Y) * X, 3, 5, -1),
        (sympy.Max(1, sympy.Min(X, Y) * X), 3, 5, 6),
        (sympy.Piecewise((X**2, sympy.Gt(X, Y)), (X, True)), 3, 2, 6),
        (sympy.Piecewise((X**2, sympy.Gt(X, Y)), (X, True)), 2, 3, 1),
        (sympy.sign(X - Y) + X, 3, 5, 1),
        (sympy.Min(X, Y), 3, 3, 1),
    ],
)
def test_leaves_with_kinks(leaf, x, y, expected):
    assert from_sympy(leaf_derivative(leaf, X), {X: x, Y: y}) == fmpq(expected)


def test_second_derivatives_of_leaves_with_kinks():
    twice = leaf_derivative(leaf_derivative(sympy.Max(X**3, Y) * X, X), X)
    assert from_sympy(twice, {X: 2, Y: 5}) == fmpq(12 * 4)
    assert from_sympy(twice, {X: 2, Y: 50}) == fmpq(0)


def test_a_function_that_cannot_be_differentiated_is_an_error():
    with pytest.raises(TypeError, match="differentiate"):
        leaf_derivative(sympy.Function("f")(X), X)


def test_select_passes_its_adjoint_to_the_chosen_value():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    chosen = arena.select(Op.MAX, [x, y], [x * y, y**3])
    slopes = gradient(chosen, (X, Y))
    assert evaluate(slopes, {X: 3, Y: 2}) == [fmpq(2), fmpq(3)]
    assert evaluate(slopes, {X: 1, Y: 2}) == [fmpq(0), fmpq(12)]


def test_numbers_along_a_chain_are_one_number_until_it_is_long():
    arena, c, passes = Arena(), sympy.Rational(3**40, 7**30), 40
    chain = arena.leaf(X)
    for _ in range(passes):
        chain = arena.leaf(c) * (chain + arena.leaf(Y))
    slopes = gradient(chain, (X, Y))
    with ctx.workprec(128):
        by_x, by_y = evaluate(slopes, POINT)
        assert ball(by_x).overlaps(ball(from_sympy(c**passes)))
        assert ball(by_y).overlaps(ball(from_sympy(sympy.Add(*(c**i for i in range(1, passes + 1))))))
    numbers = [arena.scalar(i).rational for i in arena.needed(s.index for s in slopes)]
    assert max(int(n.p).bit_length() + int(n.q).bit_length() for n in numbers if n is not None) <= 4 * FOLD_BITS


def test_what_comes_with_the_same_factor_is_added_up_first():
    """Each pass takes y once: its derivative needs one product with y in all."""
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    state = x
    for _ in range(20):
        state = (x * state).hypot(y)
    by_y = gradient(state, (Y,))[0]
    products = [arena.nodes[i] for i in arena.needed([by_y.index]) if arena.nodes[i].op is Op.MUL]
    assert sum(y.index in node.args for node in products) == 1


def test_derivatives_by_many_symbols_grow_with_them_alone():
    """As by the radius of each layer, which stands in one leaf."""

    def work(count: int) -> int:
        arena = Arena()
        symbols = [sympy.Symbol(f"r{i}", positive=True) for i in range(count)]
        leaves = [arena.leaf(symbol) for symbol in symbols]
        total = arena.combine(Op.ADD, [a * b for a, b in zip(leaves, [*leaves[1:], leaves[0]], strict=True)])
        at = dict.fromkeys(symbols, sympy.Integer(2))
        return calls(lambda: value_and_gradient(total, at, symbols))

    work(10)
    assert work(400) <= 4.4 * work(100)
