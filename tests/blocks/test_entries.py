from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.blocks.entries import Certified, Symbolic, entries, frobenius
from boundcalc.blocks.perron import eigenvalue_by_gradient, first_order_by_gradient, largest_eigenvalue_upper
from boundcalc.blocks.seeds import is_linear_in_seeds
from boundcalc.exact.balls import ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

R, X, Y = sympy.symbols("R x y", positive=True)


def seeds_of(k: int) -> list[sympy.Symbol]:
    return [sympy.Dummy(f"s{i}", positive=True) for i in range(k)]


def chain(arena: Arena, seeds: list[sympy.Symbol]) -> tuple[Scalar, Scalar, Scalar]:
    """The jet of w_k ... w_1 x, |w_t| <= R: each weight is a block with p = its seed, multiplied by what came before."""
    radius = arena.leaf(R)
    m, lip, smooth = arena.leaf(X), arena.zero, arena.zero
    for seed in seeds:
        own = arena.leaf(seed)
        smooth = radius * smooth + arena.leaf(2) * own * lip
        lip = radius * lip + m * own
        m = radius * m
    return m, lip, smooth


@pytest.mark.parametrize("k", [1, 2, 3, 7, 20])
def test_a_deep_chain_of_scalar_weights_is_exact(k):
    arena, seeds = Arena(), seeds_of(k)
    m, lip, smooth = chain(arena, seeds)
    values = {R: Fraction(3, 2), X: 5}
    certified = Certified(values)
    norm, p, q = entries([m, lip, smooth], seeds, certified)
    assert norm == {(): from_sympy(X * R**k, values)}
    assert set(p) == {(i,) for i in range(k)}
    assert set(q) == {(i, j) for i in range(k) for j in range(i + 1, k)}
    lipschitz = frobenius(p, certified)
    assert ball(lipschitz).overlaps(ball(from_sympy(sympy.sqrt(k) * R ** (k - 1) * X, values)))
    expected = from_sympy((k - 1) * R ** (k - 2) * X, values)
    assert largest_eigenvalue_upper(q, k).upper == expected
    assert is_linear_in_seeds([lip, smooth], seeds)
    assert [eigenvalue_by_gradient(smooth, seeds, values).upper] == [expected]
    assert first_order_by_gradient(lip, seeds, values) == [p[i,] for i in range(k)]


def test_the_chain_in_symbols():
    arena, seeds = Arena(), seeds_of(4)
    _, lip, smooth = chain(arena, seeds)
    p, q = entries([lip, smooth], seeds, Symbolic(arena))
    values = {R: 2, X: 3}
    assert evaluate([*p.values()], values) == [fmpq(24)] * 4
    assert evaluate([*q.values()], values) == [fmpq(12)] * 6
    norm = frobenius(q, Symbolic(arena))
    assert ball(evaluate([norm**2], values)[0]).contains(fmpq(12 * 144))


def test_gradients_of_long_chains():
    arena, seeds = Arena(), seeds_of(150)
    *_, smooth = chain(arena, seeds)
    values = {R: 10**40, X: 1}
    perron = eigenvalue_by_gradient(smooth, seeds, values)
    assert ball(perron.upper).overlaps(ball(from_sympy(149 * sympy.Integer(10) ** (40 * 148))))
    assert perron.vector == pytest.approx([1.0] * 150)


@st.composite
def jets(draw: st.DrawFn) -> tuple[Arena, list[sympy.Symbol], Scalar, Scalar]:
    """(lip, L) of a random small network: layers, sums, products and sometimes concatenations."""
    arena, seeds = Arena(), seeds_of(draw(st.integers(1, 4)))
    constants = [arena.leaf(c) for c in (X, Y, sympy.sqrt(2), sympy.Rational(1, 3))]
    constant = st.sampled_from(constants)
    nodes = [(draw(constant), arena.leaf(s), arena.zero) for s in seeds] + [(draw(constant), arena.zero, arena.zero)]
    for _ in range(draw(st.integers(1, 5))):
        (mf, lf, sf), (mg, lg, sg) = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        kind = draw(st.sampled_from(["product", "sum", "activation", "concatenation"]))
        if kind == "product":
            nodes.append((mf * mg, mf * lg + mg * lf, mf * sg + arena.leaf(2) * lf * lg + mg * sf))
        elif kind == "sum":
            nodes.append((mf + mg, lf + lg, sf + sg))
        elif kind == "activation":
            a, b = draw(constant), draw(constant)
            nodes.append((a * mf, a * lf, a * sf + b * lf**2))
        else:
            nodes.append((mf.hypot(mg), lf.hypot(lg), sf.hypot(sg)))
    return arena, seeds, nodes[-1][1], nodes[-1][2]


@settings(max_examples=60, deadline=None)
@given(jets())
def test_entries_in_numbers_in_symbols_and_by_gradients_agree(network):
    arena, seeds, lip, smooth = network
    k, values = len(seeds), {X: Fraction(2, 3), Y: Fraction(7, 5)}
    outputs = [lip, smooth]
    numeric = entries(outputs, seeds, Certified(values))
    symbolic = entries(outputs, seeds, Symbolic(arena))
    for numbers, scalars in zip(numeric, symbolic, strict=True):
        assert numbers.keys() == scalars.keys()
        for a, b in zip(numbers.values(), evaluate([scalars[key] for key in numbers], values), strict=True):
            assert float(ball(a).mid()) == pytest.approx(float(ball(b).mid()), rel=1e-14)
    p, q = numeric
    matrix = np.zeros((k, k))
    for (i, j), value in ((key, v) for key, v in q.items() if key):
        matrix[i, j] = matrix[j, i] = float(ball(value).mid())
    perron = largest_eigenvalue_upper(q, k)
    top = np.linalg.eigvalsh(matrix)[-1]
    assert top * (1 - 1e-12) <= float(ball(perron.upper).mid()) <= top * (1 + 1e-9)
    # With every seed the same the recursion for the whole is an upper bound: ||Q||_F <= L_total, ||p|| <= l_total.
    total = evaluate(outputs, {**values, **dict.fromkeys(seeds, 1)})
    assert np.linalg.norm(matrix) <= float(ball(total[1]).mid()) * (1 + 1e-12)
    if is_linear_in_seeds(outputs, seeds):
        by_gradient = first_order_by_gradient(lip, seeds, values)
        assert [float(ball(v).mid()) for v in by_gradient] == pytest.approx(
            [float(ball(p.get((i,), fmpq(0))).mid()) for i in range(k)]
        )
        columns = [evaluate(gradient(smooth, seeds), {**values, **{s: int(s == t) for s in seeds}}) for t in seeds]
        np.testing.assert_allclose([[float(ball(v).mid()) / 2 for v in c] for c in columns], matrix, rtol=1e-13)
        upper = float(ball(eigenvalue_by_gradient(smooth, seeds, values).upper).mid())
        assert top * (1 - 1e-12) <= upper <= top * (1 + 1e-6)


def test_a_concatenation_is_taken_entry_by_entry():
    arena, seeds = Arena(), seeds_of(2)
    a, b = (arena.leaf(s) for s in seeds)
    joined = (arena.leaf(3) * a + b).hypot(arena.leaf(4) * a)
    [p] = entries([joined], seeds, Certified({}))
    assert p == {(0,): fmpq(5), (1,): fmpq(1)}
    [q] = entries([(a * b).hypot(a**2, a * b)], seeds, Certified({}))
    with ctx.workprec(128):
        assert ball(q[0, 1]).overlaps(ball(from_sympy(1 / sympy.sqrt(2))))
    assert q[0, 0] == fmpq(1)
    assert not is_linear_in_seeds([joined], seeds)
    assert is_linear_in_seeds([a.hypot(arena.zero)], seeds)
    assert is_linear_in_seeds([arena.leaf(X).hypot(arena.leaf(Y)) * a], seeds)


def test_what_is_no_form_in_the_seeds_is_refused():
    arena, seeds = Arena(), seeds_of(2)
    a, b, x, s = arena.leaf(seeds[0]), arena.leaf(seeds[1]), arena.leaf(X), arena.variable("s")
    [looped] = arena.loop([s], [a], [s * x], arena.leaf(3))
    mixed = arena.leaf(seeds[0] * X)
    for bad in (a.minimum(b), a.maximum(x), a + x, a.hypot(x), a**3, a * b * a, a ** Fraction(1, 2), looped, mixed):
        with pytest.raises(ValueError, match="depend"):
            entries([bad], seeds, Certified({X: 1}))


def test_zero_has_no_entries():
    arena, seeds = Arena(), seeds_of(2)
    assert entries([arena.zero], seeds, Certified({})) == [{}]
    assert frobenius({}, Certified({})) == fmpq(0)
    assert entries([], seeds, Certified({})) == []
