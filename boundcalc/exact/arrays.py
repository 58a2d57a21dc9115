"""Scalar functions on arrays of any namespace with the names of the array API, and `erf`: NumPy, JAX, PyTorch, autograd.

log(1 + exp(y)) is computed as max(y, 0) + log(1 + exp(-|y|)), which does not overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import sympy
from sympy.logic.boolalg import And, Or

_FUNCTIONS: Mapping[type[sympy.Basic], str] = {
    sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.sin: "sin", sympy.cos: "cos", sympy.atan: "atan",
    sympy.Abs: "abs", sympy.sign: "sign", sympy.erf: "erf", sympy.floor: "floor", sympy.ceiling: "ceil",
}  # fmt: skip
_FOLDS: Mapping[type[sympy.Basic], Callable[[Any, Any, Any], Any]] = {
    sympy.Add: lambda xp, a, b: a + b,
    sympy.Mul: lambda xp, a, b: a * b,
    sympy.Min: lambda xp, a, b: xp.where(a < b, a, b),
    sympy.Max: lambda xp, a, b: xp.where(a > b, a, b),
}
_RELATIONS: Mapping[type[sympy.Basic], Callable[[Any, Any], Any]] = {
    sympy.StrictLessThan: lambda a, b: a < b,
    sympy.LessThan: lambda a, b: a <= b,
    sympy.StrictGreaterThan: lambda a, b: a > b,
    sympy.GreaterThan: lambda a, b: a >= b,
    sympy.Equality: lambda a, b: a == b,
    sympy.Unequality: lambda a, b: a != b,
}


def on_arrays(function: sympy.Lambda, argument: Any, xp: Any) -> Any:
    """The function of every entry of an array. Raises TypeError for a function that has no name there."""
    return _apply(function.expr, function.variables[0], argument, xp)


def _apply(expression: sympy.Basic, variable: sympy.Basic, z: Any, xp: Any) -> Any:
    def value(part: sympy.Basic) -> Any:
        return _apply(part, variable, z, xp)

    if expression == variable:
        return z
    if variable not in expression.free_symbols:
        return xp.full(z.shape, _number(expression), dtype=z.dtype)
    kind = type(expression)
    if kind is sympy.log and (exponent := _one_plus_exp(expression.args[0])) is not None:
        y = value(exponent)
        return xp.where(y > 0, y, 0 * y) + xp.log(1 + xp.exp(-xp.abs(y)))
    if kind in _FOLDS:
        return reduce(lambda a, b: _FOLDS[kind](xp, a, b), map(value, expression.args))
    if kind in _FUNCTIONS:
        return getattr(xp, _FUNCTIONS[kind])(value(expression.args[0]))
    if isinstance(expression, sympy.Pow):
        return value(expression.args[0]) ** _number(expression.args[1])
    if isinstance(expression, sympy.Piecewise):
        result = xp.full(z.shape, math.nan, dtype=z.dtype)
        for pair in reversed(expression.args):
            branch, condition = pair.args
            result = xp.where(_holds(condition, variable, z, xp), value(branch), result)
        return result
    raise TypeError(f"cannot compute {kind.__name__} of an array: {expression}")


def _number(expression: sympy.Basic) -> float:
    return float(sympy.N(expression, 30))


def _one_plus_exp(argument: sympy.Basic) -> sympy.Basic | None:
    """y where the argument is 1 + exp(y)."""
    if not isinstance(argument, sympy.Add) or len(argument.args) != 2 or argument.args[0] != 1:
        return None
    power = argument.args[1]
    return power.args[0] if isinstance(power, sympy.exp) else None


def _holds(condition: sympy.Basic, variable: sympy.Basic, z: Any, xp: Any) -> Any:
    if condition in (sympy.true, sympy.false):
        return xp.full(z.shape, condition == sympy.true, dtype=bool)
    if isinstance(condition, And | Or):
        parts = [_holds(arg, variable, z, xp) for arg in condition.args]
        return reduce((lambda a, b: a & b) if isinstance(condition, And) else (lambda a, b: a | b), parts)
    left, right = (_apply(arg, variable, z, xp) for arg in condition.args)
    return _RELATIONS[type(condition)](left, right)
