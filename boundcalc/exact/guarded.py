"""The guarded operations on expressions: those of `arithmetic`, roundings, extrema and comparisons. `Guarded` is their protocol.

They answer soon, or raise TooLarge or Undefined, which are both NoValue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from boundcalc.exact.arithmetic import add, checked, multiply
from boundcalc.exact.limits import is_complicated, too_complicated
from boundcalc.exact.powers import absolute, exponential, logarithm, power, square_root
from boundcalc.exact.relations import relation_heads
from boundcalc.exact.signs import floor_of_number, is_integer, sign, sign_range

__all__ = [
    "absolute",
    "add",
    "ceiling",
    "checked",
    "exponential",
    "floor",
    "logarithm",
    "maximum",
    "minimum",
    "multiply",
    "power",
    "relation",
    "square_root",
]

_RELATIONS = relation_heads()
FEW = 4  # so many arguments of a minimum are compared with each other


def floor(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return sympy.Integer(floor_of_number(argument))
    constant, rest = argument.as_coeff_Add()
    whole = sympy.floor(constant)  # a rational
    part = sympy.Add(rest, constant - whole)
    return checked(whole + (part if is_integer(part) else sympy.floor(part, evaluate=False)))


def ceiling(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return -floor(-argument)
    constant, rest = argument.as_coeff_Add()
    whole = sympy.ceiling(constant)
    part = sympy.Add(rest, constant - whole)
    return checked(whole + (part if is_integer(part) else sympy.ceiling(part, evaluate=False)))


def minimum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Min, arguments, -1)


def maximum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Max, arguments, 1)


def _extremum(kind: type[sympy.Min] | type[sympy.Max], arguments: Iterable[sympy.Expr], direction: int) -> sympy.Expr:
    """SymPy's own evaluation compares all pairs, at a millisecond each: here numbers are, and a few symbolic arguments."""
    flat = list(dict.fromkeys(part for arg in arguments for part in _parts(arg, kind)))
    kept = [arg for arg in flat if not arg.is_number]
    best: sympy.Expr | None = None
    for number in (arg for arg in flat if arg.is_number):
        order = direction if best is None else sign(number - best)
        if order == direction:
            best = number
        elif order is None:  # perhaps equal: keep both
            kept.append(number)
    if best is not None:
        kept.append(best)
    if len(kept) <= FEW:
        kept = _undominated(kept, direction)
    return kept[0] if len(kept) == 1 else checked(kind(*kept, evaluate=False))


def _parts(expression: sympy.Expr, kind: type[sympy.Expr]) -> Sequence[sympy.Expr]:
    return cast("tuple[sympy.Expr, ...]", expression.args) if isinstance(expression, kind) else (expression,)


def _undominated(arguments: list[sympy.Expr], direction: int) -> list[sympy.Expr]:
    kept = list(arguments)
    for arg in arguments:
        others = [other for other in kept if other is not arg]
        if any(sign_range(direction * (other - arg))[0] >= 0 for other in others):
            kept = others
    return kept


def relation(kind: type[Relational], left: sympy.Expr, right: sympy.Expr) -> Boolean:
    """A comparison, decided where the sign of the difference tells."""
    difference = left - right
    if is_complicated(difference):
        raise too_complicated()
    order = sign(difference) if difference.is_number else None
    row = _RELATIONS[kind]
    if order is None and not row.equality:
        signs = row.orders
        low, high = sign_range(difference)
        possible = set(range(low, high + 1))
        if possible <= signs or not possible & signs:
            return sympy.true if possible <= signs else sympy.false
    sides = (left, right) if order is None else (sympy.Integer(order), sympy.S.Zero)
    return cast("Boolean", kind(*sides, evaluate=order is not None))
