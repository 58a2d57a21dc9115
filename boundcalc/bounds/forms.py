"""Closed forms of the quantities of one program: loops closed once, sizes counted once, names given once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import sympy

from boundcalc.bounds.replaced import replaced
from boundcalc.program.arithmetic import V
from boundcalc.program.definitions import definitions
from boundcalc.program.depth import close
from boundcalc.program.interpret import Algebra
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.to_sympy import Expressions, NotClosed, to_sympy
from boundcalc.program.to_text import Texts
from boundcalc.program.tree_size import expression_size, tree_size

EXPRESSION_CAP = 600  # nodes of an expanded expression; larger ones are given as definitions only
CLOSED_CAP = 6000  # the same where a loop is in it: a closed form in the depth has no shorter shape
_NOT_OF_NAMES = re.compile(r"\W", re.ASCII)


class Forms:
    """The closed forms of some scalars of one arena, which have these names; those of the network itself come last."""

    def __init__(self, taken: Iterable[str], scalars: Sequence[tuple[str, Scalar]]) -> None:
        self._named: Mapping[Scalar, str] = _names(set(taken), scalars)
        self._latest = [scalar for _, scalar in scalars[-5:]]  # the network's own quantities
        self._known: dict[Scalar, sympy.Expr | None] = {}
        self._results: dict[Scalar, list[int]] = {}

    def name(self, scalar: Scalar) -> str | None:
        """The scalar's name in `definitions`; None for numbers and symbols, and for what has no closed form."""
        name = self._named.get(scalar) or None
        return name if name is not None and self.reason(scalar) is None else None

    @cached_property
    def closures(self) -> close.Closures:
        return close.close(list(self._named), self._latest)

    def reason(self, scalar: Scalar) -> str | None:
        """Why there is no closed form in the depth; None where there is one."""
        for index in self._loops(scalar):
            result = self.closures.results.get(index)
            if isinstance(result, close.NotClosed):
                return result.reason
        return None

    def upper(self, scalar: Scalar) -> tuple[str, ...]:
        """Why the closed form may exceed what the recursion computes; empty where it is exact."""
        if not self._loops(scalar):
            return ()
        return close.reasons(scalar, self.closures)

    def has_loops(self, scalar: Scalar) -> bool:
        """Whether a symbolic number of passes is in it."""
        return bool(self._loops(scalar))

    def _loops(self, scalar: Scalar) -> list[int]:
        """The results of loops that a scalar is made of, those inside the definitions of coefficients included."""
        if not self.closures.results:
            return []
        if scalar not in self._results:
            nodes = scalar.arena.nodes
            needed = scalar.arena.needed([scalar.index])
            self._results[scalar] = [i for i in needed if nodes[i].op is Op.RESULT and not nodes[i].free]
        return self._results[scalar]

    def expression(self, scalar: Scalar) -> sympy.Expr | None:
        """One expression in the spec's symbols; None where it is too long, or a loop in it does not close."""
        if scalar not in self._known:
            self._known[scalar] = self._expression(scalar)
        return self._known[scalar]

    def _expression(self, scalar: Scalar) -> sympy.Expr | None:
        if self.reason(scalar) is not None:
            return None
        given = self.closures.expressions
        if not given or not self._loops(scalar):
            return to_sympy(scalar, EXPRESSION_CAP, given) if self._sizes.get(scalar, 0) <= EXPRESSION_CAP else None
        if self._sizes.get(scalar, 0) <= CLOSED_CAP and (result := self._put_in(scalar, given)) is not None:
            return result
        return self._put_in(scalar, self.closures.written)

    def _put_in(self, scalar: Scalar, given: Mapping[int, sympy.Expr]) -> sympy.Expr | None:
        """The expression with these forms of loops and what their symbols stand for; None where it is too long."""
        result = to_sympy(scalar, CLOSED_CAP, given)
        if result is None:
            return None
        parts: dict[sympy.Basic, sympy.Expr] = {}
        waiting = set(result.free_symbols)
        for symbol, part in reversed(self.closures.definitions):
            if symbol in waiting:
                value = to_sympy(part, CLOSED_CAP, given)
                if value is None:
                    return None
                parts[symbol] = value
                waiting |= value.free_symbols
        sizes: dict[sympy.Basic, int] = {}
        values: dict[sympy.Basic, sympy.Basic] = {}
        for symbol, value in reversed(parts.items()):  # first things first: what is too long is never built
            sizes[symbol] = expression_size(value, sizes)
        if expression_size(result, sizes) > CLOSED_CAP:
            return None
        for symbol, value in reversed(parts.items()):
            values[symbol] = replaced(value, values)
        return replaced(result, values)

    @cached_property
    def _sizes(self) -> Mapping[Scalar, int]:
        scalars = [scalar for scalar in self._named if self.reason(scalar) is None]
        return dict(zip(scalars, tree_size(scalars, self.closures.expressions), strict=True))

    def has_many(self, names: Collection[str], count: int) -> bool:
        """Whether some named scalars are made of more than `count` others that have names: told without any definition."""
        wanted = [scalar for scalar, name in self._named.items() if name and name in names]
        if not wanted:
            return False
        needed = set(wanted[0].arena.needed(scalar.index for scalar in wanted))
        return sum(bool(name) and scalar.index in needed for scalar, name in self._named.items()) > count

    @cached_property
    def definitions(self) -> list[tuple[str, sympy.Expr]]:
        """Every named scalar in terms of those before it; growth factors and coefficients of closed forms stand before their
        first use. A coefficient may be negative, and has no value where growth factors coincide: no case there uses it."""
        return self._defined(Expressions())

    @cached_property
    def written_definitions(self) -> list[tuple[str, str]]:
        """The same as text in Python syntax, in the order of the program."""
        return [(name, text.whole) for name, text in self._defined(Texts())]

    def _defined(self, algebra: Algebra[V]) -> list[tuple[str, V]]:
        named: list[tuple[str, Scalar]] = []
        waiting = dict(self.closures.definitions)
        for scalar, name in self._named.items():
            if not name or self.reason(scalar) is not None:
                continue
            for symbol in self._coefficients(scalar):
                if symbol in waiting:
                    named.append((symbol.name, waiting.pop(symbol)))
            named.append((name, scalar))
        try:
            return definitions(named, algebra, closed=self.closures.written)
        except NotClosed:
            return []

    def _coefficients(self, scalar: Scalar) -> Sequence[sympy.Symbol]:
        """The symbols with definitions that a definition of the scalar uses, and those that they use, first things first."""
        if not self.closures.definitions:
            return ()
        used = self._written_symbols(scalar)
        found: list[sympy.Symbol] = []
        for symbol, part in reversed(self.closures.definitions):
            if symbol in used:
                found.append(symbol)
                used |= self._written_symbols(part)
        return found[::-1]

    def _written_symbols(self, scalar: Scalar) -> set[sympy.Basic]:
        """The symbols of what is written for a scalar, with the closed forms of its loops."""
        written, nodes = self.closures.written, scalar.arena.nodes
        parts = (written.get(i, nodes[i].payload) for i in scalar.arena.needed([scalar.index], stop=written.keys()))
        return set[sympy.Basic]().union(*(part.free_symbols for part in parts if isinstance(part, sympy.Expr)))


def _names(taken: set[str], scalars: Sequence[tuple[str, Scalar]]) -> Mapping[Scalar, str]:
    """An identifier for each scalar, empty for a number and a symbol; the first of several names counts."""
    found: dict[Scalar, str] = {}
    for name, scalar in scalars:
        if scalar in found:
            continue
        if isinstance(scalar.node.payload, sympy.Rational | sympy.Symbol):
            found[scalar] = ""
            continue
        fitting = _NOT_OF_NAMES.sub("_", name.replace(".*", ""))
        while fitting in taken:
            fitting += "_"
        taken.add(fitting)
        found[scalar] = fitting
    return found


def used(definitions: Sequence[tuple[str, sympy.Expr]], wanted: Iterable[str]) -> list[tuple[str, sympy.Expr]]:
    """The definitions that some of them are made of, in order."""
    needed = set(wanted)
    found: list[tuple[str, sympy.Expr]] = []
    for name, value in reversed(definitions):
        if name in needed:
            needed |= {symbol.name for symbol in value.free_symbols if isinstance(symbol, sympy.Symbol)}
            found.append((name, value))
    return found[::-1]
