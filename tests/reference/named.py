"""Forms in the names of definitions, read as a person reads them: the first case that holds, and only the names in it.

A coefficient of the general case may have a pole where growth factors coincide; the case there does not use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy


def at(form: Any, definitions: Mapping[str, sympy.Expr], values: Mapping[sympy.Symbol, sympy.Expr]) -> Any:
    """The exact value of a form; a condition holds where both sides are the same number."""
    if isinstance(form, sympy.Piecewise):
        branches: Any = form.args
        return at(next(e for e, c in branches if _holds(c, definitions, values)), definitions, values)
    names = {s: at(definitions[s.name], definitions, values) for s in form.free_symbols if s.name in definitions}
    result: Any = form.xreplace({**values, **names})
    return sympy.expand(result)


def _holds(condition: Any, definitions: Mapping[str, sympy.Expr], values: Mapping[sympy.Symbol, sympy.Expr]) -> bool:
    if isinstance(condition, sympy.And):
        return all(_holds(part, definitions, values) for part in condition.args)
    if condition == sympy.true:
        return True
    return at(condition.lhs - condition.rhs, definitions, values) == 0
