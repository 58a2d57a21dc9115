"""What closed forms may cost, counted in terms of polynomials and nodes of expressions: unlike seconds, these are the same on every machine."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from math import comb

import sympy

EXPANDED = 3  # an expression's term takes so many times as long as a polynomial's
_MANY = 10**12  # more than anybody has


class TooMuchWorkError(ValueError):
    """What is asked for has more terms than are left."""


class Work:
    """How many terms may still be written."""

    def __init__(self, terms: int) -> None:
        self.left = terms

    def spend(self, terms: int) -> None:
        """To be said before the work is done. Raises TooMuchWorkError."""
        if terms > self.left:
            raise TooMuchWorkError("it would take too many terms to find")
        self.left -= terms

    @contextmanager
    def attempt(self) -> Generator[Work]:
        """Half of what is left: one form that cannot be had leaves something for those that can."""
        part = Work(self.left // 2)
        given = part.left
        try:
            yield part
        finally:
            self.left -= given - part.left

    def write(self, *expressions: sympy.Expr) -> None:
        """Spend what it takes SymPy to multiply them out."""
        known: dict[sympy.Basic, int] = {}
        for expression in expressions:
            self.spend(EXPANDED * _terms(expression, known))


def _terms(expression: sympy.Basic, known: dict[sympy.Basic, int]) -> int:
    """How many terms it has, multiplied out, and before any cancel."""
    if not expression.args:
        return 1
    if expression not in known:
        counts = [_terms(arg, known) for arg in expression.args]
        if isinstance(expression, sympy.Add):
            count = sum(counts)
        elif isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Integer):
            power = min(abs(int(expression.exp)), 1000)
            count = comb(counts[0] + power - 1, power)
        else:
            count = 1
            for each in counts:
                count *= each
        known[expression] = min(count, _MANY)
    return known[expression]
