"""||p||^2 of a loop whose passes have blocks of their own, against the unrolled program entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import sympy
from flint import arb, fmpq

from boundcalc.blocks.entries import Symbolic, entries
from boundcalc.blocks.loop_entries import NotLinearError, squared_entries
from boundcalc.program.depth.close import Closed, close
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar

R, S, x, n, a, r = sympy.symbols("R S x n a r", positive=True)
K = sympy.Symbol("k", positive=True, integer=True)
Body = Callable[[Arena, Scalar, Scalar, Sequence[Scalar]], tuple[Scalar, Scalar]]


def linear(arena: Arena, m: Scalar, l: Scalar, seeds: Sequence[Scalar]) -> tuple[Scalar, Scalar]:  # noqa: E741
    return arena.leaf(R) * m, arena.leaf(R) * l + m * seeds[0]


def biased(arena: Arena, m: Scalar, l: Scalar, seeds: Sequence[Scalar]) -> tuple[Scalar, Scalar]:  # noqa: E741
    """Two dense layers, the second with a bias, on a residual branch."""
    m_1, l_1 = arena.leaf(S) * m + arena.leaf(a), arena.leaf(S) * l + m * seeds[0]
    g = m_1.hypot(arena.leaf(sympy.sqrt(n)))
    return m + arena.leaf(R) * m_1, l + arena.leaf(R) * l_1 + g * seeds[1]


def concatenated(arena: Arena, m: Scalar, l: Scalar, seeds: Sequence[Scalar]) -> tuple[Scalar, Scalar]:  # noqa: E741
    left, right = arena.leaf(R) * l + m * seeds[0], arena.leaf(S) * l + arena.leaf(a) * seeds[1] + m * seeds[0]
    return arena.leaf(R) * m, left.hypot(right)


def looped(body: Body, seeds: int) -> Scalar:
    arena = Arena()
    m, l = arena.variable("m"), arena.variable("l")  # noqa: E741
    leaves = [arena.leaf(sympy.Symbol(f"s{i}")) for i in range(seeds)]
    result = arena.loop([m, l], [arena.leaf(x), arena.zero], body(arena, m, l, leaves), arena.leaf(K))
    return squared_entries(arena, result[1].node.args[0], 1, leaves, arena.leaf(r) ** 2)


def unrolled(body: Body, seeds: int, depth: int) -> Scalar:
    """The same with a seed for every block of every pass, and one for what came before, whose entry is r."""
    arena = Arena()
    symbols = [sympy.Symbol(f"s{i}") for i in range(seeds * depth + 1)]
    m, l = arena.leaf(x), arena.leaf(r) * arena.leaf(symbols[-1])  # noqa: E741
    for t in range(depth):
        m, l = body(arena, m, l, [arena.leaf(s) for s in symbols[t * seeds : (t + 1) * seeds]])  # noqa: E741
    (form,) = entries([l], symbols, Symbolic(arena))
    return arena.combine(Op.ADD, [c**2 for c in form.values()])


@pytest.mark.parametrize(("body", "seeds"), [(linear, 1), (biased, 2), (concatenated, 2)])
def test_the_loop_is_the_sum_over_all_entries(body: Body, seeds: int) -> None:
    values = {R: fmpq(1, 2), S: fmpq(4, 3), x: fmpq(2, 5), n: fmpq(3), a: fmpq(1, 7), r: fmpq(3, 4)}
    total = looped(body, seeds)
    for depth in range(6):
        (found,) = evaluate([total], {**values, K: depth})
        (truth,) = evaluate([unrolled(body, seeds, depth)], values)
        assert abs(arb(found - truth)) < 1e-12


def test_deep_linear_closes() -> None:
    total = looped(linear, 1)
    form = close([total]).results[total.index]
    assert isinstance(form, Closed)
    assert form.upper == ()
    assert sympy.sqrt(form.expression.subs(r, 0)) == sympy.sqrt(K) * R ** (K - 1) * x


@pytest.mark.parametrize("radius", [fmpq(1, 2), fmpq(1), fmpq(2)])
def test_closed_form_with_bias_is_upper_only_for_the_norm(radius: fmpq) -> None:
    """The entry of a bias is hypot(m, sqrt(n)): squared it is a polynomial."""
    total = looped(biased, 2)
    form = close([total]).results[total.index]
    assert isinstance(form, Closed)
    assert form.upper == ()
    values = {R: radius, S: fmpq(1), x: fmpq(2, 5), n: fmpq(3), a: fmpq(1, 7), r: fmpq(3, 4)}
    for depth in range(1, 7):
        given = {**values, K: depth}
        (truth,) = evaluate([total], given)
        (found,) = evaluate([total.arena.leaf(form.expression)], given)
        assert abs(arb(found - truth)) < 1e-12 * abs(truth)


def test_a_product_of_first_order_terms_is_refused() -> None:
    def square(arena: Arena, m: Scalar, l: Scalar, seeds: Sequence[Scalar]) -> tuple[Scalar, Scalar]:  # noqa: E741
        return m, l * l + seeds[0]

    with pytest.raises(NotLinearError, match="over first-order terms"):
        looped(square, 1)

    def norm(arena: Arena, m: Scalar, l: Scalar, seeds: Sequence[Scalar]) -> tuple[Scalar, Scalar]:  # noqa: E741
        return m + l, l + m * seeds[0]

    with pytest.raises(NotLinearError, match="depends on first-order terms"):
        looped(norm, 1)


def test_a_state_that_takes_the_place_of_another_is_refused() -> None:
    """h' = c, c' = R c + x s: nothing of first order in h's image is its own entry or a seed, and it is not zero."""
    arena = Arena()
    h, c, seed = arena.variable("h"), arena.variable("c"), arena.leaf(sympy.Symbol("s"))
    results = [c, arena.leaf(R) * c + arena.leaf(x) * seed]
    loop = arena.loop([h, c], [arena.zero, arena.zero], results, arena.leaf(K))
    with pytest.raises(NotLinearError, match="takes the place of another"):
        squared_entries(arena, loop[0].node.args[0], 0, [seed], arena.zero)


def test_a_factor_that_starts_with_a_block_is_refused() -> None:
    """c does not change and starts at a first-order entry: what it multiplies is no entry any more."""
    arena = Arena()
    c, l, seed = arena.variable("c"), arena.variable("l"), arena.leaf(sympy.Symbol("s"))  # noqa: E741
    loop = arena.loop([c, l], [seed, seed], [c, c * l], arena.leaf(K))
    with pytest.raises(NotLinearError, match="depends on first-order terms"):
        squared_entries(arena, loop[1].node.args[0], 1, [seed], arena.zero)
