"""Maps that have no finite constants on all reals, with those that hold up to the largest entry that reaches them.

The largest entry is a number only at values of its symbols: these are kept, as those of a size are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from boundcalc.calculus.euclidean import Euclidean, Jet
from boundcalc.calculus.extended import Extended, Unbounded
from boundcalc.calculus.primitives import FixedPoint, Map, PrimitiveGraph, Repeat
from boundcalc.calculus.trace import trace
from boundcalc.exact import decimals
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena

DIGITS = 12  # of a largest entry


def narrowed(graph: LayerGraph, primitives: PrimitiveGraph) -> PrimitiveGraph:
    """The primitives with finite constants in place of infinite ones, where the largest entry has a value."""
    wide = {i for i, p in enumerate(primitives.primitives) if isinstance(p, Map) and p.entry.within is not None}
    for at, primitive in enumerate(primitives.primitives):
        if isinstance(primitive, (Repeat, FixedPoint)):  # in a pass, the largest entry is not one number
            wide -= set(range(at, primitive.last + 1))
    if not wide:
        return primitives
    found: dict[int, Map] = {}

    def narrow(at: int, rule: Map, of: Jet) -> Map:
        if at in wide and (most := _most(graph, primitives.owners[at], of.sup)) is not None:
            entries = sympy.Mul(*primitives.shapes[at])
            found[at] = rule = _within(rule, most, entries)
        return rule

    trace(primitives, _Narrowing(Arena(), narrow=narrow))
    return replace(primitives, primitives=tuple(found.get(i, p) for i, p in enumerate(primitives.primitives)))


def _same(at: int, rule: Map, of: Jet) -> Map:
    return rule


@dataclass(frozen=True, slots=True)
class _Narrowing(Euclidean):
    """The Euclidean calculus; `narrow` says which map stands for one, from the jet of its argument."""

    narrow: Callable[[int, Map, Jet], Map] = _same

    def map(self, at: int, rule: Map, of: Jet) -> Jet:
        return Euclidean.map(self, at, self.narrow(at, rule, of), of)


def _most(graph: LayerGraph, owner: str, sup: Extended) -> Fraction | None:
    """The largest entry, rounded up, at the values of the symbols, which are kept; None where one has no value."""
    if isinstance(sup, Unbounded):
        return None
    arena, place, conditions = sup.arena, graph.node(owner).place, graph.conditions
    leaves = [arena.nodes[i].payload for i in arena.needed([sup.index])]
    symbols = {s for leaf in leaves if isinstance(leaf, sympy.Expr) for s in leaf.free_symbols}
    values = {s: conditions.exact(s, place) for s in symbols if isinstance(s, sympy.Symbol)}
    if any(value.free_symbols for value in values.values()):
        return None
    try:
        (number,) = evaluate([sup], values)
    except ArithmeticError:
        return None
    for symbol in sorted(values, key=str):
        conditions.same(symbol, values[symbol], place)
    return Fraction(decimals.upper_decimal(number, DIGITS))


def _within(rule: Map, most: Fraction, entries: sympy.Expr) -> Map:
    """The map up to a largest entry; as it is where its constants are not found there."""
    assert rule.entry.within is not None
    try:
        return replace(rule, entry=rule.entry.within(most).instantiate(entries=entries))
    except ArithmeticError:
        return rule
