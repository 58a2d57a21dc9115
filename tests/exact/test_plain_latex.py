"""The quick LaTeX of an expression is SymPy's."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from sympy.printing.latex import LatexPrinter

from boundcalc.exact.plain_latex import plain_latex
from boundcalc.exact.printing import Latex
from tests.reference.expressions import SYMBOLS, expressions

NAMES = {"l_a": r"\ell_{\text{a}}", "S_2": "S^{2}", "a1": r"m_{\text{1}}"}  # the second is no name for a power as it is


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_the_latex_is_that_of_sympy(expression: sympy.Expr):
    names = {symbol: NAMES[symbol.name] for symbol in SYMBOLS if symbol.name in NAMES}
    assert Latex(NAMES).doprint(expression) == LatexPrinter({"symbol_names": names}).doprint(expression)


R, A, B, *_ = SYMBOLS


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (sympy.sqrt(A**2 + B**2), r"\sqrt{l_a^{2} + l_b^{2}}"),
        (3 * R * (A + 2 * R * B) / 8 + B, r"\frac{3 R \left(2 R l_b + l_a\right)}{8} + l_b"),
        (R * sympy.sqrt(A**2 + 1) + sympy.sqrt(B) * sympy.log(2), r"R \sqrt{l_a^{2} + 1} + \sqrt{l_b} log(2)"),
        (R / (sympy.sqrt(A) * B), r"\frac{R}{\sqrt{l_a} l_b}"),
        (R / (A + 1), r"\frac{R}{l_a + 1}"),
        (4 * sympy.sqrt(2) * R, r"4 \sqrt{2} R"),
    ],
)
def test_what_deep_networks_are_made_of_needs_no_printer_of_sympy(expression: sympy.Expr, text: str):
    def write(part: sympy.Basic) -> str:
        if isinstance(part, (sympy.Symbol, sympy.Integer, sympy.log)):
            return str(part)
        found = plain_latex(part, write)
        assert found is not None, part
        return found

    assert write(expression) == text


@pytest.mark.parametrize("expression", [R - A, R * sympy.Max(A, B), 2 ** sympy.Rational(2, 3) * 3 * R, R**A])
def test_other_expressions_are_left_to_sympy(expression: sympy.Expr):
    assert plain_latex(expression, str) is None
