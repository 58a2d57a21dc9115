"""Programs as lists of definitions: names, order, length, in SymPy's expressions and in text."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from boundcalc.program.definitions import definitions
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.to_sympy import Expressions, to_sympy
from boundcalc.program.to_text import Texts

X, Y, K = sympy.symbols("x y k", positive=True)


def unfold(result: list[tuple[str, sympy.Expr]]) -> dict[str, sympy.Expr]:
    """Every name in the spec's symbols; each may use the names before it only."""
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for name, expression in result:
        assert expression.free_symbols <= {X, Y, K, *values}
        values[sympy.Symbol(name, positive=True)] = expression.xreplace(values)
    return {str(symbol): expression for symbol, expression in values.items()}


def test_definitions_use_the_names_before_them():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    a = x * y + arena.one
    b = a.hypot(x) * y
    c = b * a + x
    result = definitions(
        [("a", a), ("b", b), ("again", a), ("c", c), ("plain", x), ("two", arena.leaf(2)), ("d", x)], Expressions()
    )
    s = {name: sympy.Symbol(name, positive=True) for name in ("a", "b")}
    assert result == [
        ("a", X * Y + 1),
        ("b", sympy.sqrt(s["a"] ** 2 + X**2) * Y),
        ("again", s["a"]),
        ("c", s["a"] * s["b"] + X),
        ("plain", X),
        ("two", sympy.Integer(2)),
        ("d", X),
    ]


def test_what_would_be_too_long_gets_a_name_of_its_own():
    arena = Arena()
    t = sympy.Symbol("t_1", positive=True)  # a name that is taken
    x = arena.leaf(t) + arena.leaf(X)
    for _ in range(12):
        x = x * x + arena.leaf(Y)
    result = definitions([("x", x)], Expressions(), limit=50)
    names = [name for name, _ in result]
    assert names[-1] == "x"
    assert names[0] == "t_2"
    assert len(names) > 3
    assert max(sum(1 for _ in sympy.preorder_traversal(e)) for _, e in result) < 200
    values: dict[sympy.Symbol, sympy.Expr] = {t: sympy.Rational(1, 7), X: sympy.Rational(1, 5), Y: sympy.Rational(1, 3)}
    for name, expression in result:
        values[sympy.Symbol(name, positive=True)] = expression.evalf(30, subs=values)
    expected = sympy.Rational(12, 35)
    for _ in range(12):
        expected = (expected**2 + sympy.Rational(1, 3)).evalf(40)
    assert abs(values[sympy.Symbol("x", positive=True)] - expected) < 1e-20


def test_definitions_of_a_deep_program_are_linear():
    arena = Arena()
    m, lip, named = arena.leaf(X), arena.zero, []
    for i in range(300):
        m, lip = arena.leaf(Y) * m + arena.leaf(K), arena.leaf(Y) * lip + m
        named += [(f"m_{i}", m), (f"l_{i}", lip)]
    result = definitions(named, Expressions())
    assert [name for name, _ in result] == [name for name, _ in named]
    assert max(sum(1 for _ in sympy.preorder_traversal(e)) for _, e in result) < 12
    short = unfold(result[:6])
    assert sympy.expand(short["l_2"] - to_sympy(dict(named)["l_2"], 100)) == 0


def test_a_name_is_given_once():
    arena = Arena()
    with pytest.raises(ValueError, match="twice"):
        definitions([("a", arena.leaf(X)), ("a", arena.leaf(Y))], Expressions())
    assert definitions([], Expressions()) == []


def written(*scalars: Scalar) -> list[str]:
    """Each as a definition in text."""
    found = dict(definitions([(f"v{i}", scalar) for i, scalar in enumerate(scalars)], Texts()))
    return [found[f"v{i}"].whole for i in range(len(scalars))]


def test_text_has_products_powers_and_quotients_as_a_person_writes_them() -> None:
    arena = Arena()
    x, y, half = arena.leaf(X), arena.leaf(Y), arena.leaf(sympy.Rational(1, 2))
    assert written(x * y * x * half) == ["x**2*y/2"]
    assert written(x * x * x) == ["x**3"]
    assert written((x + y) * y) == ["y*(x + y)"]
    assert written((x + y) / y) == ["(x + y)/y"]
    assert written(x / (x * y) ** 2) == ["x/(x*y)**2"]
    assert written((x + y) ** Fraction(-1, 2), x + x) == ["1/sqrt(x + y)", "2*x"]
    assert written((x * y) ** Fraction(2, 3)) == ["(x*y)**(2/3)"]
    assert written(x.hypot(arena.leaf(sympy.sqrt(2 * Y)), (x + y) ** Fraction(1, 2))) == ["sqrt(x**2 + 2*y + x + y)"]
    assert written(x.minimum(y, arena.leaf(3)), x.maximum(y)) == ["Min(x, y, 3)", "Max(x, y)"]
    assert written(arena.leaf(-X) + arena.leaf(-1) * y, arena.leaf(X - 1) * y) == ["-x - y", "y*(x - 1)"]
    select = arena.select(Op.MIN, [x, y, x * y], [y, x, arena.one])
    assert written(select) == ["Piecewise((y, (x <= y) & (x <= x*y)), (x, (y <= x*y)), (1, True))"]


def test_a_square_of_what_may_be_negative_is_no_square_of_a_root() -> None:
    arena = Arena()
    assert written(arena.leaf((X - 5) ** 2) ** Fraction(1, 2)) == [str(sympy.sqrt((X - 5) ** 2))]


def test_names_and_their_order_are_those_of_any_reading() -> None:
    arena = Arena()
    x = arena.leaf(X)
    for _ in range(12):
        x = x * x + arena.leaf(Y)
    texts, expressions = (definitions([("x", x)], reading, limit=50) for reading in (Texts(), Expressions()))
    assert [name for name, _ in texts] == [name for name, _ in expressions]
    assert max(len(text.whole) for _, text in texts) < 200
