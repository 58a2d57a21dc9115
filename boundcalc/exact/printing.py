"""Expressions as text in Python syntax: what SymPy prints, with integers of thousands of digits written as products and sums.

Python itself neither prints nor reads an integer of more than 4,300 digits.
"""
# ruff: noqa: N802 (SymPy's printers find their methods by the names of classes)

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.printer import Printer
from sympy.printing.str import StrPrinter

from boundcalc.exact.limits import is_complicated
from boundcalc.exact.plain_latex import plain_latex
from boundcalc.exact.plain_text import FEW, ordered_terms, plain_text

_LONGEST = 10**1000
_BASES = (10, 2, 3, 5, 7)


@lru_cache(maxsize=4096)  # copies of a layer have the same constants, its bounds the same parts
def to_str(expression: sympy.Basic) -> str:
    """Python syntax that `boundcalc.parse` reads."""
    text = plain_text(expression, to_str)
    return _Text().as_sympy_does(expression) if text is None else text


class _Ordered(Printer):
    """SymPy sorts terms by the values of their numbers, exponentially slowly where these nest: then they stay as they are."""

    def _as_ordered_terms(self, expr: sympy.Add, order: str | None = None):
        if order is None and (terms := ordered_terms(expr.args)) is not None:
            return terms
        numbers = (factor for term in expr.args for factor in sympy.Mul.make_args(term) if factor.is_number)
        if any(is_complicated(number, FEW) for number in numbers):
            return list(expr.args)
        return super()._as_ordered_terms(expr, order=order)


class _Text(_Ordered, StrPrinter):
    def _print(self, expr: sympy.Basic, **options: Any) -> str:
        return super()._print(expr, **options) if options else to_str(expr)

    def as_sympy_does(self, expr: sympy.Basic) -> str:
        return super()._print(expr)

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return _integer(int(expr), "*", "**{}")

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"{_integer(int(expr.p), '*', '**{}')}/{_integer(int(expr.q), '*', '**{}')}"


class Latex(_Ordered, LatexPrinter):
    """`names`: what symbols are called, by their own names; `settings`: those of `sympy.latex`."""

    def __init__(self, names: Mapping[str, str] | None = None, settings: Mapping[str, Any] | None = None) -> None:
        known = {} if settings is None else {key: settings[key] for key in settings if key in self._default_settings}
        super().__init__(known)
        self._names: Mapping[str, str] = {} if names is None else names
        self._known: dict[sympy.Basic, str] = {}  # a part is printed by itself, in its sum, in the whole

    def _print(self, expr: sympy.Basic, **options: Any) -> str:
        if options:
            return super()._print(expr, **options)
        text = self._known.get(expr)
        if text is None:
            plain = plain_latex(expr, self._print)
            text = self._known[expr] = super()._print(expr) if plain is None else plain
        return text

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        name = self._names.get(expr.name)
        return super()._print_Symbol(expr, style) if name is None else name

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return _integer(int(expr), r" \cdot ", "^{{{}}}")


def _integer(value: int, times: str, power: str) -> str:
    if abs(value) < _LONGEST:
        return str(value)
    sign, factors = "-" if value < 0 else "", list(_factors(abs(value)))
    texts = [
        str(base) + (power.format(exponent) if exponent > 1 else "") if base < _LONGEST else _halves(base, times, power)
        for base, exponent in factors
    ]
    return f"{sign}({times.join(texts)})"


def _factors(value: int) -> Iterator[tuple[int, int]]:
    """Powers of small numbers, and the rest."""
    for base in _BASES:
        exponent = sympy.multiplicity(base, value) or 0
        if exponent > 1:
            value //= base**exponent
            yield base, exponent
    if value > 1:
        yield value, 1


def _halves(value: int, times: str, power: str) -> str:
    middle = int(math.log10(2) * value.bit_length()) // 2
    high, low = divmod(value, 10**middle)
    return f"({_integer(high, times, power)}{times}10{power.format(middle)} + {_integer(low, times, power)})"


def thousands(count: sympy.Basic) -> str:
    """A whole number with commas, anything else as it is."""
    text = to_str(count)
    return f"{int(text):,}" if text.isdigit() else text
