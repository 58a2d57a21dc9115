"""What is equal to one thing in general and to another in some cases, apart: each case is a line of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.replaced import replaced


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
    found = {part: _branches(part) for part in expression.atoms(sympy.Piecewise)}
    conditions = list(dict.fromkeys(tuple(condition for _, condition in branches) for branches in found.values()))
    if len(conditions) != 1 or conditions[0][-1] != sympy.true:
        return Cases(expression)
    *special, general = (
        replaced(expression, {part: branches[i][0] for part, branches in found.items()})
        for i in range(len(conditions[0]))
    )
    return Cases(general, tuple(zip(conditions[0], special, strict=False)))


def _branches(part: sympy.Piecewise) -> list[tuple[sympy.Expr, Boolean]]:
    pairs: Any = part.args
    return [(value, condition) for value, condition in pairs]


def equations(condition: Boolean) -> list[tuple[sympy.Expr, sympy.Expr]] | None:
    """The sides of what has to be equal; None where the condition is something else."""
    parts: Any = sympy.And.make_args(condition)
    return [(part.lhs, part.rhs) for part in parts] if all(isinstance(part, sympy.Eq) for part in parts) else None
