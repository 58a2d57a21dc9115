"""Polynomials in the carried states of a loop, over any algebra of coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

from boundcalc.program.ir import Arena, Op, Scalar

C = TypeVar("C")
Monomial = tuple[int, ...]  # positions of states, in order, repeated: (0, 0, 2) is x0^2 x2; () is 1
Polynomial = dict[Monomial, C]  # without zero coefficients
Rows = tuple[Mapping[int, C], ...]  # a sparse matrix

DEGREE = 8


class DegreeError(ValueError):
    """A product of more than DEGREE states."""


class Algebra(Protocol[C]):
    """What coefficients can do."""

    @property
    def approximate(self) -> bool: ...  # whether an upper bound may stand for an exact coefficient
    def constant(self, index: int, /) -> C: ...  # the value of a node that no state reaches
    def number(self, value: int) -> C: ...
    def is_zero(self, x: C) -> bool: ...
    def add(self, x: C, y: C) -> C: ...
    def multiply(self, x: C, y: C) -> C: ...
    def power(self, x: C, exponent: Fraction) -> C: ...
    def hypot(self, terms: Sequence[C]) -> C: ...
    def maximum(self, terms: Sequence[C]) -> C: ...
    def iterate(self, rows: Rows[C], times: int) -> Rows[C]: ...  # the matrix to the power that node `times` says


def accumulate(algebra: Algebra[C], into: Polynomial[C], monomial: Monomial, coefficient: C) -> None:
    """Add a term in place."""
    if monomial in into:
        coefficient = algebra.add(into.pop(monomial), coefficient)
    if not algebra.is_zero(coefficient):
        into[monomial] = coefficient


def total(algebra: Algebra[C], terms: Iterable[Polynomial[C]]) -> Polynomial[C]:
    result: Polynomial[C] = {}
    for term in terms:
        for monomial, coefficient in term.items():
            accumulate(algebra, result, monomial, coefficient)
    return result


def product(algebra: Algebra[C], factors: Iterable[Polynomial[C]]) -> Polynomial[C]:
    result: Polynomial[C] = {(): algebra.number(1)}
    for factor in factors:
        left, result = result, {}
        for a, x in left.items():
            for b, y in factor.items():
                if len(a) + len(b) > DEGREE:
                    raise DegreeError(f"a pass multiplies more than {DEGREE} carried states")
                accumulate(algebra, result, tuple(sorted(a + b)), algebra.multiply(x, y))
    return result


def substitute(algebra: Algebra[C], polynomial: Polynomial[C], constants: Mapping[int, C]) -> Polynomial[C]:
    """The polynomial with some states replaced by coefficients."""
    result: Polynomial[C] = {}
    for monomial, coefficient in polynomial.items():
        for state in monomial:
            if state in constants:
                coefficient = algebra.multiply(coefficient, constants[state])
        accumulate(algebra, result, tuple(s for s in monomial if s not in constants), coefficient)
    return result


def at(algebra: Algebra[C], polynomial: Polynomial[C], values: Sequence[C]) -> C:
    """The polynomial where the states have these values."""
    return substitute(algebra, polynomial, dict(enumerate(values))).get((), algebra.number(0))


def reachable(rows: Sequence[Iterable[int]], start: int) -> set[int]:
    """What `start` leads to, itself included."""
    seen, stack = {start}, [start]
    while stack:
        fresh = set(rows[stack.pop()]) - seen
        seen |= fresh
        stack.extend(fresh)
    return seen


class Traced:
    """Coefficients as nodes of the arena, so that symbols and numbers both work."""

    approximate = True

    def __init__(self, arena: Arena) -> None:
        self.arena = arena

    def constant(self, index: int) -> Scalar:
        return self.arena.scalar(index)

    def number(self, value: int) -> Scalar:
        return self.arena.leaf(value)

    def is_zero(self, x: Scalar) -> bool:
        return x.is_zero

    def add(self, x: Scalar, y: Scalar) -> Scalar:
        return x + y

    def multiply(self, x: Scalar, y: Scalar) -> Scalar:
        return x * y

    def product(self, factors: Iterable[Scalar]) -> Scalar:
        return self.arena.combine(Op.MUL, factors)

    def power(self, x: Scalar, exponent: Fraction) -> Scalar:
        return x**exponent

    def hypot(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.HYPOT, terms)

    def maximum(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.MAX, terms)

    def iterate(self, rows: Rows[Scalar], times: int) -> Rows[Scalar]:
        """Column j of the power is what the loop over the monomials makes of the j-th unit vector."""
        states = [self.arena.variable(f"x{i}") for i in range(len(rows))]
        results = [self.arena.combine(Op.ADD, [c * states[j] for j, c in row.items()]) for row in rows]
        power: list[dict[int, Scalar]] = [{} for _ in rows]
        for j in range(len(rows)):
            unit = [self.arena.one if i == j else self.arena.zero for i in range(len(rows))]
            column = self.arena.loop(states, unit, results, self.arena.scalar(times))
            for i in range(len(rows)):
                if j in reachable(rows, i):
                    power[i][j] = column[i]
        return tuple(power)
