"""A triangular recursion solved state by state: each coefficient is a short formula in those before it.

A state obeys s(k + 1) = lambda s(k) + f(k), where f is a polynomial in the states before it. Sums of terms

    a k (k - 1) ... (k - j + 1) base^(k - j)

are closed under products, and such an f gives such an s: the shift by one pass takes the term (base, j) to base times
itself plus j times the term (base, j - 1), so that comparing coefficients gives, from the highest j down,

    (base - lambda) a_j + (j + 1) a_(j + 1) = f_j        and, where base = lambda,        (j + 1) a_(j + 1) = f_j.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, factorial
from typing import Protocol

import sympy

from boundcalc.program.depth.polynomial import Monomial, Polynomial
from boundcalc.program.depth.triangular import CycleError

Base = tuple[int, ...]  # a growth factor as the states whose own factors it is the product of, in order; () is 1
Term = tuple[Base, int]
PowerSum = Mapping[Term, sympy.Expr]
Write = Callable[[sympy.Expr], sympy.Expr]


def own_factors(images: Sequence[Polynomial[sympy.Expr]]) -> list[sympy.Expr]:
    """lambda of each state."""
    return [image.get((i,), sympy.S.Zero) for i, image in enumerate(images)]


def in_order(images: Sequence[Polynomial[sympy.Expr]], wanted: int) -> list[int]:
    """The states that the state `wanted` needs, each after those that it is made of. Raises CycleError."""
    done: list[int] = []
    open_: set[int] = set()

    def visit(i: int) -> None:
        if i in done:
            return
        if i in open_:
            raise CycleError(i)
        open_.add(i)
        for j in sorted({j for monomial in images[i] if monomial != (i,) for j in monomial}):
            visit(j)
        done.append(i)

    visit(wanted)
    return done


def forgets(images: Sequence[Polynomial[sympy.Expr]], wanted: int) -> int:
    """The number of passes after which the state obeys its formula: factors 0 that stand in a chain."""
    late: dict[int, int] = {}
    factors = own_factors(images)
    for i in in_order(images, wanted):
        inputs = {j for monomial in images[i] for j in monomial if j != i}
        late[i] = max((late[j] for j in inputs), default=0) + (factors[i] == 0)
    return late[wanted]


class Growth(Protocol):
    """What is known of growth factors."""

    def same(self, base: Base, /) -> Base: ...  # the one that stands for all that are equal to it in any case
    def coinciding(self, base: Base, /) -> int: ...  # a number that it has in common with all that are equal to it here
    def value(self, base: Base, /) -> sympy.Expr: ...
    def difference(self, base: Base, own: Base | None, /) -> sympy.Expr: ...  # base - own; None is the factor 0


@dataclass(frozen=True)
class Recurrence:
    """`write` gives a coefficient a name where it is long."""

    images: Sequence[Polynomial[sympy.Expr]]
    starts: Sequence[sympy.Expr]
    growth: Growth
    write: Write

    def solve(self, wanted: int) -> PowerSum:
        """The state after k passes, for every k >= 0 if it obeys its formula from the start on. Raises CycleError,
        and ZeroDivisionError where two bases have one value and not one representative."""
        known: dict[int, PowerSum] = {}
        for i in in_order(self.images, wanted):
            rest = {monomial: c for monomial, c in self.images[i].items() if monomial != (i,)}
            known[i] = self._state(i, self._polynomial(rest, known))
        return known[wanted]

    def _state(self, i: int, forcing: PowerSum) -> PowerSum:
        own = self._simplest((i,)) if (i,) in self.images[i] else None
        together = self._together(forcing, own)
        result: dict[Term, sympy.Expr] = {}
        for base, top in _highest(together).items():
            values = [together.get((base, j), sympy.S.Zero) for j in range(top + 1)]
            if base == own:
                result |= {(base, j + 1): self.write(value / (j + 1)) for j, value in enumerate(values)}
                continue
            difference = self.growth.difference(base, own)
            above = sympy.S.Zero
            for j in reversed(range(top + 1)):
                above = result[base, j] = self.write((values[j] - (j + 1) * above) / difference)
        if own is not None:
            result[own, 0] = self.write(self.starts[i] - sympy.Add(*(a for (_, j), a in result.items() if j == 0)))
        return {term: a for term, a in result.items() if a != 0}

    def _simplest(self, base: Base) -> Base:
        return () if self.growth.coinciding(base) == self.growth.coinciding(()) else self.growth.same(base)

    def _together(self, forcing: PowerSum, own: Base | None) -> PowerSum:
        """The terms of growth factors that coincide added up, under one of them: `own` or 1 where it is among them."""
        standing = {} if own is None else {self.growth.coinciding(own): own}
        result: dict[Term, sympy.Expr] = {}
        for (base, j), a in forcing.items():
            term = standing.setdefault(self.growth.coinciding(base), self._simplest(base)), j
            result[term] = result.get(term, sympy.S.Zero) + a
        return result

    def _polynomial(self, polynomial: Polynomial[sympy.Expr], known: Mapping[int, PowerSum]) -> PowerSum:
        """The polynomial at the known states; squares of sums, which second derivatives bring, are not multiplied out."""
        result: dict[Term, sympy.Expr] = {}
        for factors, coefficient in squares(polynomial):
            power: PowerSum = {((), 0): coefficient}
            for linear in factors:
                terms: dict[Term, sympy.Expr] = {}
                for state, c in linear.items():
                    for term, a in known[state].items():
                        terms[term] = terms.get(term, sympy.S.Zero) + c * a
                long = len(factors) > 1
                power = self._times(power, {term: self.write(a) if long else a for term, a in terms.items()})
            for term, a in power.items():
                result[term] = result.get(term, sympy.S.Zero) + a
        return {term: a for term, a in result.items() if a != 0}

    def _times(self, left: PowerSum, right: PowerSum) -> PowerSum:
        result: dict[Term, sympy.Expr] = {}
        for ((mu, i), a), ((nu, j), b) in product(left.items(), right.items()):
            base = self.growth.same(tuple(sorted(mu + nu)))
            for r in range(min(i, j) + 1):
                number = factorial(r) * comb(i, r) * comb(j, r)
                c = number * a * b * self.growth.value(mu) ** (j - r) * self.growth.value(nu) ** (i - r)
                result[base, i + j - r] = result.get((base, i + j - r), sympy.S.Zero) + c
        return result


def _highest(terms: PowerSum) -> dict[Base, int]:
    result: dict[Base, int] = {}
    for base, j in terms:
        result[base] = max(j, result.get(base, 0))
    return result


Linear = Mapping[int, sympy.Expr]


def squares(polynomial: Polynomial[sympy.Expr]) -> Iterator[tuple[Sequence[Linear], sympy.Expr]]:
    """The polynomial as a sum of products of linear forms, each with its coefficient."""
    quadratic = {monomial: c for monomial, c in polynomial.items() if len(monomial) == 2}
    found = _product(quadratic) if len(quadratic) > 1 else None
    if found is not None:
        yield found
    for monomial, coefficient in polynomial.items():
        if found is None or len(monomial) != 2:
            yield [{state: sympy.S.One} for state in monomial], coefficient


def _product(quadratic: Mapping[Monomial, sympy.Expr]) -> tuple[Sequence[Linear], sympy.Expr] | None:
    """A quadratic form as coefficient * (linear form)^2, None where it is none."""
    states = sorted({state for monomial in quadratic for state in monomial})
    first = next((s for s in states if (s, s) in quadratic), None)
    if first is None:
        return None
    lead = quadratic[first, first]
    ratios = {first: sympy.S.One}
    for s in states:
        if s != first:
            ratios[s] = sympy.cancel(quadratic.get((first, s) if first < s else (s, first), sympy.S.Zero) / (2 * lead))
    for n, s in enumerate(states):
        for t in states[n:]:
            expected = lead * ratios[s] * ratios[t] * (1 if s == t else 2)
            if sympy.expand(quadratic.get((s, t), sympy.S.Zero) - expected) != 0:
                return None
    return [ratios, ratios], lead
