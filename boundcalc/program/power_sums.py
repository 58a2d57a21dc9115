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

PowerSum = Mapping[Fraction, Scalar]  # by exponent; what is absent is zero
MOST_TERMS = 400
_ZERO = Fraction(0)


class NoPowerSumError(ValueError):
    """The message says what stands in the way."""


def power_sum(scalar: Scalar, symbol: sympy.Symbol) -> PowerSum:
    """Coefficients in the scalar's arena, of which the sum is no smaller than the scalar. Raises NoPowerSumError."""
    found = interpret(scalar.arena, [scalar.index], _PowerSums(scalar.arena, symbol))
    return found[scalar.index]


@dataclass(frozen=True, slots=True)
class _PowerSums:
    arena: Arena
    symbol: sympy.Symbol

    def leaf(self, expression: sympy.Expr) -> PowerSum:
        if expression == self.symbol:
            return {Fraction(1): self.arena.one}
        if self.symbol in expression.free_symbols:
            raise NoPowerSumError("the norm of the parameters is in a constant of a layer")
        return {} if expression.is_zero else {_ZERO: self.arena.leaf(expression)}

    def add(self, terms: Sequence[PowerSum]) -> PowerSum:
        found: dict[Fraction, Scalar] = {}
        for term in terms:
            for k, c in term.items():
                found[k] = found[k] + c if k in found else c
        if len(found) > MOST_TERMS:
            raise NoPowerSumError(f"there are more than {MOST_TERMS} powers")
        return found

    def multiply(self, factors: Sequence[PowerSum]) -> PowerSum:
        result: PowerSum = {_ZERO: self.arena.one}
        for factor in factors:
            result = self.add([{j + k: b * c for k, c in factor.items()} for j, b in result.items()])
        return result

    def power(self, base: PowerSum, exponent: Fraction) -> PowerSum:
        """(sum of t_k)^p is at most the sum of t_k^p for 0 <= p <= 1: x^p is subadditive."""
        if not base:
            return base
        if len(base) == 1:
            ((k, c),) = base.items()
            if exponent < 0 and k > 0:
                raise NoPowerSumError("a quotient by the norm of the parameters")
            return {k * exponent: c**exponent}
        if exponent < 0:
            raise NoPowerSumError("a quotient by a sum of powers of the norm of the parameters")
        whole, rest = divmod(exponent, 1)
        if whole > MOST_TERMS:
            raise NoPowerSumError(f"there are more than {MOST_TERMS} powers")
        parts = [base] * int(whole)
        if rest:
            parts.append(self.add([{k * rest: c**rest} for k, c in base.items()]))
        return self.multiply(parts)

    def hypot(self, terms: Sequence[PowerSum]) -> PowerSum:
        """Exact of terms of one and the same power, above the others otherwise."""
        columns: dict[Fraction, list[Scalar]] = {}
        for term in terms:
            for k, c in term.items():
                columns.setdefault(k, []).append(c)
        return {k: column[0].hypot(*column[1:]) for k, column in columns.items()}

    def minimum(self, terms: Sequence[PowerSum]) -> PowerSum:
        return min(terms, key=lambda term: (max(term, default=_ZERO), len(term)))

    def maximum(self, terms: Sequence[PowerSum]) -> PowerSum:
        """The largest coefficient of every power."""
        columns: dict[Fraction, list[Scalar]] = {}
        for term in terms:
            for k, c in term.items():
                columns.setdefault(k, []).append(c)
        return {k: column[0].maximum(*column[1:]) for k, column in columns.items()}

    def select(self, index: int, op: Op, keys: Sequence[PowerSum], values: Sequence[PowerSum]) -> PowerSum:
        raise NoPowerSumError("a choice between two values")

    def loop(self, passes: Passes[PowerSum]) -> Sequence[PowerSum]:
        raise NoPowerSumError("a repeat with a symbolic number of times")
