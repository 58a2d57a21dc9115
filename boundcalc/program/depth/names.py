"""Names for the parts of closed forms: growth_1, growth_2, ... for growth factors, c_1, c_2, ... for coefficients."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from itertools import count
from typing import Any

import sympy

from boundcalc.program.depth.factoring import SYMBOLS, factored
from boundcalc.program.depth.resonance import exponents, product
from boundcalc.program.depth.work import Work
from boundcalc.program.tree_size import expression_size

SHORT = 4  # nodes that are as quick to read as a name: R*x, -c_3, R**2
NUMBER = 8  # the same of a number: -16*sqrt(3)/9
FACTORED = 60  # nodes; SymPy takes long to factor what is larger, or has many symbols: of that only what all terms have in common is taken out


class Names:
    """What has a name, in the order of the names: each is defined by those before it."""

    def __init__(self, taken: Set[str], work: Work) -> None:
        self._taken, self._work = set(taken), work
        self._known: dict[sympy.Expr, sympy.Symbol] = {}

    def copy(self, work: Work | None = None) -> Names:
        """Names to try: those of a form that is not used after all leave no gap."""
        result = Names(self._taken, work or self._work)
        result._known = dict(self._known)
        return result

    def adopt(self, tried: Names) -> None:
        """Take over what was tried."""
        self._taken, self._known = tried._taken, tried._known

    @property
    def definitions(self) -> list[tuple[sympy.Symbol, sympy.Expr]]:
        return [(symbol, expression) for expression, symbol in self._known.items()]

    def needed(self, form: sympy.Expr) -> list[tuple[sympy.Symbol, sympy.Expr]]:
        """The definitions that a form is made of."""
        used = form.free_symbols
        found: list[tuple[sympy.Symbol, sympy.Expr]] = []
        for symbol, expression in reversed(self.definitions):
            if symbol in used:
                used = used | expression.free_symbols
                found.append((symbol, expression))
        return found[::-1]

    def fresh(self, stem: str = "c", positive: bool = False) -> sympy.Symbol:
        name = next(name for i in count(1) if (name := f"{stem}_{i}") not in self._taken)
        self._taken.add(name)
        return sympy.Symbol(name, positive=True) if positive else sympy.Symbol(name, real=True)

    def coefficient(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression, or its name where it is long. A coefficient may have any sign. Raises TooMuchWorkError."""
        size = expression_size(expression)
        self._work.spend(size)
        if size <= SHORT or (expression.is_number and size <= NUMBER):
            return expression
        if size <= FACTORED and expression_size(factored := _factored(expression)) < size:
            expression = factored
        if expression.is_Atom:
            return expression
        return self._named(expression, "c")

    def growth(self, factor: sympy.Expr) -> sympy.Expr:
        """A factor of the growth in each pass, or its name."""
        factor = product(exponents(factor).items())
        is_plain = expression_size(factor) <= SHORT and not factor.has(sympy.Add)
        return factor if is_plain else self._named(factor, "growth")

    def side(self, form: sympy.Expr) -> sympy.Symbol:
        """The name of a side of a minimum."""
        return self._named(form, "side")

    def roots(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression with names for the roots of sums in it, which coefficients of a pass share."""
        if not expression.args:
            return expression
        if (
            isinstance(expression, sympy.Pow)
            and isinstance(expression.base, sympy.Add)
            and not expression.exp.is_Integer
        ):
            return self._named(expression, "c")
        args: list[Any] = [self.roots(arg) if isinstance(arg, sympy.Expr) else arg for arg in expression.args]
        return expression if args == list(expression.args) else expression.func(*args)

    def _named(self, expression: sympy.Expr, stem: str) -> sympy.Symbol:
        if expression not in self._known:
            self._known[expression] = self.fresh(stem, expression.is_positive is True)
        return self._known[expression]


@lru_cache(maxsize=1024)  # the cases of a form, and the forms of a program, have coefficients in common
def _factored(expression: sympy.Expr) -> sympy.Expr:
    if len(expression.free_symbols) <= SYMBOLS:
        return factored(expression)
    result: Any = sympy.factor_terms(expression)
    return result
