"""Factors of expressions and of polynomials, where SymPy finds them soon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

SYMBOLS = 4  # SymPy takes long to factor what has more
BITS = 256  # or longer numbers: it looks for primes beyond them

Polynomial = Any  # an element of a ring of SymPy, which has no types for them


def factored(expression: sympy.Expr) -> sympy.Expr:
    """As a product of irreducible factors; as it is where numbers are long, or there is no sum."""
    if not expression.has(sympy.Add) or not all(map(_is_short, expression.atoms(sympy.Rational))):
        return expression
    result: Any = sympy.factor(expression)
    return result


def factors_of(polynomial: Polynomial) -> tuple[Any, Sequence[tuple[Polynomial, int]]]:
    """A number, and irreducible factors with their multiplicities; where numbers are long, the polynomial over its content."""
    if all(map(_is_short, polynomial.itercoeffs())):
        return polynomial.factor_list()
    content, rest = polynomial.primitive()
    return content, [(rest, 1)]


def product_of(polynomial: Polynomial) -> sympy.Expr:
    """The polynomial in factors; in many symbols only what all terms have in common is taken out."""
    powers = list(zip(*polynomial.itermonoms(), strict=True))  # of each symbol in each term
    if sum(map(any, powers)) <= SYMBOLS:
        content, factors = factors_of(polynomial)
    else:
        common = polynomial.ring({tuple(map(min, powers)): 1})
        content, rest = polynomial.exquo(common).primitive()
        factors = [(common, 1), (rest, 1)]
    return sympy.Mul(content, *(factor.as_expr() ** power for factor, power in factors))


def _is_short(number: Any) -> bool:
    """Of SymPy's numbers, and of those of its rings."""
    return all(abs(int(part)).bit_length() <= BITS for part in (number.numerator, number.denominator))
