"""What is proved of expressions and relations is true of all values that their symbols may have."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy.logic.boolalg import Boolean

from boundcalc.exact.intervals import assumptions, at_least, interval, is_wholeness, proved, shown, wholeness

n = sympy.Symbol("n", integer=True, positive=True)
k = sympy.Symbol("k", integer=True, nonnegative=True)
x = sympy.Symbol("x", positive=True)
z = sympy.Symbol("z", real=True)
VALUES = {n: ("1", "2", "7"), k: ("0", "1", "4"), x: ("1/100", "1", "9/2"), z: ("-3", "0", "7/3")}
NUMBERS = [sympy.Rational(text) for text in ("-2", "-1", "0", "1", "3", "1/2", "-3/2")]


def extended(parts: st.SearchStrategy[sympy.Expr]) -> st.SearchStrategy[sympy.Expr]:
    pair = st.tuples(parts, parts)
    return (
        pair.map(lambda p: p[0] + p[1])
        | pair.map(lambda p: p[0] * p[1])
        | pair.map(lambda p: sympy.Min(*p))
        | pair.map(lambda p: sympy.Max(*p))
        | parts.map(sympy.floor)
        | parts.map(sympy.ceiling)
        | st.tuples(parts.filter(lambda e: e.is_positive), st.sampled_from([-1, 2, 3])).map(lambda p: p[0] ** p[1])
    )  # fmt: skip


expressions: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(NUMBERS) | st.sampled_from(list(VALUES)), extended, max_leaves=6
)


def points() -> list[dict[sympy.Symbol, sympy.Rational]]:
    return [dict(zip(VALUES, map(sympy.Rational, texts), strict=True)) for texts in product(*VALUES.values())][::5]


@given(expressions)
def test_expressions_stay_in_their_intervals(expression: sympy.Expr) -> None:
    low, high = interval(expression)
    for point in points():
        value = expression.xreplace(point)
        assert low is None or low <= value
        assert high is None or value <= high


@given(expressions, st.sampled_from(NUMBERS))
def test_a_tidy_relation_says_the_same(expression: sympy.Expr, least: sympy.Rational) -> None:
    relation = at_least(expression, least)
    for point in points():
        left, right = (cast(sympy.Expr, arg).xreplace(point) for arg in relation.args)
        assert bool(relation.func(left, right)) == bool(expression.xreplace(point) >= least)
        assert not proved(relation) or expression.xreplace(point) >= least


@given(expressions)
def test_wholeness_is_that_of_the_value(expression: sympy.Expr) -> None:
    relation = wholeness(expression)
    for point in points():
        left, right = (cast(sympy.Expr, arg).xreplace(point) for arg in relation.args)
        assert (left == right.doit()) == bool(expression.xreplace(point).is_integer)
        assert not proved(relation) or expression.xreplace(point).is_integer


@pytest.mark.parametrize(
    ("relation", "text", "holds"),
    [
        (at_least(n, sympy.Integer(1)), "n >= 1", True),
        (at_least(2 * n - 1, sympy.Integer(1)), "n >= 1", True),
        (at_least(k, sympy.Integer(1)), "k >= 1", False),
        (at_least(2 * n - 6, sympy.Integer(0)), "n >= 3", False),
        (at_least(4 - n, sympy.Integer(0)), "n <= 4", False),
        (at_least(sympy.floor(n / 3), sympy.Integer(1)), "n >= 3", False),
        (at_least(4 * n / 5, sympy.Rational(13, 5)), "n >= 4", False),
        (at_least(4 * x / 5, sympy.Rational(13, 5)), "x >= 13/4", False),
        (wholeness(n / 2), "n/2 is whole", False),
        (wholeness(x - 3), "x is whole", False),
        (wholeness(n * k + 2), "k*n is whole", True),
        (sympy.Lt(x, 1, evaluate=False), "x < 1", False),
        (sympy.Gt(x, 0, evaluate=False), "x > 0", True),
        (sympy.Eq(n, k, evaluate=False), "n == k", False),
    ],
)
def test_relations_in_words(relation: Boolean, text: str, holds: bool) -> None:
    assert shown(relation) == text
    assert proved(relation) == holds


def test_what_symbols_stand_for() -> None:
    assert [shown(relation) for relation in assumptions(n)] == ["n is whole", "n > 0"]
    assert [shown(relation) for relation in assumptions(k)] == ["k is whole", "k >= 0"]
    assert [shown(relation) for relation in assumptions(x)] == ["x > 0"]
    assert assumptions(z) == ()
    assert is_wholeness(assumptions(n)[0])
