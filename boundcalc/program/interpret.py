"""The one sweep over a program, for every reading of it.

A program is a list of nodes in which arguments come first. To read it means to give each node a value, made of the values of
its arguments: a certified number, an array of logarithms, the size of the expanded tree, a SymPy expression, the symbols
below, the leading power in one symbol, a polynomial in the states of a loop, a form in the seeds of the blocks, the name of a
Python variable. What differs is an `Algebra`: one method for each operation of the program. What is common is here, and only
here: the order, that every node is computed once, how the body of a loop is computed again in each pass, and how the results of
a loop come out of it. So a new reading is an algebra, and a new operation of the program is one method of each.

Loops. The nodes under a loop fall into those that its states do not reach, which are computed once, before it, and its body.
An algebra is given the loop as `Passes`: the values before it, the number of passes, and `step`, which makes one pass. It
decides what to do with them: run `step` as often as it says (numbers), not at all because a matrix power is quicker (numbers,
where there is one), once with values that stand for any state (sizes, symbols, statements), or refuse (expressions).

Two ways in besides: `known` gives values to nodes that are not read any further (closed forms of loops, names, the states of a
pass), and `bind` is told the value of each node as its turn comes, those known included, and says what its users see instead
(a name in place of what it names).

What runs backwards, from the output to the leaves, is no fold: `backward` is the sweep for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Protocol

import sympy

from boundcalc.program.arithmetic import Folds, V
from boundcalc.program.ir import Arena, Loop, Op

Bind = Callable[[int, V], V]


@dataclass(frozen=True, slots=True)
class Passes(Generic[V]):
    """A loop as an algebra sees it. `value` gives the values of the nodes outside its body, `step` the states after one
    more pass; it fills the nodes of the body anew, so that only the last pass can be looked at."""

    arena: Arena
    index: int
    loop: Loop
    value: Callable[[int], V]
    step: Callable[[Sequence[V]], list[V]]

    @property
    def starts(self) -> list[V]:
        return [self.value(i) for i in self.loop.starts]

    @property
    def times(self) -> V:
        return self.value(self.loop.times)


class Algebra(Folds[V], Protocol[V]):
    """A reading of programs: the value of a node from the values of its arguments."""

    def leaf(self, expression: sympy.Expr, /) -> V: ...

    def select(self, index: int, op: Op, keys: Sequence[V], values: Sequence[V], /) -> V:
        """The value that belongs to the first extreme key: least for `Op.MIN`, greatest for `Op.MAX`; `index` says
        where, for ties."""
        ...

    def loop(self, passes: Passes[V], /) -> Sequence[V]:
        """The states after the last pass."""
        ...


def interpret(
    arena: Arena,
    roots: Iterable[int],
    algebra: Algebra[V],
    known: Mapping[int, V] | None = None,
    bind: Bind[V] | None = None,
) -> dict[int, V]:
    """The values of the nodes that `roots` are made of, as far as no state of a loop reaches them; raises as the algebra."""
    given: Mapping[int, V] = {} if known is None else known
    order = unbound(arena, arena.needed(roots, given.keys()))
    return sweep(arena, order, algebra, {i: given[i] for i in order if i in given}, bind)


def unbound(arena: Arena, order: Iterable[int]) -> list[int]:
    """What `sweep` takes of the nodes needed: no bodies, which belong to their loops."""
    return [i for i in order if not arena.nodes[i].free]


def sweep(
    arena: Arena,
    order: Iterable[int],
    algebra: Algebra[V],
    known: Mapping[int, V] | None = None,
    bind: Bind[V] | None = None,
) -> dict[int, V]:
    """The values of the nodes in `order`, arguments first, and of those known; raises as the algebra."""
    sweeping = _Sweep(arena, algebra, {} if known is None else known, bind)
    sweeping.run(order)
    return sweeping.values


class _Sweep(Generic[V]):
    """One sweep under way. No method is kept in it: a cycle would keep the values until the collector comes."""

    def __init__(self, arena: Arena, algebra: Algebra[V], known: Mapping[int, V], bind: Bind[V] | None) -> None:
        self.values = dict(known)
        self._arena = arena
        self._algebra = algebra
        self._known = known
        self._bind = bind
        self._finals: dict[int, Sequence[V]] = {}
        self._bodies: dict[int, list[int]] = {}

    def run(self, indices: Iterable[int]) -> None:
        nodes, values, known, algebra, bind = self._arena.nodes, self.values, self._known, self._algebra, self._bind
        folds: Mapping[Op, Callable[[Sequence[V]], V]] = {
            Op.ADD: algebra.add,
            Op.MUL: algebra.multiply,
            Op.MIN: algebra.minimum,
            Op.MAX: algebra.maximum,
            Op.HYPOT: algebra.hypot,
        }
        for index in indices:
            node = nodes[index]
            if known and index in known:
                value = known[index]
            elif (fold := folds.get(node.op)) is not None:
                value = fold([values[arg] for arg in node.args])
            elif isinstance(node.payload, Fraction):
                value = algebra.power(values[node.args[0]], node.payload)
            elif isinstance(node.payload, sympy.Expr):
                value = algebra.leaf(node.payload)
            elif isinstance(node.payload, Loop):
                self._finals[index] = algebra.loop(self._passes(index, node.payload))
                continue
            elif isinstance(node.payload, int):
                value = self._finals[node.args[0]][node.payload]
            elif isinstance(node.payload, Op):
                arguments, half = [values[arg] for arg in node.args], len(node.args) // 2
                value = algebra.select(index, node.payload, arguments[:half], arguments[half:])
            else:
                raise AssertionError(node.op)
            values[index] = value if bind is None else bind(index, value)

    def _passes(self, index: int, loop: Loop) -> Passes[V]:
        body = self._bodies.get(index)
        if body is None:
            body = self._bodies[index] = self._arena.body(index)

        def step(state: Sequence[V]) -> list[V]:
            self.values.update(zip(loop.states, state, strict=True))
            self.run(body)
            return [self.values[i] for i in loop.results]

        return Passes(self._arena, index, loop, self.values.__getitem__, step)
