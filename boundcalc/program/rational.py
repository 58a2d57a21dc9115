"""Expressions as elements of a field of rational functions: sums of fractions cancel as they are added, quickly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import lcm
from typing import Any

import sympy
from sympy.polys.fields import sfield

Element = Any  # of the field; SymPy has no type for it


def rational_functions(*groups: Sequence[sympy.Expr]) -> tuple[list[list[Element]], Callable[[Element], sympy.Expr]]:
    """The expressions of each group as elements of one field, and the way back to a factored expression.

    Roots of a symbol become powers of one root of it, so that sqrt(n)^2 and n cancel. Other functions are generators.
    """
    expressions = [e for group in groups for e in group]
    roots: dict[sympy.Symbol, int] = {}
    for expression in expressions:
        for power in expression.atoms(sympy.Pow):
            if isinstance(power.base, sympy.Symbol) and isinstance(power.exp, sympy.Rational):
                roots[power.base] = lcm(roots.get(power.base, 1), int(power.exp.q))
    forward: dict[sympy.Expr, sympy.Expr] = {}
    backward: dict[sympy.Expr, sympy.Expr] = {}
    for symbol, degree in roots.items():
        if degree > 1:
            root = sympy.Dummy(symbol.name, positive=True)
            forward[symbol], backward[root] = root**degree, symbol ** sympy.Rational(1, degree)
    # the dummy keeps a field of functions where everything is a number
    _, elements = sfield([*(replace(e, forward) for e in expressions), sympy.Dummy()])
    taken = iter(elements)

    def back(element: Element) -> sympy.Expr:
        factored: Any = sympy.factor(element.as_expr())
        return replace(factored, backward)

    return [[next(taken) for _ in group] for group in groups], back


def replace(expression: sympy.Expr, values: Mapping[Any, sympy.Expr]) -> sympy.Expr:
    """Symbols replaced, and what that makes evaluable evaluated."""
    result: Any = expression.xreplace(values)
    return result
