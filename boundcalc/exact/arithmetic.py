"""Sums and products of SymPy expressions that never hang, and the check of every result.

SymPy factors what is under the roots of a product. Here sizes are checked first, and SymPy simplifies only what cannot take
long: exact rationals have at most 4,096 bits, other numbers stay between 2**-4096 and 2**4096.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from boundcalc.exact.limits import MAX_BITS, POLES, TooLarge, Undefined, out_of_range
from boundcalc.exact.settled import settled_product, settled_sum
from boundcalc.exact.signs import sign

# Of the numbers under roots, which SymPy factors (and above 1,024 bits crashes on, with flint's integers).
MAX_ROOT_BITS = 512


def bits_of(number: sympy.Rational) -> int:
    return max(abs(int(number.p)), int(number.q)).bit_length()


def checked(result: sympy.Expr) -> sympy.Expr:
    """`result`, if its outer parts are real and not too large; `finite` looks at all of it."""
    for part in (result, *result.args):
        if isinstance(part, sympy.Rational):
            if bits_of(part) > MAX_BITS:
                raise out_of_range()
        elif part in POLES:
            raise Undefined("not a finite number")
        elif part is sympy.I:
            raise Undefined("not a real number")
    if not isinstance(result, sympy.Rational) and result.is_number:
        finite(result)
        sign(result)
    return result


def finite(result: sympy.Expr) -> sympy.Expr:
    """`result`, if no part of it is infinite, undefined or imaginary."""
    if result.has(sympy.I, *POLES):
        raise Undefined("not a finite real number")
    return result


def add(terms: Iterable[sympy.Expr]) -> sympy.Expr:
    terms = list(terms)
    return checked(settled_sum(terms) or sympy.Add(*terms))


def multiply(factors: Iterable[sympy.Expr]) -> sympy.Expr:
    factors = list(factors)
    if sympy.S.Zero in factors:
        for factor in factors:
            finite(factor)
        return sympy.S.Zero
    check_roots(part for factor in factors for part in sympy.Mul.make_args(factor))
    return checked(settled_product(factors) or sympy.Mul(*factors))


def check_roots(factors: Iterable[sympy.Expr], exponent: sympy.Expr = sympy.S.One) -> None:
    """SymPy multiplies and factors the numbers under the roots of a product, and raises prime factors to powers below the order."""
    bits = 0
    for factor in factors:
        number, own = factor.as_base_exp()
        if not isinstance(number, sympy.Rational):
            continue
        whole = own * exponent
        if not whole.is_Integer and abs(number) != 1:
            bits += bits_of(number)
            if isinstance(whole, sympy.Rational) and bits_of(number) * int(whole.q) > MAX_BITS:
                raise TooLarge(f"a root of order {whole.q} of a number of {bits_of(number)} bits")
    if bits > MAX_ROOT_BITS:
        raise TooLarge(f"roots of numbers of more than {MAX_ROOT_BITS} bits")
