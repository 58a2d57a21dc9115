"""Values of symbols: from what a person passes to exact numbers, with everything that was assumed checked again."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from decimal import Decimal
from fractions import Fraction

import numpy as np
import sympy

from boundcalc.bounds.guards import check
from boundcalc.graph.conditions import Conditions
from boundcalc.spec.exact import NoValue, substitute
from boundcalc.spec.expression import parse
from boundcalc.spec.mistakes import Place, SpecError, suggest

Given = Mapping[str, object]


def exact(value: object) -> sympy.Expr:
    """An exact number: floats are read as the decimal they print (0.01 is 1/100), text as an expression of the language.

    Raises TypeError for what is no number, ValueError for nan, infinities and text that is no expression.
    """
    if isinstance(value, str):
        try:
            return parse(value, Place("<value>", 1, 1)).evaluate({})
        except SpecError as error:
            raise ValueError(str(error)) from None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        raise TypeError("a truth value is not a number")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return sympy.Rational(repr(value))
    if isinstance(value, int):
        return sympy.Integer(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a finite number")
        return sympy.Rational(str(value))
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    if isinstance(value, sympy.Expr) and not value.free_symbols and value.is_number and not value.has(sympy.Float):
        return value
    if isinstance(value, sympy.Float):
        return exact(float(value))
    raise TypeError(f"not a number: {value!r}")


def by_name(conditions: Conditions, mapping: Mapping[object, object] | None, symbols: Given) -> dict[str, object]:
    """What `evaluate(mapping, **symbols)` was given, by symbol name. Raises KeyError for unknown names."""
    given = {str(key): value for key, value in (mapping or {}).items()}
    given.update(symbols)
    for name in given:
        if name not in conditions.symbols:
            remedy = suggest(name, conditions.symbols) or f"the symbols are {', '.join(conditions.symbols) or 'none'}"
            raise KeyError(f"unknown symbol '{name}'; {remedy}")
    return given


def resolve(conditions: Conditions, given: Given) -> dict[sympy.Symbol, sympy.Expr]:
    """Exact values of all symbols that have one: those given, and the spec's own, computed from them.

    Raises ValueError where a value is outside its range or breaks what the compiled bound relies on.
    """
    values = unchecked(conditions, given)
    if given:  # the spec's own values were checked when it was compiled
        check(conditions, values)
    return values


def unchecked(conditions: Conditions, given: Given, open_names: Container[str] = ()) -> dict[sympy.Symbol, sympy.Expr]:
    """As `resolve`, whatever the values break; some symbols are left open."""
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for name, value in given.items():
        values[conditions.symbols[name]] = exact(value)
    for symbol, expression in conditions.declared.items():
        if symbol not in values and symbol.name not in open_names:
            try:
                value = substitute(expression, values)
            except NoValue as error:
                raise ValueError(str(error)) from None
            if not value.free_symbols:
                values[symbol] = value
    return values
