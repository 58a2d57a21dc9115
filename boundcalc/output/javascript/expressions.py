"""Expressions in the spec's symbols as JavaScript over the numbers of runtime.js: signs and logarithms, of any magnitude.

A symbol is an entry of the array `s`, by its place: no name that a person chose becomes code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact import signed_log
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.interpret import Reading
from boundcalc.exact.intervals import is_wholeness, sides
from boundcalc.exact.relations import Relation
from boundcalc.exact.table import Function, Table

LIBRARY = "A"  # what the code calls runtime.js


class Expressions:
    """places: of the symbols in `s`."""

    def __init__(self, places: Mapping[sympy.Symbol, int]) -> None:
        self._symbols = {symbol: f"s[{place}]" for symbol, place in places.items()}

    def number(self, expression: sympy.Basic) -> str:
        """An expression as a number of runtime.js."""
        return _reading().read(expression, self._symbols)

    def logarithm(self, expression: sympy.Expr) -> str:
        """The logarithm of an expression that is not negative."""
        if isinstance(expression, sympy.Rational):
            return literal(-math.inf if expression == 0 else float(signed_log.from_value(expression).logarithm))
        return f"{LIBRARY}.ln({self.number(expression)})"

    def condition(self, condition: Boolean) -> str:
        """Whether a condition of a bound holds, up to the rounding of doubles where it is an equality."""
        if is_wholeness(condition):
            return f"{LIBRARY}.isWhole({self.number(sides(condition)[0])})"
        if isinstance(condition, sympy.Eq):
            left, right = map(self.number, sides(condition))
            return f"{LIBRARY}.isEqual({left}, {right})"
        return self.number(condition)


def literal(value: float) -> str:
    """A double."""
    return json.dumps(value)  # as JavaScript has them: 0.5, NaN, -Infinity


def _call(name: str, arguments: Iterable[str]) -> str:
    return f"{LIBRARY}.{name}({', '.join(arguments)})"


def _rational(value: sympy.Rational) -> str:
    if value == 0:
        return f"{LIBRARY}.of(0)"
    found = signed_log.from_value(value)
    if found.linear is not None:
        return f"{LIBRARY}.of({literal(float(found.linear))})"
    return f"{LIBRARY}.log({literal(float(found.log))}, {1 if value > 0 else -1})"


def _power(part: sympy.Pow, value: Callable[[sympy.Basic], str]) -> str:
    base, exponent = part.args
    if isinstance(exponent, sympy.Rational):
        return f"{LIBRARY}.power({value(base)}, {int(exponent.p)}, {int(exponent.q)})"
    return f"{LIBRARY}.exponential({value(base)}, {value(exponent)})"


def _cases(part: sympy.Piecewise, value: Callable[[sympy.Basic], str]) -> str:
    pairs = [pair.args for pair in part.args]
    found = "".join(f"{value(condition)} ? {value(branch)} : " for branch, condition in pairs)
    return f"({found}{LIBRARY}.UNDEFINED)"


def _function(row: Function) -> Callable[[str], str]:
    return lambda argument: f"{LIBRARY}.functions.{row.name}({argument})"


def _relation(row: Relation, left: str, right: str, part: sympy.Basic) -> str:
    return f"({LIBRARY}.compare({left}, {right}) {row.sign} 0)"


def _joined(sign: str) -> Callable[[Iterable[str]], str]:
    return lambda conditions: f"({f' {sign} '.join(conditions)})"


@cache
def _reading(functions: Table = FUNCTIONS) -> Reading[str, str]:
    def fold(name: str) -> Callable[[Sequence[str]], str]:
        return lambda parts: _call(name, parts)

    return Reading(
        number=_rational,
        pi=lambda: f"{LIBRARY}.PI",
        e=lambda: f"{LIBRARY}.E",
        add=fold("add"),
        multiply=fold("multiply"),
        minimum=fold("least"),
        maximum=fold("largest"),
        power=_power,
        function=_function,
        cases=_cases,
        relation=_relation,
        truth=lambda value: "true" if value else "false",
        every=_joined("&&"),
        some=_joined("||"),
        negation=lambda condition: f"!{condition}",
        functions=functions,
    )
