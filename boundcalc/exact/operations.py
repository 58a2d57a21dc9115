"""What each step of an expression's program does to SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact import guarded
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.limits import Undefined
from boundcalc.exact.parser import Step
from boundcalc.exact.relations import RELATIONS
from boundcalc.exact.values import called

Value = Any  # a SymPy expression, a condition, or a pair of both
Operation = Callable[..., Value]


def apply(step: Step, arguments: list[Value]) -> Value:
    """The value of one step other than a name. Raises NoValue."""
    if step.operation == "number":
        assert isinstance(step.value, Fraction)
        return guarded.add((sympy.Rational(step.value.numerator, step.value.denominator),))
    if step.operation in ("and", "or") and not all(_is_condition(arg) for arg in arguments):
        raise Undefined("a value, where a condition is expected")
    if step.operation in ("and", "or", "pair"):
        return _CONDITIONS[step.operation](*arguments)
    if step.value == "Piecewise":
        return _piecewise(arguments)
    if not all(isinstance(arg, sympy.Expr) for arg in arguments):
        raise Undefined("a condition, where a value is expected")
    if (relation := _RELATIONS.get(str(step.value))) is not None:
        return guarded.relation(relation.head, *arguments)
    if step.operation == "call":
        return called(FUNCTIONS.called[str(step.value)], arguments)
    return _ARITHMETIC[step.operation](*arguments)


def _is_condition(value: Value) -> bool:
    return isinstance(value, Boolean) and not isinstance(value, sympy.Expr)  # to SymPy a symbol is both


def _piecewise(branches: list[Value]) -> sympy.Expr:
    for branch in branches:
        if not (isinstance(branch, tuple) and isinstance(branch[0], sympy.Expr) and _is_condition(branch[1])):
            raise Undefined("Piecewise has pairs of a value and a condition")
    return sympy.Piecewise(*branches, evaluate=False)


_CONDITIONS: Mapping[str, Operation] = {"and": sympy.And, "or": sympy.Or, "pair": lambda value, holds: (value, holds)}
_RELATIONS = {row.name if row.equality else row.sign: row for row in RELATIONS}
_ARITHMETIC: Mapping[str, Operation] = {
    "negate": lambda x: guarded.multiply((sympy.S.NegativeOne, x)),
    "invert": lambda *factors: guarded.multiply(guarded.power(x, sympy.S.NegativeOne) for x in factors),
    "add": lambda *terms: guarded.add(terms),
    "multiply": lambda *factors: guarded.multiply(factors),
    "power": guarded.power,
}
