"""Polynomials in the carried states of a loop, over any algebra of coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from boundcalc.program.arithmetic import Arithmetic, Scalars
from boundcalc.program.ir import Op, Scalar

C = TypeVar("C")
Monomial = tuple[int, ...]  # positions of states, in order, repeated: (0, 0, 2) is x0^2 x2; () is 1
Polynomial = dict[Monomial, C]  # without zero coefficients
Rows = tuple[Mapping[int, C], ...]  # a sparse matrix

DEGREE = 8


class DegreeError(ValueError):
    """A product of more than DEGREE states."""


class Coefficients(Arithmetic[C], Protocol[C]):
    """Values that know the program around the loop."""

    @property
    def approximate(self) -> bool: ...  # whether an upper bound may stand for an exact coefficient
    def constant(self, index: int, /) -> C: ...  # the value of a node that no state reaches
    def iterate(self, rows: Rows[C], times: int) -> Rows[C]: ...  # the matrix to the power that node `times` says


def accumulate(algebra: Arithmetic[C], into: Polynomial[C], monomial: Monomial, coefficient: C) -> None:
    """Add a term in place."""
    if monomial in into:
        coefficient = algebra.add((into.pop(monomial), coefficient))
    if not algebra.is_zero(coefficient):
        into[monomial] = coefficient


def total(algebra: Arithmetic[C], terms: Iterable[Polynomial[C]]) -> Polynomial[C]:
    result: Polynomial[C] = {}
    for term in terms:
        for monomial, coefficient in term.items():
            accumulate(algebra, result, monomial, coefficient)
    return result


def product(algebra: Arithmetic[C], factors: Iterable[Polynomial[C]]) -> Polynomial[C]:
    result: Polynomial[C] = {(): algebra.number(1)}
    for factor in factors:
        left, result = result, {}
        for a, x in left.items():
            for b, y in factor.items():
                if len(a) + len(b) > DEGREE:
                    raise DegreeError(f"a pass multiplies more than {DEGREE} carried states")
                accumulate(algebra, result, tuple(sorted(a + b)), algebra.multiply((x, y)))
    return result


def substitute(algebra: Arithmetic[C], polynomial: Polynomial[C], constants: Mapping[int, C]) -> Polynomial[C]:
    """The polynomial with some states replaced by coefficients."""
    result: Polynomial[C] = {}
    for monomial, coefficient in polynomial.items():
        for state in monomial:
            if state in constants:
                coefficient = algebra.multiply((coefficient, constants[state]))
        accumulate(algebra, result, tuple(s for s in monomial if s not in constants), coefficient)
    return result


def at(algebra: Arithmetic[C], polynomial: Polynomial[C], values: Sequence[C]) -> C:
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


@dataclass(frozen=True, slots=True)
class Traced(Scalars):
    """Coefficients as nodes of the arena, so that symbols and numbers both work."""

    @property
    def approximate(self) -> bool:
        return True

    def constant(self, index: int) -> Scalar:
        return self.arena.scalar(index)

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
