"""A program as a sum of powers of one symbol, c_k x^k with c_k >= 0 that do not depend on it: equal to it, or above it for all x >= 0.

Sums, products and whole powers of power sums are power sums. A hypot is at most the sum of its terms, a root at most the sum
of the roots, a maximum at most the sum; of a minimum the term is taken that grows least. Exponents are fractions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar

Exponent = int | Fraction  # whole ones as int: sums of fractions take most of the time of a product
PowerSum = Mapping[Exponent, Scalar]  # by exponent; what is absent is zero
MOST_TERMS = 400
MOST_PRODUCTS = 500_000  # of two terms, in one program: they grow with the cube of the steps of a recurrence


class NoPowerSumError(ValueError):
    """The message says what stands in the way."""


def power_sum(scalar: Scalar, symbol: sympy.Symbol) -> PowerSum:
    """Coefficients in the scalar's arena, of which the sum is no smaller than the scalar. Raises NoPowerSumError."""
    found = interpret(scalar.arena, [scalar.index], _PowerSums(scalar.arena, symbol))
    return found[scalar.index]


@dataclass(slots=True)
class _PowerSums:
    arena: Arena
    symbol: sympy.Symbol
    products: int = 0  # so far

    def leaf(self, expression: sympy.Expr) -> PowerSum:
        if expression == self.symbol:
            return {1: self.arena.one}
        if self.symbol in expression.free_symbols:
            raise NoPowerSumError("the norm of the parameters is in a constant of a layer")
        return {} if expression.is_zero else {0: self.arena.leaf(expression)}

    def add(self, terms: Sequence[PowerSum]) -> PowerSum:
        return self._summed(_columns(terms))

    def multiply(self, factors: Sequence[PowerSum]) -> PowerSum:
        result: PowerSum = {0: self.arena.one}
        for factor in factors:
            self.products += len(result) * len(factor)
            if self.products > MOST_PRODUCTS:
                raise NoPowerSumError(f"its powers take more than {MOST_PRODUCTS} products")
            columns: dict[Exponent, list[Scalar]] = {}
            for j, b in result.items():
                for k, c in factor.items():
                    columns.setdefault(j + k, []).append(b * c)
            result = self._summed(columns)
        return result

    def _summed(self, columns: Mapping[Exponent, Sequence[Scalar]]) -> PowerSum:
        if len(columns) > MOST_TERMS:
            raise NoPowerSumError(f"there are more than {MOST_TERMS} powers")
        return {k: self.arena.combine(Op.ADD, column) for k, column in columns.items()}

    def power(self, base: PowerSum, exponent: Fraction) -> PowerSum:
        """(sum of t_k)^p is at most the sum of t_k^p for 0 <= p <= 1: x^p is subadditive."""
        if not base:
            return base
        if len(base) == 1:
            ((k, c),) = base.items()
            if exponent < 0 and k > 0:
                raise NoPowerSumError("a quotient by the norm of the parameters")
            return {_exponent(k * exponent): c**exponent}
        if exponent < 0:
            raise NoPowerSumError("a quotient by a sum of powers of the norm of the parameters")
        whole, rest = divmod(exponent, 1)
        if whole > MOST_TERMS:
            raise NoPowerSumError(f"there are more than {MOST_TERMS} powers")
        parts = [base] * int(whole)
        if rest:
            parts.append(self.add([{_exponent(k * rest): c**rest} for k, c in base.items()]))
        return self.multiply(parts)

    def hypot(self, terms: Sequence[PowerSum]) -> PowerSum:
        """Exact of terms of one and the same power, above the others otherwise."""
        return {k: column[0].hypot(*column[1:]) for k, column in _columns(terms).items()}

    def minimum(self, terms: Sequence[PowerSum]) -> PowerSum:
        return min(terms, key=lambda term: (max(term, default=0), len(term)))

    def maximum(self, terms: Sequence[PowerSum]) -> PowerSum:
        """The largest coefficient of every power."""
        return {k: column[0].maximum(*column[1:]) for k, column in _columns(terms).items()}

    def select(self, index: int, op: Op, keys: Sequence[PowerSum], values: Sequence[PowerSum]) -> PowerSum:
        raise NoPowerSumError("a choice between two values")

    def loop(self, passes: Passes[PowerSum]) -> Sequence[PowerSum]:
        raise NoPowerSumError("a repeat with a symbolic number of times")


def _columns(terms: Sequence[PowerSum]) -> Mapping[Exponent, Sequence[Scalar]]:
    """The coefficients of every power."""
    columns: dict[Exponent, list[Scalar]] = {}
    for term in terms:
        for k, c in term.items():
            columns.setdefault(k, []).append(c)
    return columns


def _exponent(k: Exponent) -> Exponent:
    return int(k) if k == int(k) else k
