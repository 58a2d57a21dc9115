"""A closed form in the depth as people write it: growth factors and coefficients have names, each way in which growth
factors coincide is a case of its own with coefficients of its own.

It has the value of `depth_form`, which is one expression in the spec's symbols and soon too long to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.program.depth.depth_form import TooManyCasesError
from boundcalc.program.depth.names import Names
from boundcalc.program.depth.polynomial import Polynomial
from boundcalc.program.depth.rational import replace
from boundcalc.program.depth.readable import power_sum
from boundcalc.program.depth.recurrence import Base, Recurrence, forgets, in_order, own_factors
from boundcalc.program.depth.resonance import CASES, Case, cases, exponents, product

Images = Sequence[Polynomial[sympy.Expr]]


def written_form(
    images: Images,
    starts: Sequence[sympy.Expr],
    wanted: int,
    k: sympy.Expr,
    first: Sequence[sympy.Expr],
    names: Names,
) -> sympy.Expr:
    """The state `wanted` after k passes; first[k] are its values before the images hold, with starts after those.

    Raises CycleError, TooManyCasesError, ZeroDivisionError where two growth factors are equal for no reason that is seen.
    """
    state, early = list(starts), list(first)
    for _ in range(forgets(images, wanted)):
        early.append(state[wanted])
        state = _next(images, state, wanted, names)
    found = _Factors(own_factors(images))
    Recurrence(images, state, found, _marked).solve(wanted)
    ways = cases(found.values, sorted(found.pairs))
    if ways is None:
        raise TooManyCasesError(f"more than {CASES} cases in which growth factors coincide")
    after = k - len(early)
    branches: list[tuple[sympy.Expr, Any]] = []
    for way in reversed(ways):  # the general one first, so that its coefficients have the first names
        if sympy.false not in way.relations:  # what coincides then has 2 = 1 as a consequence
            value = _in_case(images, state, wanted, after, way, found, names)
            branches.append((value, sympy.And(*(found.named(relation, names) for relation in way.relations))))
    branches += [(names.coefficient(value), sympy.Eq(k, i)) for i, value in reversed(list(enumerate(early)))]
    return sympy.Piecewise(*reversed(branches))


def _next(images: Images, state: Sequence[sympy.Expr], wanted: int, names: Names) -> list[sympy.Expr]:
    result = list(state)
    for i in in_order(images, wanted):
        terms = (sympy.Mul(c, *(state[j] for j in monomial)) for monomial, c in images[i].items())
        result[i] = names.coefficient(sympy.Add(*terms))
    return result


def _marked(expression: sympy.Expr) -> sympy.Expr:
    """For a run that only finds the growth factors: nothing cancels by chance."""
    return expression if expression == 0 else sympy.Dummy(positive=True)


def _in_case(
    images: Images,
    starts: Sequence[sympy.Expr],
    wanted: int,
    k: sympy.Expr,
    case: Case,
    found: _Factors,
    names: Names,
) -> sympy.Expr:
    """The formula where the relations hold; symbols that they determine are replaced unless that makes a pole."""
    if case.values:
        attempt = names.copy()
        replaced = [{m: replace(c, case.values) for m, c in image.items()} for image in images]
        try:
            value = _formula(replaced, [replace(s, case.values) for s in starts], wanted, k, case, found, attempt)
        except ZeroDivisionError:
            pass
        else:
            names.adopt(attempt)
            return value
    return _formula(images, starts, wanted, k, case, found, names)


def _formula(
    images: Images,
    starts: Sequence[sympy.Expr],
    wanted: int,
    k: sympy.Expr,
    case: Case,
    found: _Factors,
    names: Names,
) -> sympy.Expr:
    own = own_factors(images)
    growth = _Coinciding(found, case.classes, own, [names.growth(f) if f != 0 else f for f in own])
    solved = Recurrence(images, starts, growth, names.coefficient).solve(wanted)
    return sympy.Add(*(power_sum({(growth.value(base), 0, j): a}, k) for (base, j), a in solved.items()))


class _Factors:
    """The growth factors that a run meets, numbered, and the pairs of them of which it takes the difference."""

    def __init__(self, own: Sequence[sympy.Expr]) -> None:
        self._powers = [exponents(factor) if factor != 0 else {} for factor in own]
        self._numbers: dict[frozenset[tuple[sympy.Expr, Fraction]], int] = {}
        self.bases: list[Base] = []
        self.values: list[sympy.Expr] = []
        self.pairs: set[tuple[int, int]] = set()
        self.coinciding(())

    def number(self, base: Base) -> int:
        powers: dict[sympy.Expr, Fraction] = {}
        for state in base:
            for atom, e in self._powers[state].items():
                powers[atom] = powers.get(atom, Fraction(0)) + e
        powers = {atom: e for atom, e in powers.items() if e}
        number = self._numbers.setdefault(frozenset(powers.items()), len(self.bases))
        if number == len(self.bases):
            self.bases.append(base)
            self.values.append(product(powers.items()))
        return number

    coinciding = number  # in general position

    def same(self, base: Base) -> Base:
        return self.bases[self.number(base)]

    def value(self, base: Base) -> sympy.Expr:
        return self.values[self.number(base)]

    def difference(self, base: Base, own: Base | None) -> sympy.Expr:
        if own is None:
            return self.value(base)
        one, other = sorted((self.number(base), self.number(own)))
        self.pairs.add((one, other))
        return sympy.Dummy(positive=True)

    def named(self, relation: Boolean, names: Names) -> Boolean:
        """A relation with the names of growth factors in place of the factors; of those that are always equal it is simply true."""
        if relation == sympy.true:
            return relation
        factors = [product(powers.items()) for powers in self._powers if powers]
        known = {factor: names.growth(factor) for factor in factors}
        sides: Any = relation.args
        equal: Any = sympy.Eq(*(known.get(side, side) for side in sides))
        return equal


class _Coinciding:
    """The same factors in a case: of those that coincide one stands for the others. `names` is what is written for them."""

    def __init__(
        self, found: _Factors, classes: Sequence[int], own: Sequence[sympy.Expr], names: Sequence[sympy.Expr]
    ) -> None:
        self._found, self._classes, self._own, self._names = found, classes, own, names

    def same(self, base: Base) -> Base:
        return self._found.same(base)

    def coinciding(self, base: Base) -> int:
        return self._classes[self._found.number(base)]

    def value(self, base: Base) -> sympy.Expr:
        return sympy.Mul(*(self._names[state] for state in base))

    def difference(self, base: Base, own: Base | None) -> sympy.Expr:
        if own is None:
            return self.value(base)
        if exponents(sympy.Mul(*(self._own[i] for i in base))) == exponents(sympy.Mul(*(self._own[i] for i in own))):
            raise ZeroDivisionError("growth factors coincide")
        return self.value(base) - self.value(own)
