"""Sums of fractions whose denominators are known products: over a common denominator, cancelled by trial division.

Bringing fractions together one after another costs a greatest common divisor each, with a dozen symbols that takes
minutes; here the irreducible factors of the denominators are known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import sympy
from sympy.core.function import Application
from sympy.polys.fields import sfield

from boundcalc.program.depth.factoring import factors_of, product_of
from boundcalc.program.depth.work import Work

Element = Any  # of a field of rational functions, or of its ring of polynomials; SymPy has no types for them
Factors = Mapping[Element, int]  # irreducible polynomials and their multiplicities

FACTORED = 40  # terms that SymPy multiplies in the time that it takes to factor a short polynomial, or to find a common divisor
TERMS = 12  # longer numerators are left multiplied out: factoring them takes seconds


class Fractions:
    """The field of rational functions in what the expressions are made of; other functions are generators.

    Roots of a symbol become powers of one root of it, so that sqrt(n)^2 and n are one. Functions become symbols, which are
    quicker to build expressions of.
    """

    def __init__(self, expressions: Sequence[sympy.Expr], work: Work) -> None:
        work.write(*expressions)
        self._work = work
        forward, self._backward = _roots(expressions)
        # the dummy keeps a field of functions where everything is a number
        self._field, elements = sfield([*(replace(e, forward) for e in expressions), sympy.Dummy()])
        self.elements: list[Element] = elements[:-1]

    def factored(self, element: Element) -> tuple[Element, Factors]:
        """A unit (a number, or a denominator) and the irreducible factors of the numerator. 0 raises ZeroDivisionError."""
        if not element:
            raise ZeroDivisionError("a factor of a denominator is 0")
        content, factors = factors_of(element.numer)
        return self._field(content) / self._field(element.denom), dict(factors)

    def quotient(self, weight: Element, number: Fraction, units: Sequence[tuple[Element, int]]) -> Element:
        """weight * number / the product of units to their powers, cancelled once."""
        numerator, denominator = weight.numer * number.numerator, weight.denom * number.denominator
        for unit, power in units:
            numerator, denominator = numerator * unit.denom**power, denominator * unit.numer**power
        self._spend_divisor(numerator, denominator)
        return self._field.new(numerator, denominator)

    def _spend_divisor(self, one: Element, other: Element) -> None:
        """Spend what their greatest common divisor takes."""
        if len(one) > 1 and len(other) > 1:
            self._work.spend(FACTORED + len(one) + len(other))

    def total(self, terms: Sequence[tuple[Element, Factors]]) -> sympy.Expr:
        """The sum of numerator / product of factors over the terms, factored if it is short. Polynomials are added, and
        cancelled once: a sum of fractions would be cancelled at each term."""
        common: dict[Element, int] = {}
        for _, factors in terms:
            for factor, power in factors.items():
                common[factor] = max(common.get(factor, 0), power)
        ring, bottom = self._field.ring, self._field.ring.one
        for element, _ in terms:
            self._spend_divisor(bottom, element.denom)
            bottom = bottom.lcm(element.denom)
        whole = ring.zero
        for element, factors in terms:
            part = element.numer * bottom.exquo(element.denom)
            for factor, power in common.items():
                for _ in range(power - factors.get(factor, 0)):
                    self._work.spend(len(part) * len(factor))
                    part *= factor
            whole += part
        self._spend_divisor(whole, bottom)
        numerator, denominator = whole.cancel(bottom)
        for factor in common:
            while common[factor] and numerator:
                self._work.spend(len(numerator) * len(factor))
                quotient, rest = numerator.div(factor)
                if rest:
                    break
                numerator, common[factor] = quotient, common[factor] - 1
        if 1 < len(numerator) <= TERMS:
            self._work.spend(FACTORED)
            top: Any = product_of(numerator)
        else:
            top = numerator.as_expr()
        bottom: Any = sympy.Mul(denominator.as_expr(), *(f.as_expr() ** e for f, e in common.items()))
        return replace(top / bottom, self._backward)


def _roots(expressions: Sequence[sympy.Expr]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Symbols under roots as powers of their highest root, functions as symbols, and back."""
    degrees: dict[sympy.Symbol, int] = {}
    for expression in expressions:
        for power in expression.atoms(sympy.Pow):
            if isinstance(power.base, sympy.Symbol) and isinstance(power.exp, sympy.Rational):
                degrees[power.base] = lcm(degrees.get(power.base, 1), int(power.exp.q))
    roots = {s: (sympy.Dummy(s.name, positive=True), degree) for s, degree in degrees.items() if degree > 1}
    functions = {f: sympy.Dummy() for e in expressions for f in e.atoms(Application) if not isinstance(f, sympy.exp)}
    forward = {symbol: root**degree for symbol, (root, degree) in roots.items()} | functions
    backward = {root: symbol ** sympy.Rational(1, degree) for symbol, (root, degree) in roots.items()}
    return forward, backward | {symbol: function for function, symbol in functions.items()}


def replace(expression: sympy.Expr, values: Mapping[Any, sympy.Expr]) -> sympy.Expr:
    """Symbols replaced, and what that makes evaluable evaluated."""
    result: Any = expression.xreplace(values)
    return result
