"""A pass of a loop as polynomials in the carried states.

Sums, products and whole powers are polynomials already. What is none (a Euclidean sum, a maximum, a minimum) is
replaced by one that is no smaller, and the reason is kept (`upper`); what cannot be replaced is an answer too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import Generic

import sympy

from boundcalc.program.depth.polynomial import C, Coefficients, DegreeError, Polynomial, product, total
from boundcalc.program.depth.span import Lift, NotLifted, span
from boundcalc.program.interpret import Passes, sweep
from boundcalc.program.ir import Arena, Loop, Op, Payload


class _StopError(Exception):
    pass


def lift(
    arena: Arena, index: int, algebra: Coefficients[C], branch: int = 0, varying: frozenset[int] = frozenset()
) -> Lift[C] | NotLifted:
    """The loop at node `index`: every state's image as a polynomial in the states.

    `branch` is the side of a minimum to take (those that no state reaches come first). Nodes that depend on the
    variables in `varying`, the states of loops around this one, are carried as states that keep their value, after the
    loop's own.
    """
    try:
        return _lift(_Pass.at(arena, index, varying), algebra, branch)
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


@dataclass(frozen=True, slots=True)
class _Pass:
    """What is known of a loop before its pass is read. `states`: its own, then what is carried along."""

    arena: Arena
    loop: Loop
    body: Sequence[int]
    states: tuple[int, ...]
    varying: frozenset[int]

    @classmethod
    def at(cls, arena: Arena, index: int, around: frozenset[int]) -> _Pass:
        loop = loop_at(arena, index)
        states = (*loop.states, *sorted(_captured(arena, index, around)))
        return cls(arena, loop, arena.body(index), states, around.union(loop.states))

    @property
    def results(self) -> tuple[int, ...]:
        return (*self.loop.results, *self.states[len(self.loop.states) :])

    def reads(self, index: int) -> tuple[int, ...]:
        """The nodes whose polynomials this one's needs: the square of a Euclidean sum skips the sum."""
        node, nodes = self.arena.nodes[index], self.arena.nodes
        if isinstance(node.payload, Loop):
            return (*node.payload.starts, *_captured(self.arena, index, self.varying))
        is_square = isinstance(node.payload, Fraction) and _is_even(node.payload) and nodes[node.args[0]].op is Op.HYPOT
        return nodes[node.args[0]].args if is_square else node.args


def _is_even(exponent: Fraction) -> bool:
    return exponent > 0 and exponent.numerator % 2 == 0


def _lift(inside: _Pass, algebra: Coefficients[C], branch: int) -> Lift[C]:
    arena, nodes = inside.arena, inside.arena.nodes
    read = set(inside.loop.results).union(*map(inside.reads, inside.body))
    reading = _Images(inside, algebra, branch)
    used = (arg for i in inside.body if nodes[i].op is not Op.LOOP for arg in nodes[i].args)
    before = {i for i in (*read, *used) if not nodes[i].free & inside.varying}
    known = {i: _Image(_constant(algebra, algebra.constant(i)), moves=False) for i in before}
    known |= {s: _Image({(p,): algebra.number(1)}) for p, s in enumerate(inside.states)}

    def written_out(index: int, image: _Image[C]) -> _Image[C]:
        return replace(image, known=reading.polynomial(image)) if index in read else image

    images = sweep(arena, inside.body, reading, known, written_out)
    if reading.upper and any(is_negative(nodes[i].payload) for i in arena.needed(inside.loop.results)):
        raise _StopError("a pass subtracts, and an upper bound of what is subtracted says nothing")
    polynomials = tuple(reading.polynomial(images[i]) for i in inside.results)
    return Lift(inside.states, tuple(_name(nodes[i].payload) for i in inside.states), polynomials, tuple(reading.upper))


@dataclass(frozen=True, slots=True)
class _Image(Generic[C]):
    """A polynomial; with `terms`, the square root of the sum of their squares. The square of that is exact; the root itself
    is seldom a polynomial, and is not made one unless somebody reads it."""

    known: Polynomial[C] | None
    terms: tuple[Polynomial[C], ...] = ()
    moves: bool = True  # with the states


@dataclass(frozen=True, slots=True)
class _Images(Generic[C]):
    """The reading of a pass as polynomials in its states; `upper` collects why they are upper bounds."""

    inside: _Pass
    algebra: Coefficients[C]
    branch: int
    upper: dict[str, None] = field(default_factory=dict[str, None])

    def polynomial(self, image: _Image[C]) -> Polynomial[C]:
        if image.known is not None:
            return image.known
        return self._columns(image.terms, self.algebra.hypot, "||a x + c|| is taken as ||a|| x + ||c||")

    def leaf(self, expression: sympy.Expr) -> _Image[C]:
        raise AssertionError("a leaf stands before every loop")

    def add(self, terms: Sequence[_Image[C]]) -> _Image[C]:
        return _Image(total(self.algebra, map(self.polynomial, terms)))

    def multiply(self, factors: Sequence[_Image[C]]) -> _Image[C]:
        return _Image(product(self.algebra, map(self.polynomial, factors)))

    def power(self, base: _Image[C], exponent: Fraction) -> _Image[C]:
        if not base.terms or not _is_even(exponent):
            return _Image(self._raised(self.polynomial(base), exponent))
        squares = [self._raised(term, Fraction(2)) for term in base.terms]
        return _Image(self._raised(total(self.algebra, squares), exponent / 2))  # hypot(x, y)^2 = x^2 + y^2, exactly

    def minimum(self, terms: Sequence[_Image[C]]) -> _Image[C]:
        sides = sorted(terms, key=lambda term: term.moves)
        side = sides[min(self.branch, len(sides) - 1)]
        self._approximate(f"a minimum takes the side that {'follows the carried state' if side.moves else 'is fixed'}")
        return _Image(self.polynomial(side))

    def maximum(self, terms: Sequence[_Image[C]]) -> _Image[C]:
        polynomials = [self.polynomial(term) for term in terms]
        return _Image(self._columns(polynomials, self.algebra.maximum, "max(a x, c) is taken as a x + c"))

    def hypot(self, terms: Sequence[_Image[C]]) -> _Image[C]:
        return _Image(None, tuple(map(self.polynomial, terms)))

    def select(self, index: int, op: Op, keys: Sequence[_Image[C]], values: Sequence[_Image[C]]) -> _Image[C]:
        raise _StopError("a pass has a select over its carried states, which is no polynomial")

    def loop(self, passes: Passes[_Image[C]]) -> Sequence[_Image[C]]:
        """The results of a loop inside the pass: its own lifted map, to the power, applied to its starts."""
        arena, loop = passes.arena, passes.loop
        if arena.nodes[loop.times].free & self.inside.varying:
            raise _StopError("the number of inner passes depends on a carried state")
        inner = lift(arena, passes.index, self.algebra, self.branch, self.inside.varying)
        if isinstance(inner, NotLifted):
            raise _StopError(f"in the inner repeat, {inner.reason}")
        wanted = range(len(loop.states))
        spanned = span(inner, wanted, self.algebra)
        if isinstance(spanned, NotLifted):
            raise _StopError(f"in the inner repeat, {spanned.reason}")
        self.upper.update(dict.fromkeys(inner.upper))
        carried = map(passes.value, inner.states[len(loop.states) :])
        starts = [self.polynomial(image) for image in (*passes.starts, *carried)]
        columns = [product(self.algebra, [starts[s] for s in monomial]) for monomial in spanned.basis]
        power = self.algebra.iterate(spanned.rows, loop.times)
        return [
            _Image(total(self.algebra, [product(self.algebra, [{(): c}, columns[j]]) for j, c in power[i].items()]))
            for i in wanted
        ]

    def _approximate(self, reason: str) -> None:
        if not self.algebra.approximate:
            raise _StopError(f"only an upper bound of a pass is a polynomial ({reason})")
        self.upper[reason] = None

    def _columns(self, args: Sequence[Polynomial[C]], norm: Callable[[Sequence[C]], C], reason: str) -> Polynomial[C]:
        """A norm of a vector of polynomials, monomial by monomial: the triangle inequality, exact with one monomial."""
        monomials = dict.fromkeys(chain.from_iterable(args))
        if len(monomials) > 1:
            self._approximate(reason)
        return {monomial: norm([arg[monomial] for arg in args if monomial in arg]) for monomial in monomials}

    def _raised(self, base: Polynomial[C], exponent: Fraction) -> Polynomial[C]:
        if exponent < 0:
            raise _StopError("a pass divides by a carried state")
        if exponent.denominator == 1:
            return product(self.algebra, [base] * int(exponent))
        if len(base) > 1:
            if exponent > 1:
                raise _StopError(f"a pass raises a sum of carried states to the power {exponent}")
            self._approximate(f"(a x + c)^({exponent}) is taken as the sum of the powers")
        result: Polynomial[C] = {}
        for monomial, coefficient in base.items():
            exponents = {s: monomial.count(s) * exponent for s in monomial}
            if any(e.denominator != 1 for e in exponents.values()):
                raise _StopError(f"a pass raises a carried state to the power {exponent}")
            root = tuple(chain.from_iterable([s] * int(e) for s, e in exponents.items()))
            result[root] = self.algebra.power(coefficient, exponent)
        return result


def _constant(algebra: Coefficients[C], value: C) -> Polynomial[C]:
    return {} if algebra.is_zero(value) else {(): value}


def is_negative(payload: Payload) -> bool:
    """Whether a node is a leaf that is less than zero for certain: it subtracts what it multiplies."""
    return isinstance(payload, sympy.Expr) and payload.is_negative is True


def _name(payload: Payload) -> str:
    return payload.split("#")[0] if isinstance(payload, str) else "the outer state"
