"""Closed forms as Python expressions over an array module `xp`, without a number that only Python's integers can hold."""

# ruff: noqa: N802 (SymPy's printers find their methods by the names of classes)
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.logic.boolalg import Boolean
from sympy.printing.pycode import PythonCodePrinter

from boundcalc.bounds.guards import exact_sides, steady
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.plain_text import ordered_terms, quotient
from boundcalc.exact.relations import relation_heads
from boundcalc.exact.table import Function, Table

_RELATIONS = relation_heads()
_LARGEST = 2**31 - 1  # array modules read larger Python integers as 32 bits, or refuse them


def constant(value: sympy.Expr) -> str:
    """A number in double precision; the nearest one, so nothing is certified."""
    if isinstance(value, sympy.Integer) and abs(int(value)) <= _LARGEST:
        return str(value)
    if isinstance(value, sympy.Rational):
        try:
            return repr(int(value.p) / int(value.q))
        except OverflowError:
            return "math.inf" if value > 0 else "-math.inf"
    number = float(value.evalf(30))
    return repr(number) if abs(number) < float("inf") else "math.inf"


class Printer(PythonCodePrinter):
    """Rationals as floats, functions of the array module `xp`; `one` turns what is constant into an array."""

    def __init__(self, names: Mapping[str, str], functions: Table = FUNCTIONS) -> None:
        super().__init__({"fully_qualified_modules": False, "strict": True})
        self.names, self.functions = names, functions

    def _print(self, expr: Any, **options: Any) -> str:
        row = self.functions.heads.get(type(expr))
        return super()._print(expr, **options) if row is None else self._function(row, expr)

    def _function(self, row: Function, expr: sympy.Expr) -> str:
        if row.extremum:
            return self._fold(row.array_name, expr)
        if row.python:
            return f"{row.python}({self._print(expr.args[0])})"
        return self._call(row.array_name, *(steady(expr) if row.rounding else expr).args)

    def _print_Add(self, expr: sympy.Add, order: str | None = None) -> str:
        terms = ordered_terms(expr.args)
        return super()._print_Add(expr, order) if terms is None else " + ".join(map(self._print, terms))

    def _print_Mul(self, expr: sympy.Mul) -> str:
        text = quotient(expr.args, self._print)
        return super()._print_Mul(expr) if text is None else text

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return self.names[expr.name]

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return constant(expr)

    def _print_Rational(self, expr: sympy.Rational) -> str:
        small = max(abs(int(expr.p)), int(expr.q)) <= _LARGEST
        return f"{expr.p}/{expr.q}" if small else constant(expr)

    def _print_Half(self, expr: sympy.Rational) -> str:
        return "1/2"

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:
        base, exponent = expr.args
        if exponent == sympy.Rational(1, 2):
            return self._call("sqrt", base)
        if exponent == sympy.Rational(-1, 2):
            return f"(1/{self._call('sqrt', base)})"
        power = self._print(exponent)
        return f"{self._operand(base)}**{power if power.isidentifier() or power.isdigit() else f'({power})'}"

    def array(self, expr: sympy.Basic) -> str:
        """An expression as an array: one with symbols is one already."""
        text = self._print(expr)
        return text if expr.free_symbols else f"one*({text})"

    def _operand(self, expr: sympy.Basic) -> str:
        text = self.array(expr)
        return text if expr.is_Symbol else f"({text})"

    def _call(self, name: str, *arguments: sympy.Basic) -> str:
        return f"xp.{name}({', '.join(self.array(argument) for argument in arguments)})"

    def _print_Pi(self, expr: sympy.Expr) -> str:
        return "math.pi"

    def _print_Exp1(self, expr: sympy.Expr) -> str:
        return "math.e"

    def _fold(self, name: str, expr: sympy.Basic) -> str:
        first, *others = (self.array(arg) for arg in expr.args)
        for other in others:
            first = f"xp.{name}({first}, {other})"
        return first

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        *cases, (last, final) = [(pair.args[0], pair.args[1]) for pair in expr.args]
        value = self.array(last)
        if final != sympy.true:
            value = f"xp.where({self._condition(final)}, {value}, one*math.nan)"
        for branch, condition in reversed(cases):
            value = f"xp.where({self._condition(condition)}, {self.array(branch)}, {value})"
        return value

    def condition(self, relation: Boolean) -> str:
        """A condition of a bound, true of arrays where it is true of the numbers that they hold."""
        left, right = (self._print(side) for side in exact_sides(relation))
        return f"{left} {_RELATIONS[type(relation)].sign} {right}"

    def _condition(self, condition: sympy.Basic) -> str:
        """Relations of arrays, joined by & and |, which array modules understand."""
        if isinstance(condition, sympy.And | sympy.Or):
            sign = " & " if isinstance(condition, sympy.And) else " | "
            return "(" + sign.join(self._condition(arg) for arg in condition.args) + ")"
        if type(condition) in _RELATIONS:
            left, right = (self._operand(arg) for arg in condition.args)
            return f"({left} {_RELATIONS[type(condition)].sign} {right})"
        return f"(one == {1 if condition == sympy.true else 0})"
