"""Exact values: `substitute` puts values into symbols, by the guarded operations.

What answers does so soon, or raises TooLarge or Undefined, which are both NoValue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy.logic.boolalg import And, Boolean, Not, Or

from boundcalc.exact import guarded
from boundcalc.exact.arithmetic import finite
from boundcalc.exact.guarded import floor, minimum, relation
from boundcalc.exact.interpret import Reading, Value
from boundcalc.exact.limits import NoValue, TooLarge, Undefined, out_of_range
from boundcalc.exact.table import Function

__all__ = ["NoValue", "TooLarge", "Undefined", "called", "floor", "minimum", "relation", "substitute"]


def called(function: Function, arguments: Sequence[sympy.Expr]) -> sympy.Expr:
    """The exact value of a function. Raises NoValue."""
    if function.exact is None:
        return guarded.checked(function.head(*arguments))
    return function.exact(guarded, arguments)


def substitute(expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """`expression` with all `values` put in at once, exactly. Of a Piecewise only the branches that can hold are computed.

    Raises TooLarge and Undefined (both NoValue), and TypeError for functions that the language does not have.
    """
    symbols = frozenset(values)

    def known(part: Any, value: Value) -> Any:
        if isinstance(part, sympy.Symbol):
            return values.get(part, part)
        return None if part.free_symbols & symbols else part

    try:
        return finite(_READING.read_shared(expression, known))
    except RecursionError:
        raise TooLarge("an expression that nests too deep") from None
    except OverflowError:
        raise out_of_range() from None


def _rule(row: Function) -> Callable[[sympy.Expr], sympy.Expr] | None:
    return (lambda argument: called(row, (argument,))) if row.closed else None


def _piecewise(piecewise: sympy.Piecewise, value: Value) -> sympy.Expr:
    branches: list[tuple[sympy.Expr, Boolean]] = []
    for pair in piecewise.args:
        branch, condition = pair.args
        holds = value(condition)
        if holds != sympy.false:
            branches.append((value(branch), holds))
        if holds == sympy.true:
            break
    if not branches:
        raise Undefined("no case of a definition by cases holds")
    return branches[0][0] if branches[0][1] == sympy.true else sympy.Piecewise(*branches, evaluate=False)


_READING = Reading[sympy.Expr, Boolean](
    number=lambda number: number,
    pi=lambda: sympy.pi,
    e=lambda: sympy.E,
    add=guarded.add,
    multiply=guarded.multiply,
    minimum=guarded.minimum,
    maximum=guarded.maximum,
    power=lambda part, value: guarded.power(*map(value, part.args)),
    function=_rule,
    cases=_piecewise,
    relation=lambda row, left, right, condition: relation(row.head, left, right),
    truth=lambda holds: sympy.true if holds else sympy.false,
    every=lambda conditions: And(*conditions),
    some=lambda conditions: Or(*conditions),
    negation=Not,
)
