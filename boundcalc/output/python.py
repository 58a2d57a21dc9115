"""Python source: one function of the symbols, line by line as the definitions, for scalars and arrays of any array module."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping

import sympy
from sympy.printing.pycode import PythonCodePrinter

from boundcalc.bounds import Bound, Bounds


class _Printer(PythonCodePrinter):
    """Rationals as quotients of Python numbers, functions of the array module `xp`."""

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"({expr.p}/{expr.q})"

    def _print_Half(self, expr: sympy.Rational) -> str:
        return "(1/2)"

    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:
        base, exponent = expr.args
        if exponent == sympy.Rational(1, 2):
            return f"xp.sqrt(one*({self._print(base)}))"
        if exponent == sympy.Rational(-1, 2):
            return f"(1/xp.sqrt(one*({self._print(base)})))"
        return f"({self._print(base)})**({self._print(exponent)})"

    def _call(self, name: str, expr: sympy.Expr) -> str:
        return f"xp.{name}(one*({self._print(expr.args[0])}))"

    def _print_exp(self, expr: sympy.Expr) -> str:
        return self._call("exp", expr)

    def _print_log(self, expr: sympy.Expr) -> str:
        return self._call("log", expr)

    def _print_floor(self, expr: sympy.Expr) -> str:
        return self._call("floor", expr)

    def _print_ceiling(self, expr: sympy.Expr) -> str:
        return self._call("ceil", expr)

    def _print_erf(self, expr: sympy.Expr) -> str:
        return f"math.erf({self._print(expr.args[0])})"

    def _print_Pi(self, expr: sympy.Expr) -> str:
        return "math.pi"

    def _print_Exp1(self, expr: sympy.Expr) -> str:
        return "math.e"

    def _fold(self, name: str, args: Iterable[sympy.Basic]) -> str:
        first, *others = (self._print(arg) for arg in args)
        for other in others:
            first = f"xp.{name}(one*({first}), one*({other}))"
        return first

    def _print_Min(self, expr: sympy.Expr) -> str:
        return self._fold("minimum", expr.args)

    def _print_Max(self, expr: sympy.Expr) -> str:
        return self._fold("maximum", expr.args)

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return safe_name(expr.name)


def safe_name(name: str) -> str:
    """A name that Python accepts and that the function does not use itself."""
    return f"{name}_" if keyword.iskeyword(name) or name in ("xp", "one", "math", "numpy", "bounds") else name


def to_python(bounds: Bounds) -> str:
    """Source of `bounds(..., xp=numpy) -> dict`: double precision, not certified; infinite bounds are math.inf.

    `xp` is any module with sqrt, exp, log, minimum, maximum (numpy, jax.numpy, torch), so the result can be differentiated.
    """
    printer = _Printer({"fully_qualified_modules": False, "strict": True})
    defaults = {name: bounds.values.get(symbol) for name, symbol in bounds.symbols.items()}
    used = _used(bounds)
    lines = [
        f'"""Bounds of {bounds.name!r} with respect to {", ".join(bounds.wrt)} (blocks: {bounds.blocks}, {bounds.constants} constants), written by boundcalc."""',
        "",
        "import math",
        "",
        "import numpy",
        "",
        "",
        f"def bounds({_signature(defaults, used, printer)}xp=numpy):",
        '    """norm, lipschitz and smoothness as a dict, in the arithmetic of `xp`."""',
    ]
    names = ", ".join(safe_name(name) for name in used)
    lines.append(f"    one = {_one(names)}  # in the array type of the arguments")
    for name, expression in bounds.definitions:
        lines.append(f"    {safe_name(name)} = {printer.doprint(expression)}")
    lines.append("    return {")
    quantities = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    if bounds.objective is not None:
        quantities["objective_lipschitz"] = bounds.objective.lipschitz
        quantities["objective_smoothness"] = bounds.objective.smoothness
    for name, quantity in quantities.items():
        lines.append(f'        "{name}": {_value(bounds, quantity, printer)},')
    lines.append("    }")
    return "\n".join(lines)


def _one(names: str) -> str:
    first = names.split(", ")[0] if names else ""
    return f"xp.ones_like({first}) if hasattr({first}, 'dtype') else numpy.float64(1)" if first else "numpy.float64(1)"


def _used(bounds: Bounds) -> list[str]:
    """The symbols that the bounds depend on, those without values first."""
    free = frozenset[sympy.Symbol]().union(*(q.free_symbols for q in bounds.quantities))
    names = [name for name, symbol in bounds.symbols.items() if symbol in free]
    return sorted(names, key=lambda name: bounds.symbols[name] in bounds.values)


def _signature(defaults: Mapping[str, sympy.Expr | None], used: list[str], printer: _Printer) -> str:
    parts: list[str] = []
    for name in used:
        value = defaults[name]
        parts.append(safe_name(name) if value is None else f"{safe_name(name)}={printer.doprint(value)}")
    return "".join(f"{part}, " for part in parts)


def _value(bounds: Bounds, quantity: Bound, printer: _Printer) -> str:
    if not quantity.finite:
        return f"math.inf,  # {quantity.reason}".rstrip(",")
    if quantity.scalar is None:
        return "None"
    name = bounds.definition(quantity)
    return safe_name(name) if name is not None else f"one*{printer.doprint(quantity.expression)}"
