"""The conditions of a compiled bound: checked exactly at numbers, written for double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.intervals import assumptions, is_wholeness, proved, shown, sides, unevaluated
from boundcalc.exact.signs import is_integer
from boundcalc.exact.values import relation, substitute
from boundcalc.language.conditions import Conditions, misfit

Values = Mapping[sympy.Symbol, sympy.Expr]
UNIT = sympy.Rational(1, 2**50)


def check(conditions: Conditions, values: Values) -> None:
    """Raises ValueError where a value is none of its symbol's, or breaks what the compiled bound relies on."""
    for symbol, value in values.items():
        if (wrong := misfit(symbol, value)) is not None:
            raise ValueError(wrong)
    for condition in conditions.assumed:
        if is_broken(condition, values):
            raise ValueError(
                f"the bound was compiled for {shown(condition)}, which these values break; compile the spec again with them"
            )


def is_broken(condition: Boolean, values: Values) -> bool:
    """Whether a condition is known to fail at exact values."""
    if condition.free_symbols.isdisjoint(values):
        return False
    left, right = (substitute(side, values) for side in sides(condition))
    return relation(cast("type[Relational]", condition.func), left, right) == sympy.false


def guards(conditions: Conditions, known: Iterable[sympy.Symbol]) -> list[Boolean]:
    """All that a bound relies on, as far as it is about these symbols alone: what they stand for, and the conditions."""
    symbols = list(known)
    own = [relation for symbol in symbols for relation in assumptions(symbol)]
    return own + [condition for condition in conditions.assumed if condition.free_symbols <= set(symbols)]


def guards_over(conditions: Conditions, chosen: Sequence[sympy.Symbol]) -> list[Boolean]:
    """The same in the chosen symbols, those that the spec gives values put in: a size that it computes from them is whole."""
    known: dict[sympy.Symbol, sympy.Expr] = {}
    for symbol, value in conditions.declared.items():
        if symbol not in chosen:
            known[symbol] = substitute(value, known)
    found: list[Boolean] = []
    for condition in guards(conditions, (*chosen, *known)):
        left, right = (substitute(side, known) for side in sides(condition))
        replaced = unevaluated(condition, left, right)
        if replaced.free_symbols and replaced.free_symbols <= set(chosen) and not _settled(replaced):
            found.append(replaced)
    return found


def _settled(condition: Boolean) -> bool:
    """Whether a condition says nothing: not even of symbols that may be any number."""
    return proved(condition) and not isinstance(condition.args[0], sympy.Symbol)


def steady(expression: sympy.Expr) -> sympy.Expr:
    """Floors that rounding does not move: (1/49)*49 is below 1 in double precision, and floor(p/q) = floor((p + 1/2)/q) for
    whole numbers; others are moved by a few units in the last place."""
    known = {part: _steady(part) for part in expression.atoms(*FUNCTIONS.rounding())}
    return cast(sympy.Expr, expression.xreplace(known)) if known else expression


def _steady(part: sympy.Basic) -> sympy.Basic:
    numerator, denominator = cast(sympy.Expr, part.args[0]).as_numer_denom()
    if denominator == 1:
        return part
    half = -FUNCTIONS.heads[type(part)].rounding * sympy.S.Half
    if not (is_integer(numerator) and is_integer(denominator)):
        numerator, half = numerator * (1 + half * UNIT), sympy.S.Zero
    return cast("Callable[..., sympy.Basic]", part.func)((numerator + half) / denominator, evaluate=False)


def exact_sides(condition: Boolean) -> tuple[sympy.Expr, sympy.Expr]:
    """Both sides, equal in double precision where they are equal: of what is whole or equal without denominators, since
    (1/49)*49 is below 1, and p is a multiple of q if p = q floor(p/q + 1/2)."""
    left, right = sides(condition)
    if not isinstance(condition, sympy.Eq):
        return left, right
    if is_wholeness(condition):
        numerator, denominator = left.as_numer_denom()
        shift = sympy.S.Zero if denominator == 1 else sympy.S.Half
        return numerator, denominator * sympy.floor(numerator / denominator + shift, evaluate=False)
    common = sympy.ilcm(*(side.as_numer_denom()[1].as_coeff_Mul()[0] for side in (left, right)), 1)
    return common * left, common * right
