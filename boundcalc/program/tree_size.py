"""How large the expanded tree of a program is, counted on the shared nodes: nothing that would not fit is ever built.

Sums inside sums of numbers, or of numbers and one symbol, are soon too large, whatever their size: SymPy asks each whether it
is infinite or negative, and finds out by numbers in a time that doubles with each sum inside. Nobody reads them either; in
definitions they get names, which are positive because they say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import sympy

from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar

SATURATION = 10**18  # sizes grow exponentially with depth; counting stops here
LITERAL_CAP = 300  # nodes of a subtree without symbols; a longer one has a number and a definition, but no expression
NESTED_SUMS = 8  # sums inside sums of a subtree with one symbol at most; half as many with irrational sums in them


class Size(NamedTuple):
    """Of the tree below a node. What SymPy cannot build soon has SATURATION nodes."""

    nodes: int
    symbols: frozenset[sympy.Basic]  # two of them where there are more
    sums: int  # how many are inside each other
    rational: bool = False  # SymPy multiplies it out
    is_sum: bool = False
    irrational: bool = False  # holds sums of numbers, as (1 + erf(1))/2, in which SymPy finds roots slowly


def tree_size(scalars: Sequence[Scalar], closed: Mapping[int, sympy.Expr] | None = None) -> list[int]:
    """The number of nodes of the expanded trees (SymPy's inside the leaves counted), at most SATURATION, which is the
    size of what is longer or deeper than LITERAL_CAP and NESTED_SUMS allow. `closed` are nodes that are known otherwise."""
    if not scalars:
        return []
    known = {i: given_size(expression) for i, expression in (closed or {}).items()}
    found = interpret(scalars[0].arena, [s.index for s in scalars], Sizes(), known)
    return [found[s.index].nodes for s in scalars]


@lru_cache(maxsize=4096)  # all expressions of a program are made with the same loops
def given_size(expression: sympy.Expr) -> Size:
    """Of an expression that exists already: it counts as it is."""
    return Size(expression_size(expression), frozenset(islice(expression.free_symbols, 2)), 0)


def expression_size(expression: sympy.Expr, sizes: Mapping[sympy.Basic, int] | None = None) -> int:
    """The number of nodes of SymPy's tree; `sizes` are those of what symbols stand for."""
    count = 0
    stack: list[sympy.Basic] = [expression]
    while stack:
        node = stack.pop()
        count += sizes.get(node, 1) if sizes else 1
        stack.extend(node.args)
    return count


class Sizes:
    """The reading as sizes."""

    __slots__ = ()

    def leaf(self, expression: sympy.Expr) -> Size:
        return _leaf(expression)

    def add(self, terms: Sequence[Size]) -> Size:
        """A sum inside a sum is the same sum."""
        sums = max(term.sums + (not term.is_sum) for term in terms)
        return _over(terms, 1, sums, all(term.rational for term in terms))._replace(is_sum=True)

    def multiply(self, factors: Sequence[Size]) -> Size:
        return _over(factors, 1, _sums(factors), all(factor.rational for factor in factors))

    minimum = maximum = multiply

    def power(self, base: Size, exponent: Fraction) -> Size:
        return _over([base], 2, base.sums, base.rational and exponent.denominator == 1)

    def hypot(self, terms: Sequence[Size]) -> Size:
        return _over(terms, 3 + 2 * len(terms), _sums(terms) + 1)

    def select(self, index: int, op: Op, keys: Sequence[Size], values: Sequence[Size]) -> Size:
        both = [*keys, *values]
        return _over(both, 1, _sums(both))

    def loop(self, passes: Passes[Size]) -> list[Size]:
        """As it is printed, once: the starts, the pass, the number of passes."""
        states = [Size(1, frozenset(), 0)] * len(passes.loop.states)
        parts = [*passes.starts, *passes.step(states), passes.times]
        whole = _over(parts, 1, _sums(parts))
        return [_over([whole], 1, whole.sums)] * len(states)


@lru_cache(maxsize=4096)  # definitions meet the same leaves again and again
def _leaf(expression: sympy.Expr) -> Size:
    if isinstance(expression, (sympy.Rational, sympy.Symbol)):
        return _limited(1, expression.free_symbols, 0, isinstance(expression, sympy.Rational), irrational=False)
    irrational = any(not part.free_symbols for part in expression.atoms(sympy.Add))
    sums = _nested_sums(expression)
    return _limited(expression_size(expression), expression.free_symbols, sums, False, irrational)


def _sums(args: Sequence[Size]) -> int:
    return max(arg.sums for arg in args)


def _over(args: Sequence[Size], own: int, sums: int, rational: bool = False) -> Size:
    symbols = args[0].symbols.union(*(arg.symbols for arg in args[1:]))
    irrational = any(arg.irrational for arg in args)
    return _limited(own + sum(arg.nodes for arg in args), symbols, sums, rational, irrational)


def _limited(nodes: int, symbols: Set[sympy.Basic], sums: int, rational: bool, irrational: bool) -> Size:
    deep = len(symbols) < 2 and sums * (1 + irrational) > NESTED_SUMS
    long = deep or (not symbols and nodes > LITERAL_CAP)
    nodes = SATURATION if long and not rational else min(SATURATION, nodes)
    return Size(nodes, frozenset(islice(symbols, 2)), sums, rational, irrational=irrational)


def _nested_sums(expression: sympy.Basic) -> int:
    return max((_nested_sums(arg) for arg in expression.args), default=0) + isinstance(expression, sympy.Add)
