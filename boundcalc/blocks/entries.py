"""From a program traced with a seed for each parameter block to its entries: p of l(s) = p.s, and Q of L(s) = s^T Q s.

Every node is a form of degree 0, 1 or 2 in the seeds. One forward pass keeps the coefficients of each; products of two
first-order forms become symmetric outer products, and a concatenation (hypot) acts entry by entry, which is where a
vector of blocks is more than a polynomial in the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

import sympy
from flint import ctx, fmpq

from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number, Value
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar

C = TypeVar("C")
Key = tuple[int, ...]  # () for degree 0, (i,) for degree 1, (i, j) with i <= j for degree 2
Entries = dict[Key, C]  # what is absent is zero


class Algebra(Protocol[C]):
    """Nonnegative coefficients: traced scalars, or certified numbers."""

    def coefficients(self, scalars: Sequence[Scalar]) -> Sequence[C]:
        """Nodes without seeds as coefficients."""
        ...

    def rational(self, value: Fraction) -> C: ...
    def add(self, terms: Sequence[C]) -> C: ...
    def multiply(self, factors: Sequence[C]) -> C: ...
    def hypot(self, terms: Sequence[C]) -> C: ...


@dataclass(frozen=True, slots=True)
class Symbolic:
    """Coefficients are scalars of the program's own arena."""

    arena: Arena

    def coefficients(self, scalars: Sequence[Scalar]) -> Sequence[Scalar]:
        return scalars

    def rational(self, value: Fraction) -> Scalar:
        return self.arena.leaf(sympy.Rational(value.numerator, value.denominator))

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.ADD, terms)

    def multiply(self, factors: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.MUL, factors)

    def hypot(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.HYPOT, terms)


@dataclass(frozen=True, slots=True)
class Certified:
    """Coefficients are numbers, at flint's current precision."""

    values: Mapping[sympy.Symbol, Value]

    def coefficients(self, scalars: Sequence[Scalar]) -> Sequence[Number]:
        return evaluate(scalars, self.values, ctx.prec)

    def rational(self, value: Fraction) -> Number:
        return fmpq(value.numerator, value.denominator)

    def add(self, terms: Sequence[Number]) -> Number:
        return numbers.add(terms)

    def multiply(self, factors: Sequence[Number]) -> Number:
        return numbers.multiply(factors)

    def hypot(self, terms: Sequence[Number]) -> Number:
        return numbers.hypot(terms)


def entries(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol], algebra: Algebra[C]) -> list[Entries[C]]:
    """The coefficients of each output: {(i,): p_i}, {(i, j): q_ij, i <= j}, or {(): value} without seeds.

    Q is symmetric: L(s) = sum_i q_ii s_i^2 + 2 sum_{i<j} q_ij s_i s_j. The cost is linear in the nodes times the
    entries they have. Raises ValueError where a node is no form in the seeds (a minimum, a loop, a root of them).
    """
    if not outputs:
        return []
    arena = outputs[0].arena
    positions = {seed: (i,) for i, seed in enumerate(seeds)}
    order = arena.needed(o.index for o in outputs)
    degrees = seed_degrees(arena, order, positions.keys())
    forms: dict[int, Entries[C]] = {}
    plain = {o.index for o in outputs if degrees[o.index] == 0}
    plain |= {arg for i in order if degrees[i] for arg in arena.nodes[i].args if degrees[arg] == 0}
    constants = [arena.scalar(i) for i in sorted(plain) if i != arena.zero.index]
    for scalar, value in zip(constants, algebra.coefficients(constants), strict=True):
        forms[scalar.index] = {(): value}
    forms[arena.zero.index] = {}
    last_use = {arg: i for i in order if degrees[i] for arg in arena.nodes[i].args}
    kept = {o.index for o in outputs}
    for index in order:
        if not degrees[index]:
            continue
        node = arena.nodes[index]
        args = [forms[arg] for arg in node.args]
        if isinstance(node.payload, sympy.Symbol):
            forms[index] = {positions[node.payload]: algebra.rational(Fraction(1))}
        elif node.op is Op.ADD:
            forms[index] = _merge(args, algebra.add)
        elif node.op is Op.HYPOT:
            forms[index] = _merge(args, algebra.hypot)
        elif node.op is Op.MUL:
            forms[index] = _product(args, algebra)
        else:  # a square: `seed_degrees` lets no other pass
            forms[index] = _outer(args[0], args[0], algebra)
        for arg in set(node.args):  # the entries of dead nodes would fill the memory
            if last_use[arg] == index and arg not in kept and degrees[arg]:
                del forms[arg]
    return [forms[o.index] for o in outputs]


def seed_degrees(arena: Arena, order: Iterable[int], seeds: Iterable[sympy.Symbol]) -> dict[int, int]:
    """The degree in the seeds of each node in `order`. Raises ValueError where a node is no form of degree <= 2."""
    known, degrees = frozenset(seeds), dict[int, int]()
    for index in order:
        node = arena.nodes[index]
        below = {degrees[arg] for arg in node.args if arg != arena.zero.index}
        top = max(below, default=0)
        if isinstance(node.payload, sympy.Expr):
            top = 1 if node.payload in known else 0
            fits = top == 1 or not node.payload.free_symbols & known
        elif top == 0:
            fits = True
        elif node.op in (Op.ADD, Op.HYPOT):
            fits = len(below) == 1
        elif node.op is Op.MUL:
            top = sum(degrees[arg] for arg in node.args)
            fits = top <= 2
        else:
            top = 2 * top
            fits = node.op is Op.POW and node.payload == 2 and top == 2
        if not fits:
            raise ValueError(f"a {node.op.value} of quantities that depend on the parameter blocks")
        degrees[index] = top
    return degrees


def fits(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol], limit: int) -> bool:
    """Whether `entries` computes at most `limit` coefficients, those of the outputs counted again: each is asked for its
    norm. A node of degree 1 has a coefficient for each of the k blocks below it, one of degree 2 k (k + 1) / 2."""
    if not outputs:
        return True
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    degrees = seed_degrees(arena, order, seeds)
    positions = {seed: i for i, seed in enumerate(seeds)}
    asked = frozenset(o.index for o in outputs)
    below: dict[int, int] = {}  # the blocks below a node, as the bits of a number
    total = 0
    for index in order:
        if not degrees[index]:
            continue
        node = arena.nodes[index]
        blocks = 1 << positions[node.payload] if isinstance(node.payload, sympy.Symbol) else 0
        for arg in node.args:
            blocks |= below.get(arg, 0)
        below[index], k = blocks, blocks.bit_count()
        total += (k if degrees[index] == 1 else k * (k + 1) // 2) * (1 + (index in asked))
        if total > limit:
            return False
    return True


def is_linear_in_seeds(outputs: Sequence[Scalar], seeds: Sequence[sympy.Symbol]) -> bool:
    """Whether the outputs are polynomials in the seeds: no hypot of two quantities that depend on them.

    Then p and 2 Q s are gradients, and need no entries.
    """
    if not outputs:
        return True
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    degrees = seed_degrees(arena, order, seeds)
    return not any(arena.nodes[i].op is Op.HYPOT and degrees[i] for i in order)


def frobenius(form: Entries[C], algebra: Algebra[C]) -> C:
    """||Q||_F >= lambda_max(Q) from its upper triangle; of the entries of p, the Euclidean norm."""
    return algebra.hypot([value for key, value in form.items() for _ in range(len(set(key)))])


def _merge(forms: Sequence[Entries[C]], fold: Callable[[Sequence[C]], C]) -> Entries[C]:
    found: dict[Key, list[C]] = {}
    for form in forms:
        for key, value in form.items():
            found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else fold(values) for key, values in found.items()}


def _product(forms: Sequence[Entries[C]], algebra: Algebra[C]) -> Entries[C]:
    """Constants first, then one form, or the outer product of two."""
    scale = [form[()] for form in forms if () in form]
    seeded = [form for form in forms if () not in form]
    result = seeded[0] if len(seeded) == 1 else _outer(seeded[0], seeded[1], algebra)
    if not scale:
        return result
    factor = algebra.multiply(scale)
    return {key: algebra.multiply((factor, value)) for key, value in result.items()}


def _outer(u: Entries[C], v: Entries[C], algebra: Algebra[C]) -> Entries[C]:
    """(u v^T + v u^T) / 2, so that s^T of it s = (u.s)(v.s)."""
    half = algebra.rational(Fraction(1, 2))
    found: dict[Key, list[C]] = {}
    for (i,), a in u.items():
        for (j,), b in v.items():
            factors = (a, b) if i == j else (half, a, b)
            found.setdefault((min(i, j), max(i, j)), []).append(algebra.multiply(factors))
    return {key: values[0] if len(values) == 1 else algebra.add(values) for key, values in found.items()}
