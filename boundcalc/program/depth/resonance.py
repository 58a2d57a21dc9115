"""Which growth factors can coincide, and under which relations between the hyperparameters.

A growth factor is a product of powers of atoms, so its logarithm is a vector of exponents, and two factors are equal
where the difference of their vectors is orthogonal to the logarithms of the atoms. Every set of coincidences that can
happen together is the set of differences in one subspace: there are few of them, and each gets a case of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any

import sympy

from boundcalc.program.depth.factoring import factored

CASES = 16  # more would be unreadable
_FACTOR_BITS = 64

Exponents = Mapping[sympy.Expr, Fraction]  # of the atoms of a product; no zeros
_Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Case:
    """Where `relations` hold: which factor stands for each (`classes`), and symbols that the relations determine."""

    relations: tuple[sympy.logic.boolalg.Boolean, ...]
    classes: tuple[int, ...]
    values: Mapping[sympy.Symbol, sympy.Expr]


@lru_cache(maxsize=1024)  # the factors of a form are few, and asked for by each of its terms
def exponents(factor: sympy.Expr) -> Exponents:
    """The factor as a product of powers of atoms: symbols, primes, sums, powers with a symbolic exponent."""
    apart = factored(factor)
    signed = any(base.is_negative for base in apart.as_powers_dict())  # SymPy makes 1 - p into -(p - 1)
    return powers_of(factor if signed else apart)


def powers_of(apart: sympy.Expr) -> Exponents:
    """The same for an expression whose factors are apart already."""
    if any(base.is_negative for base in apart.as_powers_dict()):
        return {apart: Fraction(1)}
    return taken_apart(apart)


def taken_apart(apart: sympy.Expr) -> Exponents:
    """The same whatever the signs of its factors, which SymPy takes long to find: for a coefficient, which nothing is a logarithm of."""
    powers: Any = apart.as_powers_dict()
    result: dict[sympy.Expr, Fraction] = {}
    for base, exponent in powers.items():
        for part in sympy.Add.make_args(sympy.expand(exponent)):
            number: Any
            number, rest = part.as_coeff_Mul(rational=True)
            for atom, count in _primes(base).items() if rest == 1 else [(base**rest, 1)]:
                result[atom] = result.get(atom, Fraction(0)) + count * Fraction(int(number.p), int(number.q))
    return {atom: e for atom, e in result.items() if e}


def rational(number: Fraction) -> sympy.Expr:
    return sympy.Integer(number.numerator) / number.denominator


def _primes(base: sympy.Expr) -> Mapping[sympy.Expr, int]:
    if not isinstance(base, sympy.Rational):
        return {base: 1}
    parts: dict[sympy.Expr, int] = {}
    for whole, sign in ((int(base.p), 1), (int(base.q), -1)):
        small = whole.bit_length() <= _FACTOR_BITS
        for prime, count in sympy.factorint(whole).items() if small else [(whole, 1)]:
            parts[sympy.Integer(prime)] = sign * count
    return {prime: count for prime, count in parts.items() if prime != 1}


def product(powers: Iterable[tuple[sympy.Expr, Fraction]]) -> sympy.Expr:
    return sympy.Mul(*(atom ** rational(e) for atom, e in powers))


def sides(powers: Exponents) -> tuple[sympy.Expr, sympy.Expr]:
    """`powers` compared with 1, over a common denominator: a product and another that it equals, exceeds, ..."""
    left = product((a, e) for a, e in powers.items() if e > 0)
    right = product((a, -e) for a, e in powers.items() if e < 0)
    return left, right


def ratio(a: Exponents, b: Exponents) -> Exponents:
    """The exponents of a / b."""
    return {x: d for x in {**a, **b} if (d := a.get(x, Fraction(0)) - b.get(x, Fraction(0)))}


def cases(factors: Sequence[sympy.Expr], pairs: Iterable[tuple[int, int]]) -> tuple[Case, ...] | None:
    """Every way in which `pairs` of factors can coincide, the most special first, the general position last.

    None where there are more than CASES. Pairs that are equal, or never equal, by SymPy's assumptions make no case.
    """
    vectors = [exponents(f) for f in factors]
    atoms = sorted({a for v in vectors for a in v}, key=lambda a: (not a.is_Symbol, bool(a.is_number), str(a)))
    coordinates = [tuple(v.get(a, Fraction(0)) for a in atoms) for v in vectors]
    always: list[_Vector] = []
    never: list[_Vector] = []
    relations: list[_Vector] = []
    for i, j in pairs:
        difference = _minus(coordinates[i], coordinates[j])
        if difference in relations or not any(difference):
            continue
        left, right = sides(ratio(vectors[i], vectors[j]))
        equal = sympy.expand(left - right).is_zero
        (relations if equal is None else always if equal else never).append(difference)
    general = _reduced(always)
    found = {general: None}
    queue = [general]
    while queue:
        base = queue.pop(0)
        for vector in relations:
            larger = _reduced([*base, vector])
            if larger not in found and not any(_inside(larger, n) for n in never):
                found[larger] = None
                queue.append(larger)
        if len(found) > CASES:
            return None
    ranked = sorted(found, key=len, reverse=True)
    return tuple(_case(basis, general, atoms, factors, coordinates) for basis in ranked)


def _case(
    basis: Sequence[_Vector],
    general: Sequence[_Vector],
    atoms: Sequence[sympy.Expr],
    factors: Sequence[sympy.Expr],
    coordinates: Sequence[_Vector],
) -> Case:
    simplest = sorted(range(len(factors)), key=lambda i: (sympy.count_ops(factors[i]), str(factors[i])))
    classes = tuple(next(r for r in simplest if _inside(basis, _minus(c, coordinates[r]))) for c in coordinates)
    relations: list[Any] = []
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for row in basis:
        if _inside(general, row):
            continue
        whole = [n for n, e in enumerate(row) if e and all((x / e).denominator == 1 for x in row)]
        pivot = whole[0] if whole and len(basis) == 1 else next(n for n, e in enumerate(row) if e)
        rest = product((atoms[n], -e / row[pivot]) for n, e in enumerate(row) if e and n != pivot)
        atom = atoms[pivot]
        if isinstance(atom, sympy.Symbol) and atom not in rest.free_symbols:
            relations.append(_equal(atom, rest))
            values[atom] = rest
        else:
            scale = lcm(*(e.denominator for e in row))
            relations.append(_equal(*sides({a: e * scale for a, e in zip(atoms, row, strict=True) if e})))
    return Case(tuple(relations), classes, values)


def _equal(left: sympy.Expr, right: sympy.Expr) -> Any:
    """Decided for numbers alone: for what has symbols `cases` has asked, and to ask again takes SymPy long."""
    return sympy.Eq(left, right, evaluate=not (left.free_symbols or right.free_symbols))


def _minus(a: _Vector, b: _Vector) -> _Vector:
    return tuple(x - y for x, y in zip(a, b, strict=True))


def _reduced(vectors: Iterable[_Vector]) -> tuple[_Vector, ...]:
    """The reduced row echelon basis of their span: the same for the same span."""
    basis: list[_Vector] = []
    for vector in vectors:
        rest = _residue(basis, vector)
        pivot = next((n for n, e in enumerate(rest) if e), None)
        if pivot is not None:
            scaled = tuple(e / rest[pivot] for e in rest)
            basis = [tuple(x - b[pivot] * y for x, y in zip(b, scaled, strict=True)) for b in basis] + [scaled]
    return tuple(sorted(basis, reverse=True))


def _residue(basis: Sequence[_Vector], vector: _Vector) -> _Vector:
    for row in basis:
        pivot = next(n for n, e in enumerate(row) if e)
        vector = tuple(x - vector[pivot] * y for x, y in zip(vector, row, strict=True))
    return vector


def _inside(basis: Sequence[_Vector], vector: _Vector) -> bool:
    return not any(_residue(basis, vector))
