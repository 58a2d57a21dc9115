"""What is assumed about growth factors, and what follows from it.

A product of powers of positive atoms compares with 1 as its logarithm, a linear form in the logarithms of the atoms,
with 0. So assumptions are linear inequalities, and whether they can hold together is Fourier-Motzkin elimination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy

from boundcalc.program.depth.resonance import Exponents, exponents, ratio, sides

_Row = tuple[Mapping[sympy.Expr, Fraction], bool]  # a linear form that is > 0 (True) or >= 0 (False)


@dataclass(frozen=True)
class Regime:
    """Assumptions: products of powers with the sign of their logarithm, and exponents with their sign.

    `excluded` are sets of products that are not all 1 (the cases that other formulas are for).
    """

    products: tuple[tuple[Exponents, int], ...] = ()
    powers: tuple[tuple[sympy.Expr, int], ...] = ()
    excluded: tuple[tuple[Exponents, ...], ...] = ()

    def sign(self, product: Exponents) -> int | None:
        """The sign of log(product), if the assumptions (or SymPy's) decide it."""
        if not product:
            return 0
        left, right = sides(product)
        difference = sympy.expand(left - right)
        for sign, decided in ((1, difference.is_positive), (-1, difference.is_negative), (0, difference.is_zero)):
            if decided:
                return sign
        possible = [s for s in (-1, 0, 1) if self._feasible([*self.products, (product, s)])]
        return possible[0] if len(possible) == 1 else None

    def power_signs(self, power: sympy.Expr) -> tuple[int, ...]:
        """The signs that an exponent may have."""
        power = sympy.expand(power)
        for known, sign in self.powers:
            for factor in (1, -1):
                if sympy.expand(known - factor * power) == 0:
                    return (sign * factor,)
        refuted = {-1: power.is_nonnegative, 0: power.is_nonzero, 1: power.is_nonpositive}
        return tuple(sign for sign, is_refuted in refuted.items() if not is_refuted)

    def assuming(self, product: Exponents, sign: int) -> Regime | None:
        """With log(product) of this sign as well; None where that cannot be."""
        known = self.sign(product)
        if known is not None:
            return self if known == sign else None
        products = (*self.products, (product, sign))
        return replace(self, products=products)._possible() if self._feasible(products) else None

    def excluding(self, together: Iterable[Exponents]) -> Regime | None:
        """Where the products are not all 1; None where they are."""
        return replace(self, excluded=(*self.excluded, tuple(together)))._possible()

    def _possible(self) -> Regime | None:
        gone = any(all(self.sign(p) == 0 for p in together) for together in self.excluded)
        return None if gone else self

    def assuming_power(self, power: sympy.Expr, sign: int) -> Regime:
        return self if self.power_signs(power) == (sign,) else replace(self, powers=(*self.powers, (power, sign)))

    @property
    def condition(self) -> Any:
        """The assumptions that do not follow from the others, as SymPy's relations."""
        kept = list(self.products)
        for assumption in self.products:
            rest = [p for p in kept if p is not assumption]
            if Regime(tuple(rest)).sign(assumption[0]) == assumption[1]:
                kept = rest
        relations = [_relation(product, sign) for product, sign in kept]
        for power, sign in self.powers:
            constant, rest = power.as_coeff_Add()
            relations.append(_OF_SIGN[sign](rest, -constant))
        return sympy.And(*relations)

    def _feasible(self, assumptions: Iterable[tuple[Exponents, int]]) -> bool:
        rows: list[_Row] = []
        for product, sign in assumptions:
            minus = {atom: -e for atom, e in product.items()}
            rows += [(product, False), (minus, False)] if sign == 0 else [(product if sign > 0 else minus, True)]
        for atom in {a for product, _ in rows for a in product}:
            if (atom - 1).is_positive:
                rows.append(({atom: Fraction(1)}, True))
            elif (atom - 1).is_negative:
                rows.append(({atom: Fraction(-1)}, True))
        return _feasible(rows)


class UndecidedError(ValueError):
    """The message says what cannot be decided."""


def equations_of(condition: Any, t: sympy.Symbol) -> list[Exponents] | None:
    """The products that `condition`, the case of a closed form, sets to 1; None where it fails for large t."""
    if condition == sympy.true:
        return []
    relations: tuple[Any, ...] = condition.args if isinstance(condition, sympy.And) else (condition,)
    result: list[Exponents] = []
    for relation in relations:
        left, right = relation.args
        if relation == sympy.Eq(t, right) and not right.has(t):
            return None
        if type(relation) is not sympy.Eq or right == 0:
            raise UndecidedError(f"a case that is no equation between products: {relation}")
        quotient = ratio(exponents(left), exponents(right))
        if t in quotient and not any(atom.has(t) for atom in quotient if atom != t):
            return None  # a power of t is no constant
        if relation.has(t):
            raise UndecidedError(f"a case that depends on {t}: {relation}")
        result.append(quotient)
    return result


_OF_SIGN: Mapping[int, Any] = {1: sympy.Gt, 0: sympy.Eq, -1: sympy.Lt}


def _relation(product: Exponents, sign: int) -> Any:
    """The comparison of the product with 1, solved for a symbol if one of its atoms is one."""
    symbols = sorted((atom for atom in product if atom.is_Symbol), key=str)
    for atom in symbols:
        scaled = {a: e / product[atom] for a, e in product.items()}
        if all(e.denominator == 1 for e in scaled.values()) and all(
            a == atom or atom not in a.free_symbols for a in scaled
        ):
            rest = {a: -e for a, e in scaled.items() if a != atom}
            left, right = sides(rest)
            return _OF_SIGN[sign if product[atom] > 0 else -sign](atom, left / right)
    return _OF_SIGN[sign](*sides(product))


def _feasible(rows: list[_Row]) -> bool:
    """Fourier-Motzkin: whether some values of the atoms satisfy all rows."""
    rows = _distinct(rows)
    while rows:
        if any(strict and not form for form, strict in rows):
            return False
        rows = [row for row in rows if row[0]]
        if not rows:
            return True
        atom = next(iter(rows[0][0]))
        above = [row for row in rows if row[0].get(atom, 0) > 0]
        below = [row for row in rows if row[0].get(atom, 0) < 0]
        rows = [row for row in rows if atom not in row[0]]
        for up, strict_up in above:
            for down, strict_down in below:
                u, d = up[atom], -down[atom]
                form = {a: d * up.get(a, Fraction(0)) + u * down.get(a, Fraction(0)) for a in {**up, **down}}
                rows.append(({a: e for a, e in form.items() if e}, strict_up or strict_down))
        rows = _distinct(rows)
    return True


def _distinct(rows: Iterable[_Row]) -> list[_Row]:
    """Each direction once."""
    found: dict[tuple[frozenset[tuple[sympy.Expr, Fraction]], bool], _Row] = {}
    for form, strict in rows:
        scale = sum(abs(e) for e in form.values())
        scaled = {a: e / scale for a, e in form.items()} if scale else form
        found.setdefault((frozenset(scaled.items()), strict), (scaled, strict))
    return list(found.values())
