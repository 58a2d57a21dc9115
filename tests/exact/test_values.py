"""Exact substitution, and what is known of the values of expressions."""

from __future__ import annotations

import pytest
import sympy
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact import guarded
from boundcalc.exact.expression import parse
from boundcalc.exact.limits import degree
from boundcalc.exact.signs import enclose, is_integer, sign, sign_range
from boundcalc.exact.values import NoValue, TooLarge, Undefined, substitute
from boundcalc.mistakes import Place, SpecError

x, y = sympy.symbols("x y", positive=True)
k = sympy.Symbol("k", positive=True, integer=True)
z = sympy.Symbol("z", real=True)
GEOMETRIC = sympy.Piecewise((k, sympy.Eq(x, 1)), ((x**k - 1) / (x - 1), True))
ZERO = sympy.sqrt(2) + sympy.sqrt(3) - sympy.sqrt(5 + 2 * sympy.sqrt(6))  # zero in disguise


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        (x + y, {x: y, y: x}, x + y),
        (x / y, {x: y, y: x}, y / x),
        (x**2, {x: sympy.sqrt(3)}, 3),
        (sympy.Max(8, x), {x: 5}, 8),
        (sympy.Min(x, sympy.ceiling(y / 2)), {x: 9, y: 7}, 4),
        (sympy.floor(x / 3) + 1, {x: 7}, 3),
        (sympy.exp(-x) * sympy.log(y), {x: 0, y: sympy.E}, 1),
        (sympy.Abs(z - 3), {z: 1}, 2),
        (sympy.erf(x), {x: 1}, sympy.erf(1)),
        (GEOMETRIC, {x: 1}, k),
        (GEOMETRIC, {x: 2, k: 10}, 1023),
        (GEOMETRIC, {k: 3}, sympy.Piecewise((3, sympy.Eq(x, 1)), ((x**3 - 1) / (x - 1), True))),
        (sympy.Piecewise((1, (x > 1) & (y < 2)), (2, True)), {x: 2, y: 1}, 1),
        (sympy.Piecewise((1, (x > 1) & (y < 2)), (2, True)), {x: 1, y: 1}, 2),
        (sympy.Piecewise((1, x > sympy.sqrt(2)), (2, True)), {x: sympy.Rational(141421357, 10**8)}, 1),
        (sympy.Piecewise((1, x > sympy.sqrt(2)), (2, True)), {x: sympy.Rational(141421356, 10**8)}, 2),
        (sympy.pi + 1, {x: 1}, sympy.pi + 1),
        (x**1000000, {y: 1}, x**1000000),
        (y ** (k - 1), {k: 10_000}, y**9999),
    ],
)
def test_substitution(expression: sympy.Expr, values: dict[sympy.Symbol, object], expected: object) -> None:
    exactly = {symbol: sympy.sympify(value) for symbol, value in values.items()}
    assert substitute(expression, exactly) == sympy.sympify(expected)


@pytest.mark.parametrize(
    ("expression", "values", "error"),
    [
        (2**k, {k: 10**9}, TooLarge),
        (x**k, {x: 3, k: 10**9}, TooLarge),
        ((2 * x) ** k, {k: 10**6}, TooLarge),
        (sympy.exp(x), {x: 10**50}, TooLarge),
        (sympy.exp(-x), {x: 10**50}, TooLarge),
        (sympy.floor(sympy.exp(x)), {x: 10**50}, TooLarge),
        (sympy.exp(k * sympy.log(2)), {k: 10**9}, TooLarge),
        (sympy.floor(x), {x: ZERO}, TooLarge),
        (1 / x, {x: ZERO}, TooLarge),
        (sympy.sqrt(x), {x: 10**999 + 7}, TooLarge),
        (1 / (x - 1), {x: 1}, Undefined),
        (sympy.log(x), {x: 0}, Undefined),
        (sympy.sqrt(x - 3), {x: 1}, Undefined),
        (x ** (y - 1), {x: 0}, Undefined),
        (x + y, {x: sympy.oo}, Undefined),
        (x * y, {x: sympy.I}, Undefined),
        (sympy.Piecewise((1, x > 1)), {x: 0}, Undefined),
    ],
)
def test_substitutions_that_have_no_value(
    expression: sympy.Expr, values: dict[sympy.Symbol, object], error: type[NoValue]
) -> None:
    with pytest.raises(error):
        substitute(expression, {symbol: sympy.sympify(value) for symbol, value in values.items()})


def test_other_functions_are_not_guessed() -> None:
    with pytest.raises(TypeError):
        substitute(sympy.sin(x), {x: sympy.S.One})
    with pytest.raises(TypeError):
        substitute(x + y, {x: sympy.Float(0.5), y: sympy.S.One})


def test_errors_are_value_errors() -> None:
    assert issubclass(TooLarge, NoValue)
    assert issubclass(Undefined, NoValue)
    assert issubclass(NoValue, ValueError)


def test_branches_that_cannot_hold_are_not_computed() -> None:
    pole = sympy.Piecewise((0, x <= 1), (1 / (x - 1), True))
    assert substitute(pole, {x: sympy.S.One}) == 0
    with pytest.raises(Undefined):
        substitute(sympy.Piecewise((0, y <= 1), (1 / (x - 1), True)), {x: sympy.S.One})


def test_many_symbolic_arguments_are_not_compared_with_each_other() -> None:
    many = [x**i + y for i in range(1, 200)]
    assert guarded.maximum(many).args == sympy.Max(*many, evaluate=False).args
    assert guarded.maximum([x**4000 - x - 3, y]) == sympy.Max(x**4000 - x - 3, y, evaluate=False)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (sympy.Integer(0), 0),
        (sympy.Rational(-1, 3), -1),
        (sympy.sqrt(2) - sympy.Rational(141421356, 10**8), 1),
        (sympy.exp(-sympy.Integer(2000)), 1),
        (sympy.Integer(10) ** 40 * sympy.pi - sympy.floor(sympy.Integer(10) ** 40 * sympy.pi), 1),
        (ZERO, None),
    ],
)
def test_signs_of_numbers(number: sympy.Expr, expected: int | None) -> None:
    assert sign(number) == expected


def comparable(pair: tuple[sympy.Expr, sympy.Expr]) -> bool:
    """SymPy refuses to compare what is undefined: 1/0 can be drawn."""
    return not any(part.has(sympy.zoo, sympy.nan, sympy.I) for part in pair)


EXPRESSIONS = st.recursive(
    st.sampled_from([x, y, k, z, *map(sympy.Integer, (-2, -1, 0, 1, 3)), sympy.Rational(-1, 2), sympy.pi]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, st.sampled_from([2, 3, -1, -2])).map(lambda p: p[0] ** p[1]),
        inner.map(sympy.floor),
        inner.map(sympy.ceiling),
        inner.map(sympy.Abs),
        inner.map(sympy.exp),
        st.tuples(inner, inner).filter(comparable).map(lambda p: sympy.Min(*p)),
        st.tuples(inner, inner).filter(comparable).map(lambda p: sympy.Max(*p)),
    ),
    max_leaves=5,
)
POINTS = st.fixed_dictionaries(
    {
        x: st.sampled_from([sympy.Rational(1, 3), sympy.Integer(2)]),
        y: st.sampled_from([sympy.Rational(3, 2), sympy.Integer(1)]),
        k: st.sampled_from([sympy.Integer(1), sympy.Integer(2)]),
        z: st.sampled_from([sympy.Integer(-1), sympy.Rational(1, 2), sympy.Integer(0)]),
    }
)


@settings(deadline=None, max_examples=200)
@given(EXPRESSIONS, POINTS)
def test_what_is_said_of_signs_and_integers_is_true(
    expression: sympy.Expr, point: dict[sympy.Symbol, sympy.Expr]
) -> None:
    try:
        value = substitute(expression, point)
        low, high = sign_range(expression)
        order = sign(value)
    except (NoValue, TypeError):  # TypeError: zoo and nan, which SymPy made of the pieces
        return
    assert order is None or low <= order <= high
    if is_integer(expression):
        assert value.is_integer


@settings(deadline=None, max_examples=200)
@given(EXPRESSIONS, POINTS)
def test_substitution_agrees_with_evaluation(expression: sympy.Expr, point: dict[sympy.Symbol, sympy.Expr]) -> None:
    """In two steps, in one step, and from the printed text with the numbers as the values of the names."""
    try:
        at_once = substitute(expression, point)
        halfway = substitute(substitute(expression, {x: point[x], z: point[z]}), point)
        text = str(expression).replace("Min", "min").replace("Max", "max").replace("ceiling", "ceil")
        printed = parse(text, Place("f", 1, 1)).evaluate({symbol.name: value for symbol, value in point.items()})
    except (NoValue, SpecError, TypeError):
        return
    with ctx.workprec(128):
        assert enclose(at_once).overlaps(enclose(halfway))
        assert enclose(at_once).overlaps(enclose(printed))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sympy.S.One, 0),
        (x, 1),
        (x**3 * y, 4),
        ((x + y**2) ** 3, 6),
        (sympy.sqrt(x), sympy.S.Half),
        (2**x, 1),
        (1 / x, 1),
    ],
)
def test_degrees(expression: sympy.Expr, expected: object) -> None:
    assert degree(expression) == expected
