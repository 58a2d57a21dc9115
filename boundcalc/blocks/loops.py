"""||p||^2 of a first-order form that passes through loops with fresh parameters: loop by loop, start by start."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from boundcalc.blocks.loop_entries import NotLinearError, linear_form, squared_entries
from boundcalc.program.depth.lift import loop_at
from boundcalc.program.ir import Op, Scalar


def squared_norm(lipschitz: Scalar, seeds: Iterable[sympy.Symbol]) -> Scalar:
    """The sum of the squared entries of l(s), which is linear in the seeds and in the results of loops over them.

    Every loop gives its passes blocks of their own, so the entries behind different loop results and seeds are different
    blocks, and their squares add up. Raises NotLinearError where the same block is reached in two ways.
    """
    arena = lipschitz.arena
    known = frozenset(seeds)
    reached = _Reached(known)
    order = arena.needed([lipschitz.index])
    keys = {
        i
        for i in order
        if not arena.nodes[i].free
        and (arena.nodes[i].payload in known or (arena.nodes[i].op is Op.RESULT and reached.blocks(arena.scalar(i))))
    }
    if lipschitz.is_zero:
        return arena.zero
    outermost = {i for i in arena.needed([lipschitz.index], stop=keys) if i in keys}
    form = linear_form(arena, lipschitz.index, outermost)
    used: set[sympy.Symbol] = set()
    total = arena.zero
    for index, coefficient in form.items():
        scalar = arena.scalar(index)
        blocks = reached.blocks(scalar)
        if used & blocks:
            raise NotLinearError("a block reaches the output through a loop and beside it")
        used |= blocks
        total = total + coefficient**2 * _squared(scalar, known)
    return total


def _squared(scalar: Scalar, seeds: frozenset[sympy.Symbol]) -> Scalar:
    """The squared entries behind one key: 1 for a seed, the loop over the squares for a loop's result."""
    arena, node = scalar.arena, scalar.node
    if node.op is not Op.RESULT:
        return arena.one
    loop = loop_at(arena, node.args[0])
    position = node.payload
    assert isinstance(position, int)
    outside = arena.needed([loop.results[position]], stop=frozenset(loop.states))
    fresh = [arena.scalar(i) for i in outside if arena.nodes[i].payload in seeds]
    start = squared_norm(arena.scalar(loop.starts[position]), seeds)
    reached = _Reached(seeds)
    if reached.blocks(arena.scalar(loop.starts[position])) & {s.node.payload for s in fresh}:
        raise NotLinearError("a block of the loop is used before it as well")
    return squared_entries(arena, node.args[0], position, fresh, start)


class _Reached:
    """The seeds below a node."""

    def __init__(self, seeds: frozenset[sympy.Symbol]) -> None:
        self._seeds = seeds

    def blocks(self, scalar: Scalar) -> frozenset[sympy.Symbol]:
        arena = scalar.arena
        found = (arena.nodes[i].payload for i in arena.needed([scalar.index]))
        return frozenset(s for s in found if isinstance(s, sympy.Symbol) and s in self._seeds)
