"""How a form in the seeds becomes a bound: its largest value on unit vectors, for the degrees that can be certified.

degree 1, l(s) = p.s: ||p||_2, at p / ||p||. Degree 2, L(s) = s^T Q s: lambda_max(Q) (Perron: Q is nonnegative), at its vector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb, ctx

from boundcalc.blocks.entries import Entries, Symbolic, frobenius
from boundcalc.blocks.perron import (
    eigenvalue_by_gradient,
    eigenvector,
    first_order_by_gradient,
    largest_eigenvalue_upper,
)
from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.program.ir import Scalar

Vector = tuple[Number, ...]
Exact = Mapping[sympy.Symbol, Number]


@dataclass(frozen=True, slots=True)
class Degree:
    """closed: the closed form from the entries, an upper bound; `loose` says why it may exceed the number.
    number, direction: from certified entries, for so many blocks, at the current precision, which is the second argument.
    by_gradient: both, from gradients by the seeds, for forms that are polynomials in them; to a precision.
    """

    loose: tuple[str, ...]
    closed: Callable[[Entries[Scalar], Symbolic], Scalar]
    number: Callable[[Entries[Number], int, int], Number]
    direction: Callable[[Entries[Number], int, int], Vector]
    by_gradient: Callable[[Scalar, Sequence[sympy.Symbol], Exact, int], tuple[Number, Vector]]


def _first_closed(form: Entries[Scalar], algebra: Symbolic) -> Scalar:
    return algebra.arena.zero.hypot(*form.values())


def _first_number(form: Entries[Number], size: int, precision: int) -> Number:
    return numbers.hypot(form.values())


def _first_direction(form: Entries[Number], size: int, precision: int) -> Vector:
    return unit([form.get((i,), to_number(0)) for i in range(size)])[1]


def _first_by_gradient(
    form: Scalar, seeds: Sequence[sympy.Symbol], values: Exact, precision: int
) -> tuple[Number, Vector]:
    vector = first_order_by_gradient(form, seeds, values, precision)
    with ctx.workprec(precision):
        return unit(vector)


def _second_closed(form: Entries[Scalar], algebra: Symbolic) -> Scalar:
    return frobenius(form, algebra) if form else algebra.arena.zero


def _second_number(form: Entries[Number], size: int, precision: int) -> Number:
    return largest_eigenvalue_upper(form, size, precision).upper


def _second_direction(form: Entries[Number], size: int, precision: int) -> Vector:
    start = largest_eigenvalue_upper(form, size, precision).vector
    return unit(eigenvector(form, start))[1]


def _second_by_gradient(
    form: Scalar, seeds: Sequence[sympy.Symbol], values: Exact, precision: int
) -> tuple[Number, Vector]:
    eigen = eigenvalue_by_gradient(form, seeds, values, precision)
    with ctx.workprec(precision):
        return eigen.upper, unit([arb(x) for x in eigen.vector])[1]


FROBENIUS = "the Frobenius norm of Q is taken for its largest eigenvalue"

DEGREES: Mapping[int, Degree] = {
    1: Degree((), _first_closed, _first_number, _first_direction, _first_by_gradient),
    2: Degree((FROBENIUS,), _second_closed, _second_number, _second_direction, _second_by_gradient),
}


def unit(vector: Sequence[Number]) -> tuple[Number, Vector]:
    """The norm of a vector, and the vector divided by it (zero for zero)."""
    norm = numbers.hypot(vector)
    if norm == 0:
        return norm, tuple(vector)
    scale = numbers.power(norm, Fraction(-1))
    return norm, tuple(numbers.multiply((x, scale)) for x in vector)
