"""What each step of an expression's program does to SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact import values as exact
from boundcalc.exact.parser import Step
from boundcalc.exact.signs import Undefined

Value = Any  # a SymPy expression, a condition, or a pair of both
Operation = Callable[..., Value]


def apply(step: Step, arguments: list[Value]) -> Value:
    """The value of one step other than a name. Raises NoValue."""
    if step.operation == "number":
        assert isinstance(step.value, Fraction)
        return exact.add((sympy.Rational(step.value.numerator, step.value.denominator),))
    if step.operation in ("and", "or") and not all(_is_condition(arg) for arg in arguments):
        raise Undefined("a value, where a condition is expected")
    if step.operation in ("and", "or", "pair"):
        return _CONDITIONS[step.operation](*arguments)
    if step.value == "Piecewise":
        return _piecewise(arguments)
    if not all(isinstance(arg, sympy.Expr) for arg in arguments):
        raise Undefined("a condition, where a value is expected")
    if step.operation == "compare":
        return exact.relation(_RELATIONS[str(step.value)], *arguments)
    return (_FUNCTIONS[str(step.value)] if step.operation == "call" else _ARITHMETIC[step.operation])(*arguments)


def _is_condition(value: Value) -> bool:
    return isinstance(value, Boolean) and not isinstance(value, sympy.Expr)  # to SymPy a symbol is both


def _piecewise(branches: list[Value]) -> sympy.Expr:
    for branch in branches:
        if not (isinstance(branch, tuple) and isinstance(branch[0], sympy.Expr) and _is_condition(branch[1])):
            raise Undefined("Piecewise has pairs of a value and a condition")
    return sympy.Piecewise(*branches, evaluate=False)


_CONDITIONS: Mapping[str, Operation] = {"and": sympy.And, "or": sympy.Or, "pair": lambda value, holds: (value, holds)}
_RELATIONS = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
_ARITHMETIC: Mapping[str, Operation] = {
    "negate": lambda x: exact.multiply((sympy.S.NegativeOne, x)),
    "invert": lambda *factors: exact.multiply(exact.power(x, sympy.S.NegativeOne) for x in factors),
    "add": lambda *terms: exact.add(terms),
    "multiply": lambda *factors: exact.multiply(factors),
    "power": exact.power,
}
_FUNCTIONS: Mapping[str, Operation] = {
    "sqrt": exact.square_root,
    "log": exact.logarithm,
    "exp": exact.exponential,
    "floor": exact.floor,
    "ceil": exact.ceiling,
    "ceiling": exact.ceiling,
    "min": lambda *arguments: exact.minimum(arguments),
    "max": lambda *arguments: exact.maximum(arguments),
    "Min": lambda *arguments: exact.minimum(arguments),
    "Max": lambda *arguments: exact.maximum(arguments),
    "Abs": exact.absolute,
    "erf": exact.error_function,
    "Eq": lambda left, right: exact.relation(sympy.Eq, left, right),
    "Ne": lambda left, right: exact.relation(sympy.Ne, left, right),
}
