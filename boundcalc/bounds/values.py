"""Values of symbols: from what a person passes to exact numbers, with everything that was assumed checked again."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Number, Real
from typing import cast

import sympy

from boundcalc.arguments import Named, described, expect
from boundcalc.bounds.guards import check, is_broken
from boundcalc.exact.expression import parse
from boundcalc.exact.values import NoValue, substitute
from boundcalc.language.conditions import Conditions
from boundcalc.mistakes import Place, SpecError, shown

Given = Mapping[str, object]
NUMBERS = "write a number, such as 2, 0.5, Fraction(1, 3) or '1/3'"


def exact(value: object, what: str = "the value") -> sympy.Expr:
    """An exact number: floats are read as the decimal they print (0.01 is 1/100), text as an expression of the language.

    `what` names it in messages. Raises TypeError for what is no number, ValueError for nan, infinities and text that is
    no expression.
    """
    if isinstance(value, str):
        try:
            return parse(value, Place(f"{what}, {shown(value)}")).evaluate({})
        except SpecError as error:
            raise ValueError(f"{error.mistakes[0]}; {NUMBERS}") from None
    if isinstance(value, bool):
        raise TypeError(f"{what} is a truth value; {NUMBERS}")
    if isinstance(value, (float, Decimal)):
        if not math.isfinite(value):
            raise ValueError(f"{what}: {value} is not a finite number; {NUMBERS}")
        text = repr(float(value)) if isinstance(value, float) else str(value)  # a float may be one of NumPy
        return sympy.Rational(text)
    if isinstance(value, int):
        return sympy.Integer(value)
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    if isinstance(value, sympy.Float):
        return exact(float(value), what)
    if isinstance(value, Real) and not isinstance(value, sympy.Expr):  # NumPy's scalars
        return exact(int(value) if isinstance(value, Integral) else float(value), what)
    if isinstance(value, sympy.Expr) and not value.free_symbols and value.is_number and not value.has(sympy.Float):
        if value.is_real is False or value.is_finite is False:
            raise ValueError(f"{what}: {value} is not a finite real number; {NUMBERS}")
        return value
    raise TypeError(f"{what} is not a number: {described(value)}; {NUMBERS}")


def named(known: Mapping[str, sympy.Symbol], name: object) -> sympy.Symbol:
    """The declared symbol of a name, or of a symbol of that name. Raises UnknownNameError, which is a KeyError."""
    text = expect(name, (str, sympy.Symbol), "a symbol", "name it by its text, such as 'R'")
    return Named("symbol", known)[str(text)]


def by_name(conditions: Conditions, mapping: object, symbols: Given) -> dict[str, object]:
    """What `evaluate(mapping, **symbols)` was given, by symbol name. Raises UnknownNameError, TypeError for no mapping."""
    remedy = "pass {'R': 2}, or R=2"
    given = cast("Mapping[object, object]", expect({} if mapping is None else mapping, Mapping, "the values", remedy))
    return {named(conditions.symbols, name).name: value for name, value in (*given.items(), *symbols.items())}


def may_be_array(value: object) -> bool:
    """Whether a value is neither a number nor a text."""
    return not isinstance(value, (Number, Decimal, sympy.Basic, str, bytes))


def resolve(conditions: Conditions, given: Given) -> dict[sympy.Symbol, sympy.Expr]:
    """Exact values of all symbols that have one: those given, and the spec's own, computed from them.

    Raises ValueError where a value is outside its range or breaks what the compiled bound relies on.
    """
    values = unchecked(conditions, given)
    if given:  # the spec's own values were checked when it was compiled
        check(conditions, values)
    return values


def without_value(conditions: Conditions, values: Container[sympy.Symbol]) -> list[str]:
    """The names of the symbols that are not among these values, sorted."""
    return sorted(name for name, symbol in conditions.symbols.items() if symbol not in values)


def unchecked(conditions: Conditions, given: Given, open_names: Container[str] = ()) -> dict[sympy.Symbol, sympy.Expr]:
    """As `resolve`, whatever the values break; some symbols are left open."""
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for name, value in given.items():
        values[conditions.symbols[name]] = exact(value, f"the value of {name!r}")
    for symbol, expression in conditions.declared.items():
        if symbol not in values and symbol.name not in open_names:
            try:
                value = substitute(expression, values)
            except NoValue as error:
                raise ValueError(str(error)) from None
            if not value.free_symbols:
                values[symbol] = value
    return values


WHOLE_SIZE = 16  # of a size without a value
HALVED = 8  # times, the values of other symbols


def reference(conditions: Conditions) -> Mapping[sympy.Symbol, sympy.Expr]:
    """Values at which a choice is made that holds for all values: those of the spec, and 1 for a symbol without one (1/2, 1/4 and
    so on where the bounds do not hold at 1), or `WHOLE_SIZE` for one that is whole. What the spec computes from such a symbol
    counts as one without: nothing is evaluated."""
    known = {symbol: value for symbol, value in conditions.values.items() if not value.free_symbols}

    def of(size: sympy.Expr) -> dict[sympy.Symbol, sympy.Expr]:
        others = sympy.Integer(WHOLE_SIZE)
        return {s: known.get(s, others if s.is_integer else size) for s in conditions.symbols.values()}

    def holds(values: Mapping[sympy.Symbol, sympy.Expr]) -> bool:
        try:
            return not any(is_broken(condition, values) for condition in conditions.assumed)
        except NoValue:
            return True

    sizes = (sympy.Rational(1, 2**halved) for halved in range(HALVED))
    return next((values for values in map(of, sizes) if holds(values)), of(sympy.S.One))
