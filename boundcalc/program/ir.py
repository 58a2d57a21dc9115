"""The one intermediate representation: traced scalars, hash-consed, in a straight line.

A `Scalar` is a handle on a node of an `Arena` and has operators, so that a rule written for numbers traces a program
when it is called with scalars. Leaves are SymPy expressions in the spec's symbols alone; inner nodes are sums,
products, powers with a rational exponent, minima, maxima, Euclidean sums (hypot) and loops. Equal nodes are one node.
A node comes after its arguments, so a sweep over increasing indices is an evaluation order. Values of a bound are
nonnegative; only derivatives have signs, and they use one more node, `SELECT`: of several values the one whose key is
the least (or the greatest), which is what the derivative of a minimum (maximum) is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

import sympy

FLAT = 32  # arguments that an extremum takes over from one inside it; all would make a chain of them quadratic
# Rational constants are folded up to this many bits; then they stay nodes, so that depth cannot make numbers explode.
FOLD_BITS = 256
_NONE: frozenset[int] = frozenset()


class Op(Enum):
    LEAF = "leaf"  # payload: a SymPy expression
    VARIABLE = "variable"  # payload: a unique name; bound by a loop or by whoever evaluates
    ADD = "add"
    MUL = "mul"
    POW = "pow"  # payload: a Fraction
    MIN = "min"
    MAX = "max"
    HYPOT = "hypot"  # sqrt(sum of squares); the entrywise rule for concatenation
    SELECT = "select"  # payload: Op.MIN or Op.MAX; args: keys, then as many values; the value of the first extreme key
    LOOP = "loop"  # payload: Loop; args: starts, then results, then times
    RESULT = "result"  # payload: which state of the loop args[0]
    __hash__ = object.__hash__  # Python's own hashes the name, in Python: sweeps look up an operation for every node


@dataclass(frozen=True, slots=True)
class Loop:
    """`states` (variable nodes) are replaced by `results` (nodes in the states) `times` times, from `starts`."""

    states: tuple[int, ...]
    starts: tuple[int, ...]
    results: tuple[int, ...]
    times: int


Payload = sympy.Expr | str | Fraction | Loop | Op | int | None


class Node(NamedTuple):
    """A tuple, for speed: deep programs have hundreds of thousands."""

    op: Op
    args: tuple[int, ...]
    payload: Payload
    free: frozenset[int]  # the variable nodes it depends on; a loop binds its states


class Arena:
    """The nodes of one program, in order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        # By the arguments, and the payload where there is one.
        self._index: dict[Op, dict[object, int]] = {op: {} for op in Op}
        self.rationals: dict[int, sympy.Rational] = {}  # the nodes that are rational numbers
        self._variables = 0
        self.zero = self.leaf(sympy.S.Zero)
        self.one = self.leaf(sympy.S.One)

    def __len__(self) -> int:
        return len(self.nodes)

    def leaf(self, value: sympy.Expr | int) -> Scalar:
        return self._node(Op.LEAF, (), value if isinstance(value, sympy.Expr) else sympy.sympify(value))

    def variable(self, hint: str) -> Scalar:
        """A fresh variable; `hint` is for people who read a dump."""
        self._variables += 1
        return self._node(Op.VARIABLE, (), f"{hint}#{self._variables}")

    def loop(
        self, states: Sequence[Scalar], starts: Sequence[Scalar], results: Sequence[Scalar], times: Scalar
    ) -> tuple[Scalar, ...]:
        """The states after `times` passes of `states <- results`, from `starts` (all in this arena)."""
        if not len(states) == len(starts) == len(results):
            raise ValueError("a loop needs one start and one result for each state")
        bound = frozenset(s.index for s in states)
        if len(bound) != len(states) or any(s.node.op is not Op.VARIABLE for s in states):
            raise ValueError("the states of a loop are distinct variables")
        if times.node.free & bound:
            raise ValueError("the number of passes of a loop may not depend on its states")
        payload = Loop(
            tuple(s.index for s in states), tuple(s.index for s in starts), tuple(s.index for s in results), times.index
        )
        node = self._node(Op.LOOP, (*payload.starts, *payload.results, payload.times), payload)
        return tuple(self._node(Op.RESULT, (node.index,), i) for i in range(len(states)))

    def select(self, op: Op, keys: Sequence[Scalar], values: Sequence[Scalar]) -> Scalar:
        """The value that belongs to the least (`Op.MIN`) or greatest (`Op.MAX`) key; at a tie the first."""
        if op not in (Op.MIN, Op.MAX) or len(keys) != len(values) or not keys:
            raise ValueError("select takes Op.MIN or Op.MAX and one value for each key")
        if all(v.index == values[0].index for v in values):
            return values[0]
        return self._node(Op.SELECT, (*(k.index for k in keys), *(v.index for v in values)), op)

    def scalar(self, index: int) -> Scalar:
        return Scalar(self, index)

    def needed(self, roots: Iterable[int], stop: Set[int] = frozenset()) -> list[int]:
        """The nodes that `roots` are made of (loop bodies too), arguments first; those in `stop` are not entered."""
        nodes, seen = self.nodes, set(roots)
        queue = list(seen)  # which grows: every sweep over a program begins here
        for index in queue:
            if index not in stop:
                for arg in nodes[index].args:
                    if arg not in seen:
                        seen.add(arg)
                        queue.append(arg)
        return sorted(seen)

    def body(self, index: int) -> list[int]:
        """The nodes that a pass of the loop at `index` computes, in order: inner bodies left out."""
        node = self.nodes[index]
        if not isinstance(node.payload, Loop):
            raise ValueError("not a loop")
        states = frozenset(node.payload.states)
        visible = states | node.free
        stack = [i for i in set(node.payload.results) if self.nodes[i].free & states]
        seen = set(stack)
        while stack:
            fresh = {arg for arg in self.nodes[stack.pop()].args if self.nodes[arg].free & states} - seen
            seen |= fresh
            stack.extend(fresh)
        return sorted(i for i in seen - states if self.nodes[i].free <= visible)

    def _node(self, op: Op, args: tuple[int, ...], payload: Payload) -> Scalar:
        known, key = self._index[op], args if payload is None else (args, payload)
        index = known.get(key)
        if index is None:
            index = known[key] = len(self.nodes)
            free = self._free(index, op, args, payload) if self._variables else _NONE
            if isinstance(payload, sympy.Rational):
                self.rationals[index] = payload
            self.nodes.append(Node(op, args, payload, free))
        return Scalar(self, index)

    def _free(self, index: int, op: Op, args: tuple[int, ...], payload: Payload) -> frozenset[int]:
        free = frozenset((index,)) if op is Op.VARIABLE else _NONE
        for arg in args:
            if below := self.nodes[arg].free:
                free |= below
        if isinstance(payload, Loop):
            free = (free - frozenset(payload.states)).union(*(self.nodes[i].free for i in payload.starts))
        return free

    def pair(self, op: Op, a: Scalar, b: Scalar) -> Scalar:
        """A sum or product of two, which most are."""
        if a.index in self.rationals or b.index in self.rationals:
            return self.combine(op, (a, b))
        return self._node(op, (a.index, b.index) if a.index <= b.index else (b.index, a.index), None)

    def combine(self, op: Op, scalars: Iterable[Scalar]) -> Scalar:
        """A sum, product, minimum, maximum or hypot of many, with identities and rational constants folded."""
        constants: list[sympy.Rational] = []
        others: list[int] = []
        for term in scalars:
            constant = self.rationals.get(term.index)
            if constant is None:
                others.append(term.index)
            else:
                constants.append(constant)
        if op in (Op.MIN, Op.MAX, Op.HYPOT):
            return self._extremum(op, constants, others)
        neutral = sympy.S.Zero if op is Op.ADD else sympy.S.One
        folded = neutral
        for constant in constants:
            result = folded + constant if op is Op.ADD else folded * constant
            if _bits(result) > FOLD_BITS:
                others.append(self.leaf(constant).index)
            else:
                folded = result
        if op is Op.MUL and folded is sympy.S.Zero:
            return self.zero
        if folded is not neutral:
            others.append(self.leaf(folded).index)
        if not others:
            return self.leaf(neutral)
        if len(others) == 1:
            return Scalar(self, others[0])
        return self._node(op, tuple(sorted(others)), None)

    def _extremum(self, op: Op, constants: list[sympy.Rational], others: list[int]) -> Scalar:
        if op is Op.HYPOT:
            args = [*others, *(self.leaf(c).index for c in constants if c is not sympy.S.Zero)]
            if not args:
                return self.zero
            if len(args) > 1:
                return self._node(op, tuple(sorted(args)), None)
            return Scalar(self, args[0])
        unique: set[int] = set()
        for index in others:  # min(c, min(c, y)) is min(c, y)
            node = self.nodes[index]
            for arg in node.args if node.op is op and len(node.args) <= FLAT else (index,):
                constant = self.rationals.get(arg)
                if constant is None:
                    unique.add(arg)
                else:
                    constants.append(constant)
        if constants:
            unique.add(self.leaf(min(constants) if op is Op.MIN else max(constants)).index)
        if len(unique) == 1:
            return Scalar(self, unique.pop())
        return self._node(op, tuple(sorted(unique)), None)

    def power(self, base: Scalar, exponent: Fraction) -> Scalar:
        if exponent == 0:
            return self.one
        if exponent == 1:
            return base
        if base.is_zero and exponent < 0:
            raise ZeroDivisionError("a negative power of zero")
        if base.is_zero or base.index == self.one.index:
            return base
        constant = base.rational
        if constant is not None and exponent.denominator == 1 and _bits(constant) * abs(exponent) <= FOLD_BITS:
            return self.leaf(constant ** int(exponent))
        inner = self.nodes[base.index]
        if inner.op is Op.POW and isinstance(inner.payload, Fraction):  # nonnegative bases: (x^a)^b = x^(ab)
            return self.power(Scalar(self, inner.args[0]), inner.payload * exponent)
        return self._node(Op.POW, (base.index,), exponent)


@dataclass(slots=True, eq=False)
class Scalar:
    """A traced nonnegative number; arithmetic appends to its arena. Not frozen only because that takes 2.5 times as long to make."""

    arena: Arena
    index: int

    @property
    def node(self) -> Node:
        return self.arena.nodes[self.index]

    @property
    def rational(self) -> sympy.Rational | None:
        return self.arena.rationals.get(self.index)

    @property
    def is_zero(self) -> bool:
        """Structurally zero: not a value that happens to be small."""
        return self.index == self.arena.zero.index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scalar) and other.arena is self.arena and other.index == self.index

    def __hash__(self) -> int:
        return hash((id(self.arena), self.index))

    def __add__(self, other: object) -> Scalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        zero = self.arena.zero.index  # most sums and products have a neutral side
        if zero in (self.index, other.index):
            return other if self.index == zero else self
        return self.arena.pair(Op.ADD, self, other)

    def __mul__(self, other: object) -> Scalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        zero, one = self.arena.zero.index, self.arena.one.index
        if self.index == one or other.index == zero:
            return other
        return self if other.index == one or self.index == zero else self.arena.pair(Op.MUL, self, other)

    def __truediv__(self, other: object) -> Scalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        return self * other.arena.power(other, Fraction(-1))

    def __pow__(self, exponent: int | Fraction) -> Scalar:
        return self.arena.power(self, Fraction(exponent))

    def minimum(self, *others: Scalar) -> Scalar:
        return self.arena.combine(Op.MIN, (self, *others))

    def maximum(self, *others: Scalar) -> Scalar:
        return self.arena.combine(Op.MAX, (self, *others))

    def hypot(self, *others: Scalar) -> Scalar:
        return self.arena.combine(Op.HYPOT, (self, *others))


def _bits(value: sympy.Rational) -> int:
    return max(int(value.p).bit_length(), int(value.q).bit_length())
