"""A pass as polynomials, the finite span of its monomials, and what is refused with which reason."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.program.depth.lift import branches, lift
from boundcalc.program.depth.polynomial import Traced, at
from boundcalc.program.depth.settle import settle
from boundcalc.program.depth.span import Lift, NotLifted, Span, span
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

R, c = sympy.symbols("R c", positive=True)


def lifted(arena: Arena, states: list[Scalar], images: list[Scalar], branch: int = 0) -> Lift[Scalar] | NotLifted:
    results = arena.loop(states, [arena.one] * len(states), images, arena.leaf(sympy.Symbol("k")))
    return lift(arena, results[0].node.args[0], Traced(arena), branch)


def test_coefficients_are_nodes_of_the_arena() -> None:
    arena = Arena()
    m, l = arena.variable("m"), arena.variable("l")  # noqa: E741
    r = arena.leaf(R)
    found = lifted(arena, [m, l], [r * m + r, (r * l + m) ** 2])
    assert isinstance(found, Lift)
    assert found.names == ("m", "l")
    assert found.images[0] == {(0,): r, (): r}
    assert found.images[1] == {(1, 1): r * r, (0, 1): r + r, (0, 0): arena.one}
    assert found.upper == ()


def test_the_span_of_a_jet_is_the_seven_monomials() -> None:
    arena = Arena()
    m, l, L = (arena.variable(name) for name in "mlL")  # noqa: E741
    r = arena.leaf(R)
    found = lifted(arena, [m, l, L], [r * m + r, r * l + m, r * L + l + (r * l + m) ** 2])
    assert isinstance(found, Lift)
    monomials = span(found, [2], Traced(arena))
    assert isinstance(monomials, Span)
    assert set(monomials.basis) == {(2,), (1,), (1, 1), (0, 1), (0, 0), (0,), ()}
    assert monomials.basis[0] == (2,)


def test_too_many_monomials_are_refused() -> None:
    arena = Arena()
    states = [arena.variable(f"x{i}") for i in range(8)]
    total = states[0]
    for state in states[1:7]:
        total = total + state
    found = lifted(arena, states, [*states[:7], total**4])
    assert isinstance(found, Lift)
    refused = span(found, [7], Traced(arena))
    assert isinstance(refused, NotLifted)
    assert "more than 40 products" in refused.reason
    high = lifted(arena, states, [*states[:7], total**9])
    assert isinstance(high, NotLifted)
    assert "more than 8 carried states" in high.reason


def test_minima_take_the_side_that_is_asked_for() -> None:
    arena = Arena()
    m = arena.variable("m")
    limit, moving = arena.leaf(c), arena.leaf(R) * m
    results = arena.loop([m], [arena.one], [limit.minimum(moving, moving + limit)], arena.leaf(3))
    index = results[0].node.args[0]
    assert branches(arena, index) == 3
    images = []
    for branch in range(3):
        found = lift(arena, index, Traced(arena), branch)
        assert isinstance(found, Lift)
        assert len(found.upper) == 1
        images.append(found.images[0])
    assert images == [{(): limit}, {(0,): arena.leaf(R)}, {(0,): arena.leaf(R), (): limit}]


def test_the_square_of_a_euclidean_sum_is_exact_where_the_sum_is_carried_too() -> None:
    arena = Arena()
    m, s = arena.variable("m"), arena.variable("s")
    joined = (arena.leaf(R) * m).hypot(arena.leaf(c))
    square = {(0, 0): arena.leaf(R) * arena.leaf(R), (): arena.leaf(c) * arena.leaf(c)}
    both = lifted(arena, [m, s], [joined, joined**2])
    assert isinstance(both, Lift)
    assert both.images == ({(0,): arena.leaf(R), (): arena.leaf(c)}, square)
    assert both.upper == ("||a x + c|| is taken as ||a|| x + ||c||",)
    alone = lifted(arena, [m, s], [m, joined**2])
    assert isinstance(alone, Lift)
    assert (alone.images[1], alone.upper) == (square, ())


OPERATIONS: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "hypot": lambda a, b: a.hypot(b),
    "max": lambda a, b: a.maximum(b),
    "min": lambda a, b: a.minimum(b),
    "square": lambda a, b: a**2,
    "root": lambda a, b: (a**2 + b**2) ** Fraction(1, 2),
}
value = st.fractions(0, 4, max_denominator=5).map(lambda f: sympy.Rational(f.numerator, f.denominator))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_upper_image_is_never_smaller(data: st.DataObject) -> None:
    """Random bodies over every operation, at random values of the states: the polynomial against the body itself."""
    arena = Arena()
    states = [arena.variable(name) for name in "mls"]
    pool = [*states, *(arena.leaf(c) for c in data.draw(st.lists(value, min_size=2, max_size=2)))]
    for _ in range(data.draw(st.integers(1, 7))):
        a, b = (pool[data.draw(st.integers(0, len(pool) - 1))] for _ in range(2))
        pool.append(OPERATIONS[data.draw(st.sampled_from(sorted(OPERATIONS)))](a, b))
    result = pool[-1]
    found = lifted(arena, states, [result, states[1], states[2]], data.draw(st.integers(0, 1)))
    if isinstance(found, NotLifted):
        assert found.reason
        return
    numbers = data.draw(st.lists(value, min_size=3, max_size=3))
    # a loop of one pass evaluates its body at its starts
    body = arena.loop(states, [arena.leaf(x) for x in numbers], [result, states[1], states[2]], arena.one)[0]
    image = at(Traced(arena), found.images[0], [arena.leaf(x) for x in numbers])
    bound, true = evaluate([image, body], {})
    assert arb(bound) >= arb(true) or arb(bound).overlaps(arb(true))
    if not found.upper:
        assert arb(bound).overlaps(arb(true))


def test_settling_takes_passes_apart() -> None:
    arena = Arena()
    m, s, l = (arena.variable(name) for name in "msl")  # noqa: E741
    found = lifted(arena, [m, s, l], [arena.leaf(c), m, s * l])
    assert isinstance(found, Lift)
    assert isinstance(span(found, [2], Traced(arena)), NotLifted)
    starts = [arena.leaf(2), arena.leaf(3), arena.leaf(5)]
    settled = settle(found, starts, 2, Traced(arena))
    assert settled.first == (tuple(starts), (arena.leaf(c), arena.leaf(2), arena.leaf(15)))
    assert settled.starts == (arena.leaf(c), arena.leaf(c), arena.leaf(30))
    assert settled.lifted.images[2] == {(2,): arena.leaf(c)}
    # what l does not depend on costs no pass
    other = lifted(arena, [m, s, l], [arena.leaf(c), m, l])
    assert isinstance(other, Lift)
    assert settle(other, starts, 2, Traced(arena)).first == ()


@pytest.mark.parametrize(("power", "says"), [(Fraction(-1), "divides"), (Fraction(3, 2), "to the power 3/2")])
def test_powers_that_are_no_polynomials(power: Fraction, says: str) -> None:
    arena = Arena()
    m = arena.variable("m")
    for base in (m, m + arena.one):
        found = lifted(arena, [m], [base**power])
        assert isinstance(found, NotLifted)
        assert says in found.reason


def test_an_inner_number_of_passes_may_not_depend_on_the_outer_state() -> None:
    arena = Arena()
    m, x = arena.variable("m"), arena.variable("x")
    inner = arena.loop([x], [m], [x + arena.one], m)
    found = lifted(arena, [m], [inner[0]])
    assert isinstance(found, NotLifted)
    assert "number of inner passes" in found.reason
