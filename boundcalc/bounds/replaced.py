"""`xreplace` of expressions with minima and cases, which SymPy would compare, factor and fold for seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import sympy
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair

_CASES = (sympy.Min, sympy.Max, sympy.Piecewise)


def replaced(expression: sympy.Expr, parts: Mapping[sympy.Basic, sympy.Basic]) -> sympy.Expr:
    """The expression with these parts; what is made of numbers and symbols alone is evaluated."""
    known = dict(parts)

    def walk(part: sympy.Basic) -> sympy.Basic:
        if part not in known:
            args = [walk(arg) for arg in part.args]
            known[part] = part if args == list(part.args) else _made(part, args)
        return known[part]

    return cast(sympy.Expr, walk(expression))


def _made(part: sympy.Basic, args: list[Any]) -> sympy.Basic:
    """The same of other arguments."""
    if isinstance(part, (sympy.Min, sympy.Max)):
        unique = list(dict.fromkeys(args))
        return unique[0] if len(unique) == 1 else part.func(*unique, evaluate=False)
    if isinstance(part, sympy.Piecewise):
        return _piecewise(args)
    made: Any = part.func
    if isinstance(part, (Relational, sympy.Function, sympy.Pow)) and any(arg.has(*_CASES) for arg in args):
        return made(*args, evaluate=False)
    return made(*args)


def _piecewise(pairs: list[Any]) -> sympy.Basic:
    """The cases that may hold, up to the first that does."""
    found: list[Any] = []
    for pair in pairs:
        value, condition = pair.args
        if condition != sympy.false:
            # SymPy's name for a choice between two conditions, where a condition compares what has cases
            found.append(ExprCondPair(value, condition.replace(sympy.ITE, _either)))
        if condition == sympy.true:
            break
    if not found:
        return sympy.nan
    if found[0].args[1] == sympy.true:
        return found[0].args[0]
    return sympy.Piecewise(*found, evaluate=False)


def _either(asked: Any, yes: Any, no: Any) -> Any:
    return sympy.Or(sympy.And(asked, yes), sympy.And(sympy.Not(asked), no))
