from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from boundcalc.program.definitions import READABLE, definitions
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.to_sympy import Expressions, NotClosed, to_sympy
from boundcalc.program.tree_size import LITERAL_CAP, NESTED_SUMS, SATURATION, expression_size, tree_size

X, Y, K = sympy.symbols("x y k", positive=True)


def test_sympy_combines_powers():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    assert str(to_sympy(x * (x * y) * x, 100)) == "x**3*y"
    assert str(to_sympy((x * y).hypot(x), 100)) == "sqrt(x**2*y**2 + x**2)"
    assert to_sympy(x.minimum(y) + x.maximum(arena.one), 100) == sympy.Min(X, Y) + sympy.Max(1, X)
    select = arena.select(Op.MIN, [x, y], [y, x])
    assert to_sympy(select, 100) == sympy.Piecewise((Y, X <= Y), (X, True))


def test_sizes_saturate_and_nothing_is_built_above_the_cap():
    arena = Arena()
    x = arena.leaf(X)
    for _ in range(500):
        x = x * x + x
    assert tree_size([x, arena.leaf(X + Y)]) == [SATURATION, 3]
    assert to_sympy(x, cap=10**6) is None


def test_huge_powers_are_not_multiplied_out():
    arena = Arena()
    huge = arena.leaf(10) ** 10**9
    assert str(to_sympy(huge, 10)) == "10**1000000000"


def loop(arena: Arena) -> Scalar:
    s = arena.variable("s")
    [power] = arena.loop([s], [arena.leaf(Y)], [s * arena.leaf(X)], arena.leaf(K))
    return power


def test_loops_need_a_closed_form():
    arena = Arena()
    power = loop(arena)
    total = power + arena.one
    with pytest.raises(NotClosed):
        to_sympy(total, 100)
    with pytest.raises(NotClosed):
        definitions([("a", total)], Expressions())
    closed = {power.index: Y * X**K}
    assert to_sympy(total, 100, closed) == Y * X**K + 1
    assert tree_size([total], closed) == [7]
    assert definitions([("a", total), ("b", power), ("c", power)], Expressions(), closed=closed) == [
        ("a", Y * X**K + 1),
        ("b", Y * X**K),
        ("c", sympy.Symbol("b", positive=True)),
    ]


def roots(depth: int, start: sympy.Expr, constant: sympy.Expr) -> list[Scalar]:
    """x -> sqrt(2 + (c x)^2), again and again."""
    arena = Arena()
    x, found = arena.leaf(start), list[Scalar]()
    for _ in range(depth):
        x = (arena.leaf(constant) * x).hypot(arena.leaf(sympy.sqrt(2)))
        found.append(x)
    return found


LOG, SUM = sympy.log(3), (1 + sympy.erf(1)) / 2


@pytest.mark.parametrize(
    ("start", "constant", "deepest"),
    [
        (sympy.log(2), LOG, NESTED_SUMS),
        (X, LOG, NESTED_SUMS),
        (X, X, NESTED_SUMS),
        (X, SUM, NESTED_SUMS // 2 - 1),  # it is a sum itself
        (SUM, LOG, NESTED_SUMS // 2 - 1),
        (X, Y, 24),  # SymPy does not look for numbers where there are two symbols
    ],
)
def test_roots_of_numbers_are_written_out_while_they_are_shallow(
    start: sympy.Expr, constant: sympy.Expr, deepest: int
) -> None:
    """Their signs take SymPy a time that doubles with each root; in definitions they have names."""
    chain = roots(40, start, constant)
    written = [size < SATURATION for size in tree_size(chain)]
    assert written[: min(deepest, 6)] == [True] * min(deepest, 6)
    assert deepest == 24 or not any(written[deepest:])
    named = definitions([(f"x_{i}", x) for i, x in enumerate(chain)], Expressions())
    assert len(named) == len(chain)
    assert all(expression_size(expression) < 40 for _, expression in named)


def test_long_numbers_have_names_and_rational_ones_are_multiplied_out():
    arena = Arena()
    total = arena.zero
    for i in range(2, 2 + LITERAL_CAP):
        total = total + arena.leaf(sympy.log(i))
    assert tree_size([total]) == [SATURATION]
    assert tree_size([total + arena.leaf(X)]) == [SATURATION]  # a long number inside is no shorter
    named = definitions([("a", total * arena.leaf(X)), ("b", total)], Expressions())
    assert all(expression_size(expression) < 2 * READABLE for _, expression in named)
    assert len(named) < LITERAL_CAP // 10
    power = arena.leaf(10**50)
    for _ in range(100):
        power = power * arena.leaf(10**50)
    assert to_sympy(power, 600) == 10**5050


def test_roots_of_long_numbers_are_no_expression() -> None:
    """SymPy factors a number under a root, in every product again: seconds for one of a thousand digits."""
    arena = Arena()
    long = arena.leaf(sympy.Integer(10**600 + 7))
    root = (long * arena.leaf(sympy.Symbol("x", positive=True)) + arena.one) ** Fraction(1, 2)
    assert to_sympy(root, 100) is None
    assert to_sympy(long * arena.leaf(sympy.Integer(2)), 100) == 2 * 10**600 + 14
    ((_, expression),) = definitions([("a", root)], Expressions())
    assert expression.is_Pow
