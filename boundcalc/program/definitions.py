"""A program as a list of definitions, each in terms of those before it: in SymPy's expressions, in text, in any reading that is an
algebra. How large a definition grows is counted beside it, so that the names are the same in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Generic, NamedTuple

import sympy

from boundcalc.program.arithmetic import V
from boundcalc.program.interpret import Algebra, Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.to_sympy import OPEN, NotClosed
from boundcalc.program.tree_size import Size, Sizes, given_size

READABLE = 60  # nodes of a definition; what is larger is cut into several, whose names also share what occurs twice


def definitions(
    named: Sequence[tuple[str, Scalar]],
    algebra: Algebra[V],
    limit: int = READABLE,
    closed: Mapping[int, sympy.Expr] | None = None,
) -> list[tuple[str, V]]:
    """Each named scalar in terms of the names before it (as positive Symbols) and the spec's symbols.

    What lies between is written out unless its tree has more than `limit` nodes; then it gets a name t_1, t_2, ... of
    its own, as a closed form with cases does. A scalar that has a name already is defined as that name.

    Raises NotClosed, and ValueError for a name that is given twice.
    """
    if not named:
        return []
    arena, given = named[0][1].arena, closed or {}
    taken = {name for name, _ in named}
    if len(taken) < len(named):
        raise ValueError("a name is given twice")
    if any(scalar.node.free for _, scalar in named):
        raise NotClosed(OPEN)
    taken |= _symbol_names(arena, arena.needed((s.index for _, s in named), stop=given.keys()), given)
    fresh = (candidate for i in count(1) if (candidate := f"t_{i}") not in taken)
    with_cases = {i for i, expression in given.items() if expression.has(sympy.Piecewise)}
    known = {i: _Term(given_size(expression), algebra.leaf(expression)) for i, expression in given.items()}
    names: dict[int, V] = {}
    result: list[tuple[str, V]] = []

    def define(name: str, index: int, term: _Term[V]) -> _Term[V]:
        """From here on the name stands for the node."""
        result.append((name, term.written))
        symbol = sympy.Symbol(name, positive=True)
        names[index] = written = algebra.leaf(symbol)
        known[index] = _Term(Size(1, frozenset({symbol}), 0, is_sum=term.size.is_sum), written)
        return known[index]

    for name, scalar in named:
        root = scalar.index
        if isinstance(plain := scalar.node.payload, (sympy.Rational, sympy.Symbol)):  # a name would be longer
            result.append((name, algebra.leaf(plain)))
            continue
        if root in names:
            result.append((name, names[root]))
            continue

        def cut(index: int, term: _Term[V], root: int = root) -> _Term[V]:
            is_apart = index != root and index not in names and (term.size.nodes > limit or index in with_cases)
            return define(next(fresh), index, term) if is_apart else term

        define(name, root, interpret(arena, [root], _Terms(algebra), known, cut)[root])
    return result


def _symbol_names(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> set[str]:
    leaves = [arena.nodes[i].payload for i in order]
    expressions = [e for e in (*leaves, *given.values()) if isinstance(e, sympy.Expr)]
    return {str(symbol) for e in expressions for symbol in e.free_symbols}


class _Term(NamedTuple, Generic[V]):
    size: Size
    written: V


@dataclass(frozen=True, slots=True)
class _Terms(Generic[V]):
    """Both readings at once, for what is cut where it grows too large."""

    algebra: Algebra[V]
    sizes = Sizes()

    def leaf(self, expression: sympy.Expr) -> _Term[V]:
        return _Term(self.sizes.leaf(expression), self.algebra.leaf(expression))

    def add(self, terms: Sequence[_Term[V]]) -> _Term[V]:
        return _both(terms, self.sizes.add, self.algebra.add)

    def multiply(self, factors: Sequence[_Term[V]]) -> _Term[V]:
        return _both(factors, self.sizes.multiply, self.algebra.multiply)

    def power(self, base: _Term[V], exponent: Fraction) -> _Term[V]:
        return _Term(self.sizes.power(base.size, exponent), self.algebra.power(base.written, exponent))

    def minimum(self, terms: Sequence[_Term[V]]) -> _Term[V]:
        return _both(terms, self.sizes.minimum, self.algebra.minimum)

    def maximum(self, terms: Sequence[_Term[V]]) -> _Term[V]:
        return _both(terms, self.sizes.maximum, self.algebra.maximum)

    def hypot(self, terms: Sequence[_Term[V]]) -> _Term[V]:
        return _both(terms, self.sizes.hypot, self.algebra.hypot)

    def select(self, index: int, op: Op, keys: Sequence[_Term[V]], values: Sequence[_Term[V]]) -> _Term[V]:
        size = self.sizes.select(index, op, [key.size for key in keys], [value.size for value in values])
        written = self.algebra.select(index, op, [key.written for key in keys], [value.written for value in values])
        return _Term(size, written)

    def loop(self, passes: Passes[_Term[V]]) -> Sequence[_Term[V]]:
        raise NotClosed(OPEN)


def _both(
    terms: Sequence[_Term[V]], size: Callable[[Sequence[Size]], Size], write: Callable[[Sequence[V]], V]
) -> _Term[V]:
    return _Term(size([term.size for term in terms]), write([term.written for term in terms]))
