"""The quick text of an expression is SymPy's."""

from __future__ import annotations

import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.printing.pycode import PythonCodePrinter
from sympy.printing.str import StrPrinter

from boundcalc.exact.plain_text import ordered_terms, plain_text, quotient
from boundcalc.exact.printing import to_str
from tests.reference.expressions import SYMBOLS, expressions, numbers, symbols


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_the_text_is_that_of_sympy(expression: sympy.Expr):
    assert to_str(expression) == StrPrinter().doprint(expression)


class _Code(PythonCodePrinter):
    def _print_Mul(self, expr: sympy.Mul) -> str:  # noqa: N802
        text = quotient(expr.args, self._print)
        return super()._print_Mul(expr) if text is None else text


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_the_code_of_a_quotient_is_that_of_sympy(expression: sympy.Expr):
    assert _Code().doprint(expression) == PythonCodePrinter().doprint(expression)


def test_different_powers_of_one_symbol_are_ordered_as_sympy_does():
    radius, x, k, *_ = SYMBOLS
    for total in (
        radius * radius ** (k - 2) * x * (k - 1) + radius ** (k - 1) * x,
        2 * radius ** (k - 2) * x + radius * radius ** (k - 3) * x * (k - 2),
        sympy.sqrt(x) * radius + x + x**2 * sympy.sqrt(x),
        x * sympy.sqrt(radius) + sympy.sqrt(x) * radius + radius ** sympy.Rational(1, 3),
    ):
        assert to_str(total) == StrPrinter().doprint(total)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(numbers, st.lists(symbols, max_size=4)), min_size=2, max_size=6))
def test_the_order_of_terms_is_that_of_sympy(terms: list[tuple[sympy.Expr, list[sympy.Symbol]]]):
    total = sympy.Add(*(number * sympy.Mul(*factors) for number, factors in terms))
    assert ordered_terms(sympy.Add.make_args(total)) == total.as_ordered_terms()


def test_what_deep_networks_are_made_of_needs_no_printer_of_sympy():
    radius, a, b, *_ = SYMBOLS

    def write(part: sympy.Basic) -> str:
        if isinstance(part, (sympy.Integer, sympy.log)):
            return str(part)
        text = plain_text(part, write)
        assert text is not None, part
        return text

    for expression, text in (
        (sympy.sqrt(a**2 + b**2), "sqrt(l_a**2 + l_b**2)"),
        (3 * radius * (a + 2 * radius * b) / 8 + b, "3*R*(2*R*l_b + l_a)/8 + l_b"),
        (radius * sympy.sqrt(a**2 + 1) + sympy.sqrt(b) * sympy.log(2), "R*sqrt(l_a**2 + 1) + sqrt(l_b)*log(2)"),
        (radius / (sympy.sqrt(a) * b), "R/(sqrt(l_a)*l_b)"),
    ):
        assert write(expression) == text


def test_what_is_not_seen_at_a_glance_is_left_to_sympy():
    a, b = SYMBOLS[1:3]
    assert ordered_terms((a, -b)) is None
    assert ordered_terms((sympy.log(2), sympy.S.One)) is None
    assert ordered_terms((a, a)) is None
    assert plain_text(a - b, str) is None
    assert plain_text(sympy.exp(a), str) is None
