"""Closed forms in the depth against the recursion: exactly, in rationals, at and around every resonance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.program.depth.close import Closed, NotClosed, close, reasons
from boundcalc.program.depth.upper import Decreasing
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.to_sympy import to_sympy

Body = Callable[..., Sequence[Scalar]]

ALPHA, A, R, x, y, z, a, b, c, d, e, n = sympy.symbols("alpha A R x y z a b c d e n", positive=True)
K = sympy.Symbol("k", positive=True, integer=True)
K0 = sympy.Symbol("k", nonnegative=True, integer=True)
Q = sympy.Rational


def loop(body: Body, starts: Sequence[sympy.Expr | int], times: sympy.Expr = K, names: str = "mlLuv") -> list[Scalar]:
    arena = Arena()
    states = [arena.variable(name) for _, name in zip(starts, names, strict=False)]
    results = body(lambda value: arena.leaf(value), *states)
    return list(arena.loop(states, [arena.leaf(s) for s in starts], results, arena.leaf(times)))


def general(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    """Every coefficient of the recursion its own symbol, and a second growth factor."""
    new = leaf(A) * l + leaf(b) * m + leaf(c)
    return leaf(ALPHA) * m + leaf(a), new, leaf(A) * L + leaf(d) * l + leaf(e) * new**2


def dense(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    """Dense without bias, softplus."""
    r, new = leaf(R), leaf(R) * l + m
    return r * m + leaf(a), new, r * L + leaf(2) * l + leaf(Q(1, 4)) * new**2


def deep_linear(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    return leaf(R) * m, leaf(R) * l + m, leaf(R) * L + leaf(2) * l


def residual(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    images = dense(leaf, m, l, L)
    return m + images[0], l + images[1], L + images[2]


def biased(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    g = m.hypot(leaf(sympy.sqrt(n)))
    new = leaf(R) * l + g
    return leaf(R) * g + leaf(a), new, leaf(R) * L + leaf(2) * l + leaf(Q(1, 4)) * new**2


def bounded(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
    return leaf(c).minimum(leaf(R) * m + leaf(a)), leaf(R) * l + m, leaf(R) * L + leaf(2) * l


def forms(results: Sequence[Scalar]) -> list[Closed]:
    """The closed forms, with the symbols of long coefficients replaced by what they stand for."""
    closures = close(results)
    found = [closures.results[r.index] for r in results]
    assert all(isinstance(f, Closed) for f in found), found
    closed = [f for f in found if isinstance(f, Closed)]
    for symbol, scalar in reversed(closures.definitions):
        inner = to_sympy(scalar, 10**6, closures.expressions)
        assert inner is not None
        closed = [Closed(f.expression.xreplace({symbol: inner}), f.upper) for f in closed]
    return closed


def number(value: object) -> sympy.Expr:
    assert isinstance(value, fmpq)
    return Q(int(value.p), int(value.q))


def check_exact(results: Sequence[Scalar], values: Mapping[sympy.Symbol, sympy.Expr], k: sympy.Symbol = K) -> None:
    first = 0 if k is K0 else 1
    closed = forms(results)
    assert all(f.upper == () for f in closed)
    for depth in range(first, 9):
        truth = [number(v) for v in evaluate(results, {**values, k: sympy.Integer(depth)})]
        assert [f.expression.subs({**values, k: depth}) for f in closed] == truth, (depth, values)


VALUES = {x: Q(3, 7), y: Q(5, 3), z: Q(1, 2), a: Q(2, 5), b: Q(7, 4), c: Q(1, 3), d: Q(11, 6), e: Q(1, 8)}


@pytest.fixture(scope="module")
def general_forms() -> tuple[list[Scalar], list[Closed]]:
    """Spelled out, which is more work than a program may take."""
    results = loop(general, [x, y, z], K0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boundcalc.program.depth.close.SPELLED", 200_000)
        return results, forms(results)


# general position, and at, below and above alpha = 1, A = 1, alpha = A, A = alpha^2, alpha = A^2, alpha A = 1
GROWTH = [
    *product([Q(1, 4), Q(1, 2), Q(1), Q(2), Q(4)], repeat=2),
    (Q(3, 2), Q(9, 4)),
    (Q(99, 100), Q(101, 100)),
    (Q(5), Q(7)),
]


@pytest.mark.parametrize(("alpha", "growth"), GROWTH)
def test_general_recursion(
    general_forms: tuple[list[Scalar], list[Closed]], alpha: sympy.Expr, growth: sympy.Expr
) -> None:
    results, closed = general_forms
    values = VALUES | {ALPHA: alpha, A: growth}
    partly = [f.expression.subs(values) for f in closed]
    for depth in range(9):
        truth = evaluate(results, {**values, K0: sympy.Integer(depth)})
        assert [p.subs(K0, depth) for p in partly] == [number(t) for t in truth]


def test_every_resonance_has_its_case(general_forms: tuple[list[Scalar], list[Closed]]) -> None:
    cases = [condition for _, condition in general_forms[1][2].expression.args]
    assert sympy.And(sympy.Eq(A, 1), sympy.Eq(ALPHA, 1)) == cases[0]
    alone = {sympy.Eq(A, 1), sympy.Eq(ALPHA, 1), sympy.Eq(A, ALPHA), sympy.Eq(A, ALPHA**2), sympy.Eq(A, 1 / ALPHA)}
    assert set(cases[1:-1]) == alone | {sympy.Eq(ALPHA, A**2)}
    assert cases[-1] == sympy.true
    m, l, _ = (f.expression for f in general_forms[1])  # noqa: E741
    assert len(m.args) == 2
    assert len(l.args) == 5


@pytest.mark.parametrize("body", [dense, residual, deep_linear])
@pytest.mark.parametrize("radius", [Q(1, 3), Q(1), Q(5, 2)])
def test_equal_growth_factors(body: Body, radius: sympy.Expr) -> None:
    check_exact(loop(body, [x, 0, 0], K0), VALUES | {R: radius}, K0)
    check_exact(loop(body, [x, y, z], K), VALUES | {R: radius}, K)


def test_deep_linear_is_printed_as_people_write_it() -> None:
    m, l, L = (f.expression for f in forms(loop(deep_linear, [x, 0, 0])))  # noqa: E741
    assert m == x * R**K
    assert l == K * R ** (K - 1) * x
    assert K * (K - 1) * R ** (K - 2) * x == L
    assert str(l) == "R**(k - 1)*k*x"
    assert str(L) == "R**(k - 2)*k*x*(k - 1)"


def test_factors_that_never_coincide_make_no_case() -> None:
    assert not any(f.expression.has(sympy.Piecewise) for f in forms(loop(residual, [x, 0, 0])))


def test_factors_that_are_numbers_make_no_case() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(2) * m + leaf(1), leaf(3) * l + m

    results = loop(body, [x, y], K0)
    assert not any(f.expression.has(sympy.Piecewise) for f in forms(results))
    check_exact(results, VALUES, K0)

    def unit(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return m + leaf(1), l + m

    assert [sympy.expand(f.expression) for f in forms(loop(unit, [1, 0]))] == [K + 1, (K**2 + K) / 2]
    check_exact(loop(unit, [Q(1, 2), Q(3)], K0), {}, K0)


def test_growth_that_is_a_product_is_compared_with_one() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [leaf(b * R / 4) * m + leaf(a)]

    results = loop(body, [x], K0)
    assert sympy.Eq(R, 4 / b) in [condition for _, condition in forms(results)[0].expression.args]
    for radius in (1, Q(16, 7), 3):
        check_exact(results, VALUES | {R: radius}, K0)


def test_a_sum_that_meets_a_factor_by_chance() -> None:
    """At R = 1 both factors are 1, though as products of atoms they have nothing in common."""

    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(R) * m + leaf(a), leaf((1 + R) / 2) * l + m + leaf(c)

    for radius in (Q(1, 2), 1, 2):
        check_exact(loop(body, [x, y], K0), VALUES | {R: radius}, K0)


def test_a_state_that_forgets() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, s: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(R) * m + leaf(a), leaf(R) * l + leaf(b) * s, leaf(c) * m

    for radius in (Q(1, 2), 1, 3):
        check_exact(loop(body, [x, y, z], K0), VALUES | {R: radius}, K0)


def test_a_state_that_becomes_constant_is_a_coefficient() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, s: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(c), (leaf(R) + s) * l + m, leaf(b) * m

    results = loop(body, [x, y, z], K0)
    assert str(forms(results)[0].expression) == "Piecewise((x, Eq(k, 0)), (c, True))"
    for radius in (Q(1, 2), 1 - Q(7, 4) / 3, 3):
        check_exact(results, VALUES | {R: radius}, K0)


def test_a_state_that_keeps_its_value_multiplies() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return m, m * l + leaf(a)

    for start in (Q(1, 2), 1, 3):
        check_exact(loop(body, [x, y], K0), VALUES | {x: start}, K0)


def test_states_that_are_equal_become_one() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, s: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(R) * m, leaf(R) * l + s, leaf(R) * s

    results = loop(body, [x, 0, x], K0)
    assert forms(results)[1].expression == K0 * R ** (K0 - 1) * x
    check_exact(results, VALUES | {R: 2}, K0)


def test_euclidean_sum_squared_is_exact() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(ALPHA) * m, leaf(A) * l + m.hypot(leaf(c)) ** 2

    def squared(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(ALPHA) * m, leaf(A) * l + m**2 + leaf(c) ** 2

    assert forms(loop(body, [x, y], K0)) == forms(loop(squared, [x, y], K0))
    for alpha, growth in [(2, 4), (2, 3), (1, 1), (2, 1)]:
        check_exact(loop(squared, [x, y], K0), VALUES | {ALPHA: alpha, A: growth}, K0)


# upper forms


def slack(results: Sequence[Scalar], values: Mapping[sympy.Symbol, sympy.Expr]) -> list[list[float]]:
    """Closed form over recursion, for depths 1 to 8; never below 1."""
    closed = forms(results)
    assert all(f.upper for f in closed)
    table: list[list[float]] = []
    for depth in range(1, 9):
        truth = evaluate(results, {**values, K: sympy.Integer(depth)})
        bounds = evaluate([results[0].arena.leaf(f.expression) for f in closed], {**values, K: sympy.Integer(depth)})
        ratios = [bound / true if true != 0 else None for bound, true in zip(bounds, truth, strict=True)]
        assert all(not bound < true for bound, true in zip(bounds, truth, strict=True))
        table.append([float(r) for r in ratios if r is not None])
    return table


@pytest.mark.parametrize("radius", [Q(1, 2), 1, 2])
@pytest.mark.parametrize("batch", [0, 1, 16])
def test_bias_is_upper(radius: sympy.Expr, batch: int) -> None:
    values = VALUES | {R: radius, n: sympy.Integer(batch)}
    table = slack(loop(biased, [x, 0, 0]), values)
    if batch == 0:
        assert all(abs(r - 1) < 1e-12 for row in table for r in row)
    else:
        # ||(m, c)|| <= m + c loses a factor sqrt(2) at most, once in each pass, in the worst ratio of the two
        assert max(row[0] / 2 ** ((i + 1) / 2) for i, row in enumerate(table)) <= 1
        assert table[-1][2] > 1


def test_concatenation_is_upper() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return m.hypot(leaf(R) * m + leaf(a)), l.hypot(leaf(R) * l + m)

    closed = forms(loop(body, [x, y]))
    assert closed[0].upper == ("||a x + c|| is taken as ||a|| x + ||c||",)
    slack(loop(body, [x, y]), VALUES | {R: 2})


def test_a_euclidean_sum_of_multiples_is_exact() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [m.hypot(leaf(R) * m)]

    (closed,) = forms(loop(body, [x]))
    assert closed.upper == ()
    assert sympy.simplify(closed.expression - x * (1 + R**2) ** (K / 2)) == 0


@pytest.mark.parametrize("radius", [Q(1, 2), 1, 2])
@pytest.mark.parametrize("limit", [Q(1, 5), Q(2), Q(50)])
def test_bounded_layer(radius: sympy.Expr, limit: sympy.Expr) -> None:
    results = loop(bounded, [x, y, z])
    closed = forms(results)
    assert closed[1].upper == (
        "a minimum takes the side that is fixed",
        "a minimum takes the side that follows the carried state",
    )
    assert isinstance(closed[1].expression, sympy.Min)
    slack(results, VALUES | {R: radius, c: limit})


def test_maximum_is_upper() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [(leaf(R) * m + leaf(1)).maximum(leaf(2) * m + leaf(a))]

    table = slack(loop(body, [x]), VALUES | {R: 3})
    assert table[0][0] == 1


def test_an_upper_form_may_not_be_divided_by() -> None:
    results = loop(biased, [x, 0, 0])
    closures = close(results)
    assert reasons(results[1], closures)
    with pytest.raises(Decreasing):
        reasons(results[0] ** -1, closures)
    exact = loop(deep_linear, [x, 0, 0])
    assert reasons(exact[1] ** -1, close(exact)) == ()


def test_an_upper_start_may_not_be_subtracted_in_a_later_loop() -> None:
    first = loop(biased, [x, 0, 0])
    arena = first[0].arena
    state = arena.variable("d")
    later = arena.loop([state], [first[0]], [arena.leaf(2) + arena.leaf(-1) * state], arena.leaf(K))
    assert "subtracts" in reason(later, 0)


# what does not close


def reason(results: Sequence[Scalar], which: int) -> str:
    found = close(results).results[results[which].index]
    assert isinstance(found, NotClosed)
    return found.reason


def test_products_of_carried_states_do_not_close() -> None:
    def square(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return m**2, leaf(R) * l + m

    assert reason(loop(square, [x, 0]), 0) == "every pass multiplies carried states (m and m, in m): their degree grows"
    assert "m and m, in m" in reason(loop(square, [x, 0]), 1)

    def gate(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(R) * m + leaf(a), m * l

    results = loop(gate, [x, y])
    assert "m and l, in l" in reason(results, 1)
    assert isinstance(close(results).results[results[0].index], Closed)


def test_other_bodies_say_why() -> None:
    def swap(leaf: Callable[..., Scalar], m: Scalar, l: Scalar) -> Sequence[Scalar]:  # noqa: E741
        return leaf(R) * l + m, m

    assert "feed each other" in reason(loop(swap, [x, y]), 0)

    def divide(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [leaf(1) / (leaf(1) + m)]

    assert "divides by a carried state" in reason(loop(divide, [x]), 0)

    def root(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [m ** Fraction(1, 2)]

    assert "to the power 1/2" in reason(loop(root, [x]), 0)

    def less(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [leaf(2) + leaf(-1) * m.minimum(leaf(a))]

    assert "subtracts" in reason(loop(less, [x]), 0)


# loops in loops, loops after loops


def test_a_loop_after_a_loop() -> None:
    arena = Arena()
    first = [arena.variable("m"), arena.variable("l")]
    r = arena.leaf(R)
    m, l = arena.loop(first, [arena.leaf(x), arena.zero], [r * first[0], r * first[1] + first[0]], arena.leaf(K))  # noqa: E741
    again = [arena.variable("m"), arena.variable("l")]
    deep = arena.loop(again, [m, l], [again[0] + r * again[0], again[1] * r + again[0]], arena.leaf(3 * K))
    check_exact(deep, {R: Q(3, 2), x: Q(1, 3)})


@pytest.mark.parametrize("radius", [Q(1, 2), 1, 2])
def test_a_loop_in_a_loop(radius: sympy.Expr) -> None:
    """A stage of J layers and a residual that skips it, K times; the inner passes also read the outer state."""
    J = sympy.Symbol("j", positive=True, integer=True)
    arena = Arena()
    m, l, inner_m, inner_l = (arena.variable(name) for name in ("m", "l", "m", "l"))  # noqa: E741
    leaf = arena.leaf
    stage = arena.loop(
        [inner_m, inner_l], [m, l], [leaf(R) * inner_m + leaf(b) * m, leaf(R) * inner_l + inner_m], leaf(J)
    )
    results = arena.loop([m, l], [leaf(x), leaf(0)], [m + stage[0], l + stage[1]], leaf(K))
    closed = forms(results)
    assert all(f.upper == () for f in closed)
    for depth, width in product((1, 2, 5), (1, 3)):
        values = {R: radius, x: Q(1, 3), b: Q(2, 5), K: sympy.Integer(depth), J: sympy.Integer(width)}
        assert [f.expression.subs(values) for f in closed] == [number(v) for v in evaluate(results, values)]


def test_long_coefficients_get_names() -> None:
    def body(leaf: Callable[..., Scalar], m: Scalar) -> Sequence[Scalar]:
        return [
            leaf(
                sympy.sqrt(R + b)
                + sympy.log(1 + d * e)
                + sympy.sqrt(c**2 + a + x) ** 3
                + c * x / z
                + sympy.sqrt(1 + sympy.log(2 + a * b))
                + sympy.sqrt(z + d**3)
            )
            * m
            + leaf(a)
        ]

    results = loop(body, [x])
    closures = close(results)
    ((symbol, scalar),) = closures.definitions
    assert symbol.is_positive
    form = closures.results[results[0].index]
    assert isinstance(form, Closed)
    assert symbol in form.expression.free_symbols
    assert scalar.node.payload is not None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fractions(0, 3, max_denominator=4), min_size=8, max_size=8), st.integers(0, 8))
def test_numbers_for_every_coefficient(values: list[Fraction], depth: int) -> None:
    """All coefficients numbers, zeros and coincidences included."""
    q = [Q(v.numerator, v.denominator) for v in values]

    def body(leaf: Callable[..., Scalar], m: Scalar, l: Scalar, L: Scalar) -> Sequence[Scalar]:  # noqa: E741
        new = leaf(q[1]) * l + leaf(q[3]) * m + leaf(q[4])
        return leaf(q[0]) * m + leaf(q[2]), new, leaf(q[5]) * L + leaf(q[6]) * l + leaf(q[7]) * new**2

    results = loop(body, [Q(1, 2), Q(1, 3), Q(2)], K0)
    truth = evaluate(results, {K0: sympy.Integer(depth)})
    assert [f.expression.subs(K0, depth) for f in forms(results)] == [number(t) for t in truth]


def test_a_given_number_of_passes() -> None:
    for times in (0, 1, 5):
        results = loop(dense, [x, y, z], sympy.Integer(times))
        values = VALUES | {R: Q(3, 2)}
        truth = [number(v) for v in evaluate(results, values)]
        assert [f.expression.subs(values) for f in forms(results)] == truth


def test_only_so_many_repeats_are_closed() -> None:
    arena = Arena()
    results = [
        arena.loop([m := arena.variable("m")], [arena.leaf(x)], [arena.leaf(R + i) * m], arena.leaf(K))[0]
        for i in range(60)
    ]
    closures = close(results, first=results[-1:])
    refused = [c for c in closures.results.values() if isinstance(c, NotClosed)]
    assert len(refused) == 60 - 48
    assert all("more than 48" in c.reason for c in refused)
    assert isinstance(closures.results[results[-1].index], Closed)


def test_repeats_deep_inside_one_another_are_not_closed() -> None:
    arena = Arena()
    outer, middle, inner = (arena.variable("m") for _ in range(3))
    (first,) = arena.loop([inner], [middle], [arena.leaf(R) * inner], arena.leaf(K))
    (second,) = arena.loop([middle], [outer], [first], arena.leaf(K))
    (third,) = arena.loop([outer], [arena.leaf(x)], [second], arena.leaf(K))
    found = close([third]).results[third.index]
    assert isinstance(found, NotClosed)
    assert "more than 2 deep" in found.reason
