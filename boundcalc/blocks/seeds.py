"""Which seeds of parameter blocks the nodes of a program depend on, and in which degree.

A bound under `blocks: layer` is a form of degree 1 or 2 in the seeds; what is no form is found here, before any coefficient is
computed, and so is what the coefficients would cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import sympy

from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar


class Seeds(NamedTuple):
    """Below a node."""

    degree: int
    blocks: int  # the positions of the seeds, as the bits of a number

    @property
    def coefficients(self) -> int:
        """At most: one for each of the k blocks below a node of degree 1, k (k + 1) / 2 of degree 2."""
        k = self.blocks.bit_count()
        return (0, k, k * (k + 1) // 2)[self.degree]


def seeds_below(arena: Arena, roots: Sequence[int], seeds: Sequence[sympy.Symbol]) -> dict[int, Seeds]:
    """Of each node that `roots` are made of. Raises ValueError where a node is no form of degree <= 2."""
    return interpret(arena, roots, _Reading({seed: i for i, seed in enumerate(seeds)}))


def fits(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol], limit: int) -> bool:
    """Whether `entries` computes at most `limit` coefficients, those of the outputs counted again: each is asked for its
    norm."""
    if not outputs:
        return True
    arena, asked = outputs[0].arena, frozenset(o.index for o in outputs)
    total = 0

    def counted(index: int, found: Seeds) -> Seeds:
        nonlocal total
        total += found.coefficients * (1 + (index in asked))
        if total > limit:
            raise _TooManyError
        return found

    try:
        interpret(arena, list(asked), _Reading({seed: i for i, seed in enumerate(seeds)}), bind=counted)
    except _TooManyError:  # the blocks of what comes after it may need much memory
        return False
    return True


class _TooManyError(Exception):
    pass


def is_linear_in_seeds(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol]) -> bool:
    """Whether the outputs are polynomials in the seeds: no hypot and no maximum of quantities that depend on them.

    Then p and 2 Q s are gradients, and need no entries.
    """
    if not outputs:
        return True
    arena = outputs[0].arena
    found = seeds_below(arena, [o.index for o in outputs], seeds)
    return not any(below.degree and arena.nodes[i].op in (Op.HYPOT, Op.MAX) for i, below in found.items())


def no_form(op: Op) -> ValueError:
    return ValueError(f"a {op.value} of quantities that depend on the parameter blocks")


@dataclass(frozen=True, slots=True)
class _Reading:
    positions: Mapping[sympy.Symbol, int]

    def leaf(self, expression: sympy.Expr) -> Seeds:
        if isinstance(expression, sympy.Symbol) and expression in self.positions:
            return Seeds(1, 1 << self.positions[expression])
        if not self.positions.keys().isdisjoint(expression.free_symbols):
            raise no_form(Op.LEAF)
        return Seeds(0, 0)

    def add(self, terms: Sequence[Seeds]) -> Seeds:
        return self._same(Op.ADD, terms)

    def hypot(self, terms: Sequence[Seeds]) -> Seeds:
        return self._same(Op.HYPOT, terms)

    def multiply(self, factors: Sequence[Seeds]) -> Seeds:
        degree = sum(factor.degree for factor in factors)
        if degree > 2:
            raise no_form(Op.MUL)
        return Seeds(degree, _blocks(factors))

    def power(self, base: Seeds, exponent: Fraction) -> Seeds:
        if base.degree and (base.degree, exponent) != (1, 2):
            raise no_form(Op.POW)
        return Seeds(2 * base.degree, base.blocks)

    def minimum(self, terms: Sequence[Seeds]) -> Seeds:
        return self._none(Op.MIN, terms)

    def maximum(self, terms: Sequence[Seeds]) -> Seeds:
        return self._same(Op.MAX, terms)

    def select(self, index: int, op: Op, keys: Sequence[Seeds], values: Sequence[Seeds]) -> Seeds:
        return self._none(Op.SELECT, [*keys, *values])

    def loop(self, passes: Passes[Seeds]) -> Sequence[Seeds]:
        states = [Seeds(0, 0)] * len(passes.loop.states)
        return [self._none(Op.LOOP, [*passes.starts, *passes.step(states), passes.times])] * len(states)

    def _same(self, op: Op, args: Sequence[Seeds]) -> Seeds:
        if len({arg.degree for arg in args}) > 1:
            raise no_form(op)
        return Seeds(args[0].degree, _blocks(args))

    def _none(self, op: Op, args: Sequence[Seeds]) -> Seeds:
        if any(arg.degree for arg in args):
            raise no_form(op)
        return Seeds(0, 0)


def _blocks(args: Sequence[Seeds]) -> int:
    blocks = 0
    for arg in args:
        blocks |= arg.blocks
    return blocks
