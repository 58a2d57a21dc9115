"""What is equal to one thing in general and to another in some cases, apart: each case is a line of its own."""

from __future__ import annotations

from typing import NamedTuple

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.forms import replaced


class Cases(NamedTuple):
    """`general` holds where no condition of `special` does; of those that do the first counts."""

    general: sympy.Expr
    special: tuple[tuple[Boolean, sympy.Expr], ...] = ()

    @property
    def are_apart(self) -> bool:
        """Whether no case is left inside an expression."""
        return not any(value.has(sympy.Piecewise) for value in (self.general, *(value for _, value in self.special)))


def by_cases(expression: sympy.Expr) -> Cases:
    """The cases of an expression, where all that is in it distinguishes the same ones; else the expression as it is."""
    found = expression.atoms(sympy.Piecewise)
    conditions = {tuple(condition for _, condition in part.args) for part in found}
    if len(conditions) != 1 or (ways := next(iter(conditions)))[-1] != sympy.true:
        return Cases(expression)
    values = [replaced(expression, {part: part.args[i][0] for part in found}) for i in range(len(ways))]
    return Cases(values[-1], tuple(zip(ways[:-1], values[:-1], strict=True)))


def equations(condition: Boolean) -> list[tuple[sympy.Expr, sympy.Expr]] | None:
    """The sides of what has to be equal; None where the condition is something else."""
    parts = sympy.And.make_args(condition)
    sides = [part.args for part in parts if isinstance(part, sympy.Eq)]
    return [(left, right) for left, right in sides] if len(sides) == len(parts) else None
