"""From a program traced with a seed for each parameter block to its entries: p of l(s) = p.s, and Q of L(s) = s^T Q s.

Every node is a form of degree 0, 1 or 2 in the seeds. One forward pass keeps the coefficients of each; products of two
first-order forms become symmetric outer products, and a concatenation (hypot, or the largest) acts entry by entry, which is
where a vector of blocks is more than a polynomial in the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

import sympy
from flint import ctx

from boundcalc.blocks.seeds import no_form, seeds_below
from boundcalc.exact.balls import Number, Value
from boundcalc.program.arithmetic import Arithmetic, Numbers, Scalars
from boundcalc.program.evaluate import evaluate
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar

C = TypeVar("C")
Key = tuple[int, ...]  # () for degree 0, (i,) for degree 1, (i, j) with i <= j for degree 2
Entries = dict[Key, C]  # what is absent is zero


class Coefficients(Arithmetic[C], Protocol[C]):
    """Nonnegative coefficients: traced scalars, or certified numbers."""

    def coefficients(self, scalars: Sequence[Scalar], /) -> Sequence[C]:
        """Nodes without seeds as coefficients."""
        ...


@dataclass(frozen=True, slots=True)
class Symbolic(Scalars):
    """Coefficients are scalars of the program's own arena."""

    def coefficients(self, scalars: Sequence[Scalar]) -> Sequence[Scalar]:
        return scalars


@dataclass(frozen=True, slots=True)
class Certified(Numbers):
    """Coefficients are numbers, at flint's current precision."""

    values: Mapping[sympy.Symbol, Value]

    def coefficients(self, scalars: Sequence[Scalar]) -> Sequence[Number]:
        return evaluate(scalars, self.values, ctx.prec)


def entries(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol], algebra: Coefficients[C]) -> list[Entries[C]]:
    """The coefficients of each output: {(i,): p_i}, {(i, j): q_ij, i <= j}, or {(): value} without seeds.

    Q is symmetric: L(s) = sum_i q_ii s_i^2 + 2 sum_{i<j} q_ij s_i s_j. The cost is linear in the nodes times the
    entries they have. Raises ValueError where a node is no form in the seeds (a minimum, a loop, a root of them).
    """
    if not outputs:
        return []
    arena = outputs[0].arena
    roots = [o.index for o in outputs]
    degrees = {i: reached.degree for i, reached in seeds_below(arena, roots, seeds).items()}
    plain = {i for i in roots if degrees[i] == 0}
    plain |= {arg for i, degree in degrees.items() if degree for arg in arena.nodes[i].args if degrees[arg] == 0}
    constants = [arena.scalar(i) for i in sorted(plain) if i != arena.zero.index]
    known: dict[int, Entries[C]] = {arena.zero.index: {}}
    for scalar, value in zip(constants, algebra.coefficients(constants), strict=True):
        known[scalar.index] = {(): value}
    forms = interpret(arena, roots, _Forms(algebra, {seed: (i,) for i, seed in enumerate(seeds)}), known)
    return [forms[i] for i in roots]


@dataclass(frozen=True, slots=True)
class _Forms(Generic[C]):
    """The reading as forms; what `seeds_below` lets pass."""

    algebra: Coefficients[C]
    positions: Mapping[sympy.Expr, Key]

    def leaf(self, expression: sympy.Expr) -> Entries[C]:
        return {self.positions[expression]: self.algebra.number(1)}

    def add(self, terms: Sequence[Entries[C]]) -> Entries[C]:
        return _merge(terms, self.algebra.add)

    def hypot(self, terms: Sequence[Entries[C]]) -> Entries[C]:
        return _merge(terms, self.algebra.hypot)

    def multiply(self, factors: Sequence[Entries[C]]) -> Entries[C]:
        return _product(factors, self.algebra)

    def power(self, base: Entries[C], exponent: Fraction) -> Entries[C]:
        return _outer(base, base, self.algebra)

    def minimum(self, terms: Sequence[Entries[C]]) -> Entries[C]:
        raise no_form(Op.MIN)

    def maximum(self, terms: Sequence[Entries[C]]) -> Entries[C]:
        """The largest entries are those of a form that is nowhere smaller than any of them: the vectors have no signs."""
        return _merge(terms, self.algebra.maximum)

    def select(self, index: int, op: Op, keys: Sequence[Entries[C]], values: Sequence[Entries[C]]) -> Entries[C]:
        raise no_form(Op.SELECT)

    def loop(self, passes: Passes[Entries[C]]) -> Sequence[Entries[C]]:
        raise no_form(Op.LOOP)


def frobenius(form: Entries[C], algebra: Arithmetic[C]) -> C:
    """||Q||_F >= lambda_max(Q) from its upper triangle; of the entries of p, the Euclidean norm."""
    return algebra.hypot([value for key, value in form.items() for _ in range(len(set(key)))])


def _merge(forms: Sequence[Entries[C]], fold: Callable[[Sequence[C]], C]) -> Entries[C]:
    found: dict[Key, list[C]] = {}
    for form in forms:
        for key, value in form.items():
            found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else fold(values) for key, values in found.items()}


def _product(forms: Sequence[Entries[C]], algebra: Coefficients[C]) -> Entries[C]:
    """Constants first, then one form, or the outer product of two."""
    scale = [form[()] for form in forms if () in form]
    seeded = [form for form in forms if () not in form]
    result = seeded[0] if len(seeded) == 1 else _outer(seeded[0], seeded[1], algebra)
    if not scale:
        return result
    factor = algebra.multiply(scale)
    return {key: algebra.multiply((factor, value)) for key, value in result.items()}


def _outer(u: Entries[C], v: Entries[C], algebra: Coefficients[C]) -> Entries[C]:
    """(u v^T + v u^T) / 2, so that s^T of it s = (u.s)(v.s)."""
    half = algebra.number(Fraction(1, 2))
    halved = {i: algebra.multiply((half, a)) for (i,), a in u.items()}
    found: dict[Key, list[C]] = {}
    for (i,), a in u.items():
        for (j,), b in v.items():
            factors = (a if i == j else halved[i], b)
            found.setdefault((min(i, j), max(i, j)), []).append(algebra.multiply(factors))
    return {key: values[0] if len(values) == 1 else algebra.add(values) for key, values in found.items()}
