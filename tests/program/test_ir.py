from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from boundcalc.program.ir import FOLD_BITS, Arena, Op

X, Y = sympy.symbols("x y", positive=True)


def test_equal_nodes_are_one_node():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    assert x * y == y * x
    assert (x + y) ** 2 == (y + x) ** 2
    assert x.hypot(y) == y.hypot(x)
    assert x.minimum(y, x) == y.minimum(x)
    assert (x**2) ** Fraction(1, 2) == x
    size = len(arena)
    assert x * y + x.maximum(y) == y.maximum(x) + y * x
    assert len(arena) == size + 2


def test_identities_fold():
    arena = Arena()
    x = arena.leaf(X)
    assert x + arena.zero == x
    assert x * arena.one == x
    assert (x * arena.zero).is_zero
    assert x.hypot(arena.zero) == x
    assert x**0 == arena.one
    assert arena.leaf(2) * arena.leaf(3) == arena.leaf(6)
    assert (arena.zero ** Fraction(1, 2)).is_zero
    assert arena.one ** Fraction(-1, 2) == arena.one
    assert arena.leaf(2).minimum(arena.leaf(3)) == arena.leaf(2)
    with pytest.raises(ZeroDivisionError):
        x / arena.zero


def test_constants_stop_folding_before_they_explode():
    arena = Arena()
    x = arena.leaf(3)
    for _ in range(40):
        x = x * x + arena.one
    biggest = max(n.payload.p for n in arena.nodes if isinstance(n.payload, sympy.Integer))
    assert int(biggest).bit_length() <= FOLD_BITS


def test_select_needs_keys_and_values_and_folds_equal_ones():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    assert arena.select(Op.MIN, [x, y], [x, x]) == x
    assert arena.select(Op.MIN, [x, y], [x, y]) != arena.select(Op.MAX, [x, y], [x, y])
    for op, keys, values in [(Op.ADD, [x], [x]), (Op.MIN, [x, y], [x]), (Op.MAX, [], [])]:
        with pytest.raises(ValueError, match="select"):
            arena.select(op, keys, values)


def test_a_loop_binds_its_states():
    arena = Arena()
    x, state, outer = arena.leaf(X), arena.variable("s"), arena.variable("o")
    [inner] = arena.loop([state], [outer], [state * x + outer], arena.leaf(Y))
    assert inner.node.free == {outer.index}
    [closed] = arena.loop([outer], [x], [inner + x], arena.leaf(3))
    assert closed.node.free == frozenset()
    assert x.index not in arena.body(closed.node.args[0])
    inner_body, outer_body = (set(arena.body(r.node.args[0])) for r in (inner, closed))
    assert inner.index in outer_body
    assert not inner_body & outer_body


@pytest.mark.parametrize("case", ["length", "leaf", "twice", "times"])
def test_a_loop_that_makes_no_sense_is_refused(case):
    arena = Arena()
    x, s, t = arena.leaf(X), arena.variable("s"), arena.variable("t")
    states, starts, times = {
        "length": ([s, t], [x], x),
        "leaf": ([x, s], [x, x], x),
        "twice": ([s, s], [x, x], x),
        "times": ([s, t], [x, x], s),
    }[case]
    with pytest.raises(ValueError, match="loop"):
        arena.loop(states, starts, [s] * len(states), times)


def test_needed_stops_where_it_is_told():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    product = x * y
    total = product + x
    assert arena.needed([total.index]) == sorted([x.index, y.index, product.index, total.index])
    assert arena.needed([total.index], stop={product.index}) == sorted([x.index, product.index, total.index])


def test_a_chain_of_maxima_grows_with_its_length_alone() -> None:
    """Each inside the next, flattened: the n-th would have n arguments."""
    arena = Arena()
    top, made = arena.leaf(sympy.Symbol("x0")), 1000
    for i in range(1, made):
        top = top.maximum(arena.leaf(sympy.Symbol(f"x{i}")))
    assert sum(len(arena.nodes[i].args) for i in arena.needed([top.index])) <= 3 * made


def test_short_extrema_are_flat_and_keep_one_constant() -> None:
    arena = Arena()
    x, one, two = (arena.leaf(e) for e in (sympy.Symbol("x"), sympy.Integer(1), sympy.Integer(2)))
    assert x.minimum(two).minimum(one) == x.minimum(one)
