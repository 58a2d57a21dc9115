"""Scalar functions on arrays of any namespace with the names of the array API, and `erf`: NumPy, JAX, PyTorch, autograd.

log(1 + exp(y)) is computed as max(y, 0) + log(1 + exp(-|y|)), which does not overflow.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.interpret import Reading, Value
from boundcalc.exact.table import Function, Table


def on_arrays(function: sympy.Lambda, argument: Any, xp: Any, functions: Table = FUNCTIONS) -> Any:
    """The function of every entry of an array. Raises TypeError for a function that has no name there."""
    variable = function.variables[0]

    def constant(number: sympy.Basic) -> Any:
        return xp.full(argument.shape, _number(number), dtype=argument.dtype)

    def known(part: Any, value: Value) -> Any:
        """Constants as one number each, and the logarithms that would overflow."""
        if part == variable:
            return argument
        if isinstance(part, sympy.Expr) and variable not in part.free_symbols:
            return constant(part)
        if (exponent := _softplus(part)) is not None:
            y = value(exponent)
            positive = y > 0  # |y| by the cases of the maximum: so derivatives are those of the function, at 0 as well
            return xp.where(positive, y, 0 * y) + xp.log(1 + xp.exp(xp.where(positive, -y, y)))
        return None

    def cases(part: sympy.Piecewise, value: Value) -> Any:
        result = xp.full(argument.shape, math.nan, dtype=argument.dtype)
        for pair in reversed(part.args):
            branch, condition = pair.args
            result = xp.where(value(condition), value(branch), result)
        return result

    def named(row: Function) -> Callable[[Any], Any]:
        return lambda x: getattr(xp, row.array_name)(x)

    reading = Reading[Any, Any](
        number=constant,
        pi=lambda: constant(sympy.pi),
        e=lambda: constant(sympy.E),
        add=lambda terms: reduce(operator.add, terms),
        multiply=lambda factors: reduce(operator.mul, factors),
        minimum=lambda terms: reduce(lambda a, b: xp.where(a < b, a, b), terms),
        maximum=lambda terms: reduce(lambda a, b: xp.where(a > b, a, b), terms),
        power=lambda part, value: value(part.args[0]) ** _number(part.args[1]),
        function=named,
        cases=cases,
        relation=lambda row, left, right, condition: row.holds(left, right),
        truth=lambda holds: xp.full(argument.shape, holds, dtype=bool),
        every=lambda conditions: reduce(operator.and_, conditions),
        some=lambda conditions: reduce(operator.or_, conditions),
        negation=operator.invert,
        functions=functions,
    )
    return reading.read_shared(function.expr, known)


def _number(expression: sympy.Basic) -> float:
    return float(sympy.N(expression, 30))


def _softplus(part: sympy.Basic) -> sympy.Basic | None:
    """y where the part is log(1 + exp(y))."""
    if not isinstance(part, sympy.log):
        return None
    argument = part.args[0]
    if not isinstance(argument, sympy.Add) or len(argument.args) != 2 or argument.args[0] != 1:
        return None
    power = argument.args[1]
    return power.args[0] if isinstance(power, sympy.exp) else None
