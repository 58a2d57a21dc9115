"""Between which rationals an expression lies whatever values its symbols have, and relations that follow from it.

Only the assumptions of the symbols and the structure of the expression are used, so it is cheap, and not all that is true is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.limits import KEPT, NoValue
from boundcalc.exact.relations import relation_heads
from boundcalc.exact.signs import floor_of_number, is_integer, sign_range
from boundcalc.exact.table import Function

Bound = sympy.Rational | None  # None: not bounded, as far as is known
Interval = tuple[Bound, Bound]
UNKNOWN: Interval = (None, None)
_SIGNS = relation_heads()


@lru_cache(KEPT)
def interval(expression: sympy.Expr) -> Interval:
    """Rationals that the expression is never below and never above."""
    if isinstance(expression, sympy.Rational):
        return expression, expression
    if expression.is_number:
        try:
            whole = floor_of_number(expression)
        except NoValue:
            return UNKNOWN
        return sympy.Integer(whole), sympy.Integer(whole + 1)
    if isinstance(expression, sympy.Symbol):
        low = sympy.Integer(1) if expression.is_integer and expression.is_positive else sympy.Integer(0)
        return (low if expression.is_nonnegative else None), None
    parts = [interval(arg) for arg in expression.args if isinstance(arg, sympy.Expr)]
    if isinstance(expression, sympy.Add):
        return _sum([low for low, _ in parts]), _sum([high for _, high in parts])
    if isinstance(expression, sympy.Mul):
        product = parts[0]
        for part in parts[1:]:
            product = _product(product, part)
        return product
    row = FUNCTIONS.heads.get(type(expression))
    if row is not None and row.rounding:
        return cast(Interval, tuple(None if end is None else type(expression)(end) for end in parts[0]))
    if row is not None and row.extremum:
        return _picked([low for low, _ in parts], row), _picked([high for _, high in parts], row)
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Integer):
        return _power(parts[0], int(expression.exp))
    return (sympy.Integer(0) if sign_range(expression)[0] >= 0 else None), None


def proved(relation: Boolean) -> bool:
    """Whether a relation holds for all values of its symbols."""
    if relation == sympy.true:
        return True
    if not isinstance(relation, Relational):
        return False
    left, right = sides(relation)
    if isinstance(relation, sympy.Eq):
        return left == right or (is_wholeness(relation) and is_integer(left))
    if isinstance(relation, (sympy.Lt, sympy.Le)):
        left, right = right, left
    if not isinstance(relation, (sympy.Gt, sympy.Ge, sympy.Lt, sympy.Le)):
        return False
    difference = left - right
    low, order = interval(difference)[0], sign_range(difference)[0]
    if isinstance(relation, (sympy.Gt, sympy.Lt)):
        return order > 0 or (low is not None and low > 0)
    return order >= 0 or (low is not None and low >= 0)


def sides(relation: Boolean) -> tuple[sympy.Expr, sympy.Expr]:
    left, right = relation.args
    return cast(sympy.Expr, left), cast(sympy.Expr, right)


def wholeness(value: sympy.Expr) -> Boolean:
    """The relation that says that a value is whole: `k is whole` for k - 1."""
    constant, rest = value.as_coeff_Add()
    value = rest if constant.is_Integer else value
    return cast(Boolean, sympy.Eq(value, sympy.floor(value, evaluate=False), evaluate=False))


def is_wholeness(relation: Boolean) -> bool:
    return isinstance(relation, sympy.Eq) and relation.rhs == sympy.floor(relation.lhs, evaluate=False)


def at_least(value: sympy.Expr, least: sympy.Expr) -> Boolean:
    """value >= least, as `T >= 3` and not as `2*T - 6 >= 0` or `floor(T/3) >= 1`."""
    constant, rest = (value - least).as_coeff_Add()
    if rest.is_number:
        return cast(Boolean, sympy.Ge(value, least, evaluate=False))
    content, rest = rest.primitive()  # positive
    constant = constant / content
    if rest.could_extract_minus_sign():
        most = sympy.floor(constant) if is_integer(-rest) else constant
        return cast(Boolean, sympy.Le(-rest, most, evaluate=False))
    if is_integer(rest):
        constant = sympy.floor(constant)
    if isinstance(rest, sympy.floor):
        return at_least(rest.args[0], -constant)
    return cast(Boolean, sympy.Ge(rest, -constant, evaluate=False))


def unevaluated(relation: Boolean, left: sympy.Basic, right: sympy.Basic) -> Boolean:
    """The relation of other sides, whatever SymPy knows of them."""
    return cast("Callable[..., Boolean]", relation.func)(left, right, evaluate=False)


def assumptions(symbol: sympy.Symbol) -> tuple[Boolean, ...]:
    """What a symbol stands for, as relations, which SymPy would take for true."""
    found: list[Boolean] = []
    if symbol.is_integer:
        found.append(wholeness(symbol))
    if symbol.is_positive:
        found.append(cast(Boolean, sympy.Gt(symbol, 0, evaluate=False)))
    elif symbol.is_nonnegative:
        found.append(cast(Boolean, sympy.Ge(symbol, 0, evaluate=False)))
    return tuple(found)


def shown(relation: Boolean) -> str:
    """A relation in words: `T/2 is whole`, `a == b`, `T >= 3`."""
    left, right = sides(relation)
    return f"{left} is whole" if is_wholeness(relation) else f"{left} {_SIGNS[type(relation)].sign} {right}"


def _sum(ends: Sequence[Bound]) -> Bound:
    total = sympy.Integer(0)
    for end in ends:
        if end is None:
            return None
        total += end
    return cast(Bound, total)


def _product(left: Interval, right: Interval) -> Interval:
    if left[0] is None or left[0] < 0:
        left, right = right, left
    if left[0] is None or left[0] < 0:  # neither is known to be nonnegative; a negative number turns the other round
        if left[0] is None or left[0] != left[1]:
            left, right = right, left
        if left[0] is None or left[0] != left[1]:
            return UNKNOWN
        return _times(left[0], right[1]), _times(left[0], right[0])
    if right[0] is not None and right[0] >= 0:
        return _times(left[0], right[0]), _times(left[1], right[1])
    if left[0] == left[1]:
        return _times(left[0], right[0]), _times(left[0], right[1])
    if right[1] is not None and right[1] <= 0:
        return _times(left[1], right[0]), _times(left[0], right[1])
    return UNKNOWN


def _times(left: Bound, right: Bound) -> Bound:
    return None if left is None or right is None else cast(Bound, left * right)


def _picked(ends: Sequence[Bound], row: Function) -> Bound:
    return None if None in ends else row.pick(ends)


def _power(base: Interval, exponent: int) -> Interval:
    low, high = base
    if low is None or low < 0:
        return (sympy.Integer(0) if exponent % 2 == 0 else None), None
    if exponent > 0:
        return cast(Bound, low**exponent), None if high is None else cast(Bound, high**exponent)
    inverse = None if low == 0 else cast(Bound, low**exponent)
    return (sympy.Integer(0) if high is None or high == 0 else cast(Bound, high**exponent)), inverse
