"""Many passes of a loop at once: the lifted map in certified numbers, to a power by repeated squaring.

Exact lifts only: where a pass is not a polynomial, its bound would exceed what the loop itself computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flint import fmpq

from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number
from boundcalc.program.arithmetic import Numbers
from boundcalc.program.depth.lift import lift
from boundcalc.program.depth.polynomial import Rows
from boundcalc.program.depth.span import NotLifted, fix, span
from boundcalc.program.ir import Arena

FEW = 32  # passes below which the loop itself is quicker


def fast_loop(
    arena: Arena, index: int, value: Callable[[int], Number], starts: Sequence[Number], times: int
) -> list[Number] | None:
    """The states of the loop at node `index` after `times` passes; None where it must be run pass by pass.

    `value` gives the number of a node that no state of the loop reaches. Works at flint's current precision; the cost
    is the logarithm of `times` sparse products of small triangular matrices. Raises ArithmeticError as numbers do.
    """
    if times < FEW:
        return None
    algebra = Numeric(value)
    lifted = lift(arena, index, algebra)
    if isinstance(lifted, NotLifted):
        return None
    kept = {i: starts[i] for i, image in enumerate(lifted.images) if image == {(i,): fmpq(1)}}
    lifted = fix(lifted, kept, algebra)
    spanned = span(lifted, range(len(starts)), algebra)
    if isinstance(spanned, NotLifted):
        return None
    vector = [numbers.multiply(starts[state] for state in monomial) for monomial in spanned.basis]
    return apply_power(spanned.rows, times, vector)[: len(starts)]


@dataclass(frozen=True, slots=True)
class Numeric(Numbers):
    """Coefficients as certified numbers."""

    constant: Callable[[int], Number]

    @property
    def approximate(self) -> bool:
        return False

    def iterate(self, rows: Rows[Number], times: int) -> Rows[Number]:
        count = self.constant(times)
        if not isinstance(count, fmpq) or count.q != 1 or count < 0:
            raise ArithmeticError(f"the number of passes is not a whole number: {count}")
        result: Rows[Number] = tuple({i: fmpq(1)} for i in range(len(rows)))
        for square in _squares(rows, int(count.p)):
            result = multiply(square, result)
        return result


def apply_power(rows: Rows[Number], exponent: int, vector: Sequence[Number]) -> list[Number]:
    """rows^exponent times the vector: the squares of a matrix commute, so each is applied as it comes."""
    result = list(vector)
    for square in _squares(rows, exponent):
        result = [numbers.add(numbers.multiply((c, result[j])) for j, c in row.items()) for row in square]
    return result


def _squares(rows: Rows[Number], exponent: int) -> Iterator[Rows[Number]]:
    while exponent:
        if exponent & 1:
            yield rows
        exponent >>= 1
        if exponent:
            rows = multiply(rows, rows)


def multiply(left: Rows[Number], right: Rows[Number]) -> Rows[Number]:
    """The product of two sparse matrices."""
    return tuple(_combine(row, right) for row in left)


def _combine(row: Mapping[int, Number], right: Rows[Number]) -> dict[int, Number]:
    terms: dict[int, list[Number]] = {}
    for j, c in row.items():
        for column, entry in right[j].items():
            terms.setdefault(column, []).append(numbers.multiply((c, entry)))
    return {column: numbers.add(entries) for column, entries in terms.items()}
