"""Sums of binomial(k, j) lambda^(k - j) as people write them: k*x*R**(k - 1)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy

from boundcalc.program.depth.resonance import Exponents, exponents, product, ratio, rational, taken_apart


def falling(k: sympy.Expr, j: int) -> sympy.Expr:
    """k (k - 1) ... (k - j + 1)."""
    return sympy.Mul(*(k - i for i in range(j)))


def geometric(coefficient: sympy.Expr, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """coefficient * base**exponent, with the powers of `base` in the coefficient moved to the exponent."""
    if base == 1:
        return coefficient
    number, coefficient = coefficient.as_coeff_Mul()
    return number * _absorbed(coefficient, base, exponent)


def _absorbed(coefficient: sympy.Expr, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    of_base, of_coefficient = exponents(base), dict(taken_apart(coefficient))
    symbolic = [atom for atom in of_base if not atom.is_number]
    if len(symbolic) == 1 and symbolic[0] in of_coefficient:
        atom = symbolic[0]
        together = atom ** (rational(of_base[atom]) * exponent + rational(of_coefficient.pop(atom)))
        number = product((a, e) for a, e in of_base.items() if a != atom)
        return product(of_coefficient.items()) * together * number**exponent
    count = _multiples(of_base, of_coefficient)
    if count:
        coefficient = product(ratio(of_coefficient, {a: e * count for a, e in of_base.items()}).items())
    return coefficient * base ** (exponent + count)


def _multiples(base: Exponents, coefficient: Exponents) -> int:
    """How many times (negative: divided) `base` is a factor of the coefficient, by its symbolic atoms."""
    quotients = [coefficient.get(atom, Fraction(0)) / e for atom, e in base.items() if not atom.is_number]
    if not quotients or not (all(q >= 1 for q in quotients) or all(q <= -1 for q in quotients)):
        return 0
    return int(min(quotients, key=abs))


def power_sum(terms: Mapping[tuple[sympy.Expr, int, int], sympy.Expr], k: sympy.Expr) -> sympy.Expr:
    """sum of c (k - z) ... (k - z - j + 1) base^(k - z - j) over the given (base, z, j): c, the c factored."""
    return sympy.Add(
        *(
            falling(k - z, j) * geometric(coefficient, base, k - z - j)
            for (base, z, j), coefficient in terms.items()
            if coefficient != 0
        )
    )
