"""Values of symbols: from what a person passes to exact numbers, with everything that was assumed checked again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

import numpy as np
import sympy

from boundcalc.graph.conditions import Conditions
from boundcalc.spec.exact import NoValue, substitute
from boundcalc.spec.expression import parse
from boundcalc.spec.mistakes import Place, SpecError, suggest
from boundcalc.spec.signs import is_positive, is_whole

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

    Raises ValueError where a value is outside the declared range or breaks what the compiled bound relies on.
    """
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for name, value in given.items():
        values[conditions.symbols[name]] = exact(value)
    for symbol, expression in conditions.declared.items():
        if symbol not in values:
            try:
                value = substitute(expression, values)
            except NoValue as error:
                raise ValueError(str(error)) from None
            if not value.free_symbols:
                values[symbol] = value
    if given:
        check(conditions, values, (conditions.symbols[name] for name in given))
    return values


def check(conditions: Conditions, values: Mapping[sympy.Symbol, sympy.Expr], changed: Iterable[sympy.Symbol]) -> None:
    for symbol in changed:
        value = values[symbol]
        if symbol.is_positive and is_positive(value) is False:
            raise ValueError(f"the symbol '{symbol}' is positive, and {value} is not")
        if symbol.is_integer and is_whole(value) is False:
            raise ValueError(f"the symbol '{symbol}' is an integer, and {value} is not")
    for condition in conditions.assumed:
        known = condition.func(*(substitute(cast(sympy.Expr, arg), values) for arg in condition.args))
        if known == sympy.false:
            raise ValueError(
                f"the bound was compiled for {condition}, which these values break; compile the spec again with them"
            )
