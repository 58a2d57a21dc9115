"""A pass of a loop as polynomials in the carried states.

Sums, products and whole powers are polynomials already. What is none (a Euclidean sum, a maximum, a minimum) is
replaced by one that is no smaller, and the reason is kept (`upper`); what cannot be replaced is an answer too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain
from typing import Generic

import sympy

from boundcalc.program.depth.polynomial import Algebra, C, DegreeError, Polynomial, product, total
from boundcalc.program.depth.span import Lift, NotLifted, span
from boundcalc.program.ir import Arena, Loop, Node, Op


class _StopError(Exception):
    pass


def lift(
    arena: Arena, index: int, algebra: Algebra[C], branch: int = 0, varying: frozenset[int] = frozenset()
) -> Lift[C] | NotLifted:
    """The loop at node `index`: every state's image as a polynomial in the states.

    `branch` is the side of a minimum to take (those that no state reaches come first). Nodes that depend on the
    variables in `varying`, the states of loops around this one, are carried as states that keep their value, after the
    loop's own.
    """
    try:
        return _Tracer(arena, index, algebra, branch, varying).trace()
    except (_StopError, DegreeError) as stop:
        return NotLifted(str(stop))


def branches(arena: Arena, index: int) -> int:
    """How many values of `branch` may differ: the sides of the widest minimum over carried states; 1 without any."""
    widest = 1
    for i in arena.body(index):
        node = arena.nodes[i]
        if node.op is Op.MIN:
            widest = max(widest, len(node.args))
        elif node.op is Op.LOOP:
            widest = max(widest, branches(arena, i))
    return widest


def loop_at(arena: Arena, index: int) -> Loop:
    payload = arena.nodes[index].payload
    if not isinstance(payload, Loop):
        raise ValueError("not a loop")
    return payload


def _captured(arena: Arena, index: int, varying: frozenset[int]) -> set[int]:
    """Nodes outside the body that depend on `varying`, used by the body or by a body inside it."""
    loop, body = loop_at(arena, index), arena.body(index)
    inner = [_captured(arena, i, varying) for i in body if arena.nodes[i].op is Op.LOOP]
    used = set(loop.results).union(*inner)
    for i in body:
        node = arena.nodes[i]
        used.update(node.payload.starts if isinstance(node.payload, Loop) else node.args)
    return {i for i in used if arena.nodes[i].free & varying and not arena.nodes[i].free & frozenset(loop.states)}


class _Tracer(Generic[C]):
    """One sweep over the nodes of a pass."""

    def __init__(self, arena: Arena, index: int, algebra: Algebra[C], branch: int, varying: frozenset[int]) -> None:
        self.arena, self.algebra, self.branch = arena, algebra, branch
        self.loop, self.body = loop_at(arena, index), arena.body(index)
        self.varying = varying.union(self.loop.states)
        self.states = (*self.loop.states, *sorted(_captured(arena, index, varying)))
        self.polynomials: dict[int, Polynomial[C]] = {s: {(p,): algebra.number(1)} for p, s in enumerate(self.states)}
        self.inner: dict[int, tuple[Polynomial[C], ...]] = {}
        self.upper: dict[str, None] = {}

    def trace(self) -> Lift[C]:
        roots = set(self.loop.results).union(*(self.reads(i) for i in self.body))
        for i in self.body:
            node = self.arena.nodes[i]
            if i not in roots:
                continue
            if node.op is Op.LOOP:
                self.inner[i] = self.nested(i)
            else:
                self.polynomials[i] = self.image(node)
        if self.upper and any(map(self.is_negative, self.arena.needed(self.loop.results))):
            raise _StopError("a pass subtracts, and an upper bound of what is subtracted says nothing")
        results = (*self.loop.results, *self.states[len(self.loop.states) :])
        return Lift(self.states, tuple(map(self.name, self.states)), tuple(map(self.at, results)), tuple(self.upper))

    def reads(self, index: int) -> tuple[int, ...]:
        """The nodes whose polynomials this one's needs: the square of a Euclidean sum skips the sum."""
        node = self.arena.nodes[index]
        if isinstance(node.payload, Loop):
            return (*node.payload.starts, *_captured(self.arena, index, self.varying))
        return self.arena.nodes[node.args[0]].args if self.is_square(node) else node.args

    def is_square(self, node: Node) -> bool:
        if not isinstance(node.payload, Fraction) or self.arena.nodes[node.args[0]].op is not Op.HYPOT:
            return False
        return node.payload > 0 and node.payload.numerator % 2 == 0

    def at(self, index: int) -> Polynomial[C]:
        known = self.polynomials.get(index)
        if known is not None:
            return known
        constant = self.algebra.constant(index)
        return {} if self.algebra.is_zero(constant) else {(): constant}

    def image(self, node: Node) -> Polynomial[C]:
        if node.op is Op.RESULT and isinstance(node.payload, int):
            return self.inner[node.args[0]][node.payload]
        if node.op is Op.POW and isinstance(node.payload, Fraction):
            if not self.is_square(node):
                return self.raised(self.at(node.args[0]), node.payload)
            squares = [self.raised(self.at(i), Fraction(2)) for i in self.arena.nodes[node.args[0]].args]
            return self.raised(total(self.algebra, squares), node.payload / 2)  # hypot(x, y)^2 = x^2 + y^2, exactly
        if node.op is Op.MIN:
            return self.minimum(node.args)
        args = [self.at(i) for i in node.args]
        if node.op is Op.ADD:
            return total(self.algebra, args)
        if node.op is Op.MUL:
            return product(self.algebra, args)
        if node.op is Op.HYPOT:
            return self.columns(args, self.algebra.hypot, "||a x + c|| is taken as ||a|| x + ||c||")
        if node.op is Op.MAX:
            return self.columns(args, self.algebra.maximum, "max(a x, c) is taken as a x + c")
        raise _StopError(f"a pass has a {node.op.value} over its carried states, which is no polynomial")

    def approximate(self, reason: str) -> None:
        if not self.algebra.approximate:
            raise _StopError(f"only an upper bound of a pass is a polynomial ({reason})")
        self.upper[reason] = None

    def minimum(self, args: Sequence[int]) -> Polynomial[C]:
        def moves(i: int) -> bool:
            return bool(self.arena.nodes[i].free & self.varying)

        sides = sorted(args, key=lambda i: (moves(i), i))
        side = sides[min(self.branch, len(sides) - 1)]
        self.approximate(f"a minimum takes the side that {'follows the carried state' if moves(side) else 'is fixed'}")
        return self.at(side)

    def columns(self, args: Sequence[Polynomial[C]], norm: Callable[[Sequence[C]], C], reason: str) -> Polynomial[C]:
        """A norm of a vector of polynomials, monomial by monomial: the triangle inequality, exact with one monomial."""
        monomials = dict.fromkeys(chain.from_iterable(args))
        if len(monomials) > 1:
            self.approximate(reason)
        return {monomial: norm([arg[monomial] for arg in args if monomial in arg]) for monomial in monomials}

    def raised(self, base: Polynomial[C], exponent: Fraction) -> Polynomial[C]:
        if exponent < 0:
            raise _StopError("a pass divides by a carried state")
        if exponent.denominator == 1:
            return product(self.algebra, [base] * int(exponent))
        if len(base) > 1:
            if exponent > 1:
                raise _StopError(f"a pass raises a sum of carried states to the power {exponent}")
            self.approximate(f"(a x + c)^({exponent}) is taken as the sum of the powers")
        result: Polynomial[C] = {}
        for monomial, coefficient in base.items():
            exponents = {s: monomial.count(s) * exponent for s in monomial}
            if any(e.denominator != 1 for e in exponents.values()):
                raise _StopError(f"a pass raises a carried state to the power {exponent}")
            root = tuple(chain.from_iterable([s] * int(e) for s, e in exponents.items()))
            result[root] = self.algebra.power(coefficient, exponent)
        return result

    def nested(self, index: int) -> tuple[Polynomial[C], ...]:
        """The results of a loop inside the pass: its own lifted map, to the power, applied to its starts."""
        loop = loop_at(self.arena, index)
        if self.arena.nodes[loop.times].free & self.varying:
            raise _StopError("the number of inner passes depends on a carried state")
        inner = lift(self.arena, index, self.algebra, self.branch, self.varying)
        if isinstance(inner, NotLifted):
            raise _StopError(f"in the inner repeat, {inner.reason}")
        wanted = range(len(loop.states))
        spanned = span(inner, wanted, self.algebra)
        if isinstance(spanned, NotLifted):
            raise _StopError(f"in the inner repeat, {spanned.reason}")
        self.upper |= dict.fromkeys(inner.upper)
        starts = [self.at(i) for i in (*loop.starts, *inner.states[len(loop.states) :])]
        columns = [product(self.algebra, [starts[s] for s in monomial]) for monomial in spanned.basis]
        power = self.algebra.iterate(spanned.rows, loop.times)
        return tuple(
            total(self.algebra, [product(self.algebra, [{(): c}, columns[j]]) for j, c in power[i].items()])
            for i in wanted
        )

    def is_negative(self, index: int) -> bool:
        payload = self.arena.nodes[index].payload
        return isinstance(payload, sympy.Expr) and payload.is_negative is True

    def name(self, index: int) -> str:
        payload = self.arena.nodes[index].payload
        return payload.split("#")[0] if isinstance(payload, str) else "the outer state"
