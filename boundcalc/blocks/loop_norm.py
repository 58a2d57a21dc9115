"""||p||^2 of a first-order form that passes through loops with fresh parameters: loop by loop, start by start."""

from __future__ import annotations

from collections.abc import Mapping, Set

import sympy

from boundcalc.blocks.loop_entries import NotLinearError, linear_form, squared_entries
from boundcalc.program.depth.lift import loop_at
from boundcalc.program.ir import Op, Scalar

Made = Mapping[sympy.Symbol, Set[int]]  # of every seed: the variables of the loops that make its block in each pass


def squared_norm(lipschitz: Scalar, made: Made) -> Scalar:
    """The sum of the squared entries of l(s), which is linear in the seeds and in the results of loops over them.

    Blocks that a loop makes in each pass are different blocks, so their squares add up, and so do those of what stands
    behind different seeds and loop results. Raises NotLinearError where the same block is reached in two ways, or in
    more than one pass.
    """
    arena = lipschitz.arena
    reached = _Reached(made)
    order = arena.needed([lipschitz.index])
    keys = {
        i
        for i in order
        if not arena.nodes[i].free
        and (arena.nodes[i].payload in made or (arena.nodes[i].op is Op.RESULT and reached.blocks(arena.scalar(i))))
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
        total = total + coefficient**2 * _squared(scalar, made)
    return total


def _squared(scalar: Scalar, made: Made) -> Scalar:
    """The squared entries behind one key: 1 for a seed, the loop over the squares for a loop's result."""
    arena, node = scalar.arena, scalar.node
    if node.op is not Op.RESULT:
        return arena.one
    loop = loop_at(arena, node.args[0])
    position = node.payload
    assert isinstance(position, int)
    reached = _Reached(made)
    inside = frozenset[sympy.Symbol]().union(*(reached.blocks(arena.scalar(i)) for i in loop.results))
    if not all(made[seed] >= frozenset(loop.states) for seed in inside):
        raise NotLinearError("a block from outside is the same one in every pass")
    if inside & frozenset[sympy.Symbol]().union(*(reached.blocks(arena.scalar(i)) for i in loop.starts)):
        raise NotLinearError("a block of the loop is used before it as well")
    start = squared_norm(arena.scalar(loop.starts[position]), made)
    return squared_entries(arena, node.args[0], position, [arena.leaf(seed) for seed in made], start)


class _Reached:
    """The seeds below a node."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def blocks(self, scalar: Scalar) -> frozenset[sympy.Symbol]:
        arena = scalar.arena
        found = (arena.nodes[i].payload for i in arena.needed([scalar.index]))
        return frozenset(s for s in found if isinstance(s, sympy.Symbol) and s in self._made)
