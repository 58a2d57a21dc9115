"""Sums of fractions whose denominators are known products: over a common denominator, cancelled by trial division.

Bringing fractions together one after another costs a greatest common divisor each, with a dozen symbols that takes
minutes; here the irreducible factors of the denominators are known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm, prod
from typing import Any

import sympy
from sympy.polys.fields import sfield

Element = Any  # of a field of rational functions, or of its ring of polynomials; SymPy has no types for them
Factors = Mapping[Element, int]  # irreducible polynomials and their multiplicities

TERMS = 12  # longer numerators are left multiplied out: factoring them takes seconds


class Fractions:
    """The field of rational functions in what the expressions are made of; other functions are generators.

    Roots of a symbol become powers of one root of it, so that sqrt(n)^2 and n are one.
    """

    def __init__(self, expressions: Sequence[sympy.Expr]) -> None:
        forward, self._backward = _roots(expressions)
        # the dummy keeps a field of functions where everything is a number
        self._field, elements = sfield([*(replace(e, forward) for e in expressions), sympy.Dummy()])
        self.elements: list[Element] = elements[:-1]

    def factored(self, element: Element) -> tuple[Element, Factors]:
        """A unit (a number, or a denominator) and the irreducible factors of the numerator. 0 raises ZeroDivisionError."""
        if not element:
            raise ZeroDivisionError("a factor of a denominator is 0")
        content, factors = element.numer.factor_list()
        return self._field(content) / self._field(element.denom), dict(factors)

    def total(self, terms: Sequence[tuple[Element, Factors]]) -> sympy.Expr:
        """The sum of numerator / product of factors over the terms, factored if it is short."""
        common: dict[Element, int] = {}
        for _, factors in terms:
            for factor, power in factors.items():
                common[factor] = max(common.get(factor, 0), power)
        field = self._field
        whole = sum(
            (
                n * prod((field(f) ** (e - factors.get(f, 0)) for f, e in common.items()), start=field(1))
                for n, factors in terms
            ),
            start=field(0),
        )
        numerator = whole.numer
        for factor in common:
            while common[factor] and numerator:
                quotient, rest = numerator.div(factor)
                if rest:
                    break
                numerator, common[factor] = quotient, common[factor] - 1
        top: Any = sympy.factor(numerator.as_expr()) if len(numerator) <= TERMS else numerator.as_expr()
        bottom: Any = sympy.Mul(whole.denom.as_expr(), *(f.as_expr() ** e for f, e in common.items()))
        return replace(top / bottom, self._backward)


def _roots(expressions: Sequence[sympy.Expr]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Symbols under roots as powers of their highest root, and back."""
    degrees: dict[sympy.Symbol, int] = {}
    for expression in expressions:
        for power in expression.atoms(sympy.Pow):
            if isinstance(power.base, sympy.Symbol) and isinstance(power.exp, sympy.Rational):
                degrees[power.base] = lcm(degrees.get(power.base, 1), int(power.exp.q))
    roots = {s: (sympy.Dummy(s.name, positive=True), degree) for s, degree in degrees.items() if degree > 1}
    forward = {symbol: root**degree for symbol, (root, degree) in roots.items()}
    return forward, {root: symbol ** sympy.Rational(1, degree) for symbol, (root, degree) in roots.items()}


def replace(expression: sympy.Expr, values: Mapping[Any, sympy.Expr]) -> sympy.Expr:
    """Symbols replaced, and what that makes evaluable evaluated."""
    result: Any = expression.xreplace(values)
    return result
