"""What the nodes of a program depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar

Symbols = frozenset[sympy.Symbol]


def free_symbols(scalars: Sequence[Scalar]) -> list[Symbols]:
    """The symbols below each scalar, found in one sweep over the shared nodes."""
    if not scalars:
        return []
    found = interpret(scalars[0].arena, [s.index for s in scalars], _SymbolsBelow())
    return [found[s.index] for s in scalars]


def dependents(arena: Arena, order: Iterable[int], sources: Set[int]) -> set[int]:
    """The nodes in `order` (arguments first) that are sources or have one below them."""
    found: set[int] = set()
    for i in order:
        if i in sources or not found.isdisjoint(arena.nodes[i].args):
            found.add(i)
    return found


def leaves_with(arena: Arena, order: Iterable[int], symbols: Set[sympy.Symbol]) -> set[int]:
    """The leaves in `order` that have one of the symbols."""
    nodes = arena.nodes
    return {
        i for i in order if isinstance(e := nodes[i].payload, sympy.Expr) and not symbols.isdisjoint(e.free_symbols)
    }


@dataclass(frozen=True, slots=True)
class _SymbolsBelow:
    known: dict[Symbols, Symbols] = field(default_factory=dict[Symbols, Symbols])  # equal sets are one object

    def leaf(self, expression: sympy.Expr) -> Symbols:
        return self._shared(frozenset(s for s in expression.free_symbols if isinstance(s, sympy.Symbol)))

    def add(self, terms: Sequence[Symbols]) -> Symbols:
        return self._shared(frozenset[sympy.Symbol]().union(*terms))

    multiply = minimum = maximum = hypot = add

    def power(self, base: Symbols, exponent: Fraction) -> Symbols:
        return base

    def select(self, index: int, op: Op, keys: Sequence[Symbols], values: Sequence[Symbols]) -> Symbols:
        return self.add([*keys, *values])

    def loop(self, passes: Passes[Symbols]) -> Sequence[Symbols]:
        """Every state counts for every other: what a pass takes reaches them all, sooner or later."""
        nothing = [frozenset[sympy.Symbol]()] * len(passes.loop.states)
        return [self.add([*passes.starts, *passes.step(nothing), passes.times])] * len(nothing)

    def _shared(self, symbols: Symbols) -> Symbols:
        return self.known.setdefault(symbols, symbols)
