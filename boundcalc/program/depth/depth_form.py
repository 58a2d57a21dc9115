"""A power sum over paths as a formula in k.

Each path gives a divided difference of x^k, and over distinct growth factors lambda that is a sum of terms
binomial(k, j) lambda^(k - j). Where factors may coincide, each way to coincide is a case of its own, so that no printed
form has a pole. A factor 0 (a state that forgets what it was) makes k one less, and the first values of k are listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial

import sympy

from boundcalc.program.depth.rational import Element, Factors, Fractions, replace
from boundcalc.program.depth.readable import power_sum
from boundcalc.program.depth.resonance import CASES, Case, cases, exponents, product
from boundcalc.program.depth.triangular import FORGOTTEN, PathSum, at_power, path_sum, reciprocal_taylor
from boundcalc.program.depth.work import Work


class TooManyCasesError(ValueError):
    """More coincidences of growth factors than a person would read."""


def depth_form(
    rows: Sequence[Mapping[int, sympy.Expr]],
    starts: Sequence[sympy.Expr],
    k: sympy.Expr,
    first: Sequence[sympy.Expr] = (),
    *,
    work: Work,
) -> sympy.Expr:
    """Entry 0 of rows^(k - len(first)) starts, for every integer k >= 0; first[k] are its values before.

    Raises CycleError where the matrix is not triangular, TooManyCasesError, TooMuchWorkError.
    """
    factors, numbers = _numbered([row.get(u, sympy.S.Zero) for u, row in enumerate(rows)])
    paths = path_sum(rows, starts, numbers, 0, work)
    work.write(*paths.values())
    pairs = sorted({pair for s in paths for pair in combinations(sorted({*s} - {FORGOTTEN}), 2)})
    found = cases(factors, pairs)
    if found is None:
        raise TooManyCasesError(f"more than {CASES} cases in which growth factors coincide")
    late = max((spectrum.count(FORGOTTEN) for spectrum in paths), default=0)
    early = [*first, *(at_power(paths, factors, i) for i in range(late))]
    branches = [(value, sympy.Eq(k, i)) for i, value in enumerate(early)]
    after = k - len(first)
    branches += [(_in_case(paths, factors, case, after, work), sympy.And(*case.relations)) for case in found]
    return sympy.Piecewise(*branches)


def _numbered(diagonal: Sequence[sympy.Expr]) -> tuple[list[sympy.Expr], list[int]]:
    """The distinct growth factors that are not 0, and which of them each row has."""
    distinct: dict[frozenset[tuple[sympy.Expr, Fraction]], int] = {}
    factors: list[sympy.Expr] = []
    numbers: list[int] = []
    for factor in diagonal:
        if factor == 0:
            numbers.append(FORGOTTEN)
            continue
        powers = exponents(factor)
        number = distinct.setdefault(frozenset(powers.items()), len(factors))
        if number == len(factors):
            factors.append(product(powers.items()))
        numbers.append(number)
    return factors, numbers


def _in_case(paths: PathSum, factors: Sequence[sympy.Expr], case: Case, k: sympy.Expr, work: Work) -> sympy.Expr:
    """The formula where the relations hold; symbols that they determine are replaced unless that makes a pole.

    (It can where a sum takes the value of another factor by chance: then an earlier case holds, not this one.)
    """
    if case.values:
        replaced = {spectrum: replace(weight, case.values) for spectrum, weight in paths.items()}
        try:
            return _formula(replaced, [replace(f, case.values) for f in factors], case.classes, k, work)
        except ZeroDivisionError:
            pass
    return _formula(paths, factors, case.classes, k, work)


def _formula(
    paths: PathSum, factors: Sequence[sympy.Expr], classes: Sequence[int], k: sympy.Expr, work: Work
) -> sympy.Expr:
    """The divided difference of x^k at factors with multiplicities m is, by Leibniz' rule on x^k / prod (x - other)^m,
    a sum over distinct factors and j < m of binomial(k, j) factor^(k - j) times a Taylor coefficient of the rest.
    """
    fractions = Fractions([*paths.values(), *factors], work)
    weights, bases = fractions.elements[: len(paths)], fractions.elements[len(paths) :]
    differences: dict[tuple[int, int], tuple[Element, Factors]] = {}
    terms: dict[tuple[int, int, int], list[tuple[Element, Factors]]] = {}
    for spectrum, weight in zip(paths, weights, strict=True):
        forgotten = spectrum.count(FORGOTTEN)
        counts = Counter(classes[i] for i in spectrum if i != FORGOTTEN)
        for one, m in counts.items():
            others = [other for other in counts if other != one]
            for other in others:
                if (one, other) not in differences:
                    differences[one, other] = fractions.factored(bases[one] - bases[other])
            for j in range(m):
                for number, powers in reciprocal_taylor([counts[other] for other in others], m - 1 - j):
                    units, bottom = list[tuple[Element, int]](), Counter[Element]()
                    for other, power in zip(others, powers, strict=True):
                        unit, irreducible = differences[one, other]
                        units.append((unit, power))
                        for factor, count in irreducible.items():
                            bottom[factor] += count * power
                    quotient = fractions.quotient(weight, Fraction(number, factorial(j)), units)
                    terms.setdefault((one, forgotten, j), []).append((quotient, bottom))
    return power_sum({(factors[one], z, j): fractions.total(table) for (one, z, j), table in terms.items()}, k)
