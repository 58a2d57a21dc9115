"""Factors that SymPy would take long to find are not asked for; what comes back is always equal to what was given."""

from __future__ import annotations

import pytest
import sympy
from sympy.polys.fields import sfield

from boundcalc.program.depth import factoring
from boundcalc.program.depth.factoring import BITS, SYMBOLS, factored, factors_of, product_of

x, y = sympy.symbols("x y", positive=True)
LONG = sympy.Integer(3) ** BITS


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[sympy.Expr]:
    """What SymPy was asked for."""
    found: list[sympy.Expr] = []
    real = sympy.factor
    monkeypatch.setattr(factoring.sympy, "factor", lambda e: (found.append(e), real(e))[1])
    return found


def polynomial(expression: sympy.Expr):
    _, [element] = sfield([expression])
    return element.numer


def test_short_expressions_are_factored(asked: list[sympy.Expr]) -> None:
    assert factored(x**2 - y**2) == (x - y) * (x + y)
    assert asked == [x**2 - y**2]


@pytest.mark.parametrize("expression", [x * y**2, sympy.expand((x + LONG) * (x + 1)), x + sympy.Rational(1, 2 * LONG)])
def test_products_and_long_numbers_stay(expression: sympy.Expr, asked: list[sympy.Expr]) -> None:
    assert factored(expression) == expression
    assert asked == []


def test_polynomials_with_long_numbers_lose_their_content_alone() -> None:
    """SymPy looks for a prime beyond the numbers: half a minute where they have thousands of digits."""
    number, factors = factors_of(polynomial(sympy.expand(6 * (x + LONG) * (x + 1))))
    assert number == 6
    assert [power for _, power in factors] == [1]
    assert [power for _, power in factors_of(polynomial(sympy.expand((x + 1) ** 2 * (x + 2))))[1]] == [1, 2]


@pytest.mark.parametrize(
    "expression",
    [
        6 * (x + LONG) * (x + 1),
        4 * x * y * (x + y) * (x + 2 * y),
        6 * x * sympy.Add(*sympy.symbols(f"a:{SYMBOLS + 1}")) * (x + 1),
    ],
)
def test_the_product_is_the_polynomial(expression: sympy.Expr) -> None:
    found = product_of(polynomial(sympy.expand(expression)))
    assert sympy.expand(found - expression) == 0


def test_in_many_symbols_what_all_terms_have_in_common_is_taken_out() -> None:
    many = sympy.Add(*sympy.symbols(f"a:{SYMBOLS + 1}"))
    assert product_of(polynomial(sympy.expand(6 * x * many))) == 6 * x * many
