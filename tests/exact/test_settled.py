"""What is built without asking SymPy is what SymPy builds."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact.settled import settled_power, settled_product, settled_sum

X, Y, Z, B = sympy.symbols("x y z B", positive=True)
EXPONENTS = [-2, -1, 2, 3, *(sympy.Rational(p, q) for p in (-3, -1, 1, 3) for q in (2, 3))]
numbers = st.sampled_from([sympy.Rational(p, q) for p in (-2, -1, 0, 1, 2, 6) for q in (1, 3, 4)])
symbols = st.sampled_from([X, Y, Z, B])


def power(base: sympy.Expr, exponent: sympy.Rational | int) -> sympy.Expr:
    return base**exponent if base != 0 else base


parts = st.recursive(
    st.one_of(symbols, symbols, symbols, numbers, st.sampled_from([sympy.pi, sympy.sqrt(2), sympy.log(2)])),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: sympy.Add(*terms)),
        st.lists(inner, min_size=2, max_size=3).map(lambda factors: sympy.Mul(*factors)),
        st.builds(power, inner, st.sampled_from(EXPONENTS)),
        inner.map(sympy.exp),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(parts, min_size=1, max_size=4))
def test_sums_and_products_are_those_of_sympy(arguments: list[sympy.Expr]):
    total, product = settled_sum(arguments), settled_product(arguments)
    for found, expected in ((total, sympy.Add(*arguments)), (product, sympy.Mul(*arguments))):
        if found is not None:
            assert found == expected
            assert found.args == expected.args
            assert found.is_commutative


@settings(max_examples=200, deadline=None)
@given(parts, st.sampled_from(EXPONENTS))
def test_powers_stay_powers(base: sympy.Expr, exponent: sympy.Rational | int):
    found = settled_power(base, sympy.Rational(exponent))
    if found is not None:
        assert found == base**exponent


@pytest.mark.parametrize("base", [X, X + 1])
def test_all_but_trivial_powers_of_symbols_and_sums_are_settled(base: sympy.Expr):
    for exponent in EXPONENTS:
        assert (settled_power(base, sympy.Rational(exponent)) is None) == (exponent == 1)
    assert settled_power(base, sympy.S.Zero) is None


def test_what_networks_are_made_of_is_settled():
    root = sympy.sqrt(X**2 + 1)
    assert settled_product([X, root]) == X * root
    assert settled_product([sympy.Rational(1, 4), X**2]) == X**2 / 4
    assert settled_sum([X**2, Y**2, sympy.S.One]) == X**2 + Y**2 + 1
    assert settled_sum([2 * X, Y * Z, Y]) == 2 * X + Y * Z + Y
    assert settled_product([X / 3, 2 * Y, root]) == 2 * X * Y * root / 3
    assert settled_product([X, X]) is None
    assert settled_product([sympy.S(2), X + Y]) is None
    assert settled_sum([X, 2 * X]) is None
