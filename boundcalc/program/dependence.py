"""Which symbols the nodes of a program depend on."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from boundcalc.program.ir import Scalar


def free_symbols(scalars: Sequence[Scalar]) -> list[frozenset[sympy.Symbol]]:
    """The symbols below each scalar, found in one sweep over the shared nodes."""
    if not scalars:
        return []
    arena = scalars[0].arena
    known: dict[frozenset[sympy.Symbol], frozenset[sympy.Symbol]] = {}  # equal sets are one object
    found: dict[int, frozenset[sympy.Symbol]] = {}
    for index in arena.needed(s.index for s in scalars):
        node = arena.nodes[index]
        if isinstance(node.payload, sympy.Expr):
            symbols = frozenset(s for s in node.payload.free_symbols if isinstance(s, sympy.Symbol))
        else:
            symbols = frozenset[sympy.Symbol]().union(*(found[arg] for arg in node.args))
        found[index] = known.setdefault(symbols, symbols)
    return [found[s.index] for s in scalars]
