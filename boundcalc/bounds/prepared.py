"""Closed forms with cases, before they are differentiated."""

from __future__ import annotations

from typing import cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.replaced import replaced


def prepared(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """A closed form, ready to be differentiated. A case for one value of the symbol (R = 1) knows the form there and not
    its slope, so there the derivative has no case: SymPy makes it nan, and numbers are refused."""
    known: dict[sympy.Basic, sympy.Basic] = {}
    for whole in sorted(expression.atoms(sympy.Min, sympy.Max), key=sympy.count_ops):  # inner ones first
        known[whole] = _cases_outside(replaced(whole, known))
    expression, known = replaced(expression, known), {}
    for whole in sorted(expression.atoms(sympy.Piecewise), key=lambda whole: whole.count(sympy.Piecewise)):
        elsewhere: list[Boolean] = []
        pairs: list[tuple[sympy.Expr, Boolean]] = []
        for value, condition in _pairs(whole):
            if any(symbol in equation.free_symbols for equation in condition.atoms(sympy.Eq)):
                elsewhere.append(sympy.Not(condition))
            else:
                pairs.append((replaced(value, known), sympy.And(condition, *elsewhere)))
        if elsewhere:
            known[whole] = sympy.Piecewise(*pairs)
    return replaced(expression, known)


def _cases_outside(extremum: sympy.Expr) -> sympy.Expr:
    """A minimum of forms with cases as cases of minima: its derivative compares them, and SymPy's conditions have no cases."""
    inside = extremum.atoms(sympy.Piecewise)
    outermost = [p for p in inside if not any(p is not other and other.has(p) for other in inside)]
    if not outermost:
        return extremum
    first = min(outermost, key=str)
    conditions = [condition for _, condition in _pairs(first)]
    alike = [p for p in outermost if [condition for _, condition in _pairs(p)] == conditions]
    pairs = [
        (_cases_outside(replaced(extremum, {p: _pairs(p)[i][0] for p in alike})), condition)
        for i, condition in enumerate(conditions)
    ]
    return cast(sympy.Expr, sympy.Piecewise(*pairs, evaluate=False))


def _pairs(whole: sympy.Basic) -> list[tuple[sympy.Expr, Boolean]]:
    """The values and conditions of a Piecewise."""
    return [cast("tuple[sympy.Expr, Boolean]", pair.args) for pair in whole.args]
