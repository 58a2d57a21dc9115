"""SymPy's LaTeX of sums, products and powers without negative numbers, at a fraction of what SymPy takes for it.

As `plain_text`: letter by letter what SymPy writes, or None, and SymPy's to write. SymPy asks every term whether it has a sign,
every factor whether it is a unit or holds an integral, and divides each product into a fraction that it builds first.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from boundcalc.exact.plain_text import Write, in_order, ordered_terms
from boundcalc.exact.settled import settled_power

_TERMS = (sympy.Symbol, sympy.Mul, sympy.Pow)
_FACTORS = (sympy.Symbol, sympy.Add, sympy.Pow)


def plain_latex(part: sympy.Basic, write: Write) -> str | None:
    """The LaTeX of a sum, a product or a power; `write` is for the parts."""
    if type(part) is sympy.Add:
        return _sum(part.args, write)
    if type(part) is sympy.Mul:
        return _product(part.args, write)
    if type(part) is sympy.Pow:
        return _power(part.args[0], part.args[1], write)
    return None


def _sum(args: Sequence[sympy.Basic], write: Write) -> str | None:
    if not all(type(term) in _TERMS or isinstance(term, sympy.Rational) for term in args):
        return None
    terms = ordered_terms(args)
    return None if terms is None else " + ".join(map(write, terms))


def _power(base: sympy.Basic, exponent: sympy.Basic, write: Write) -> str | None:
    if exponent is sympy.S.Half:
        return rf"\sqrt{{{write(base)}}}"
    if type(base) is sympy.Symbol and type(exponent) is sympy.Integer and exponent.p > 1:
        text = write(base)
        return None if "^" in text else f"{text}^{{{write(exponent)}}}"
    return None


def _product(args: Sequence[sympy.Basic], write: Write) -> str | None:
    """A number comes first, and no other factor begins with a digit, so that there is no dot between two numbers."""
    above: list[sympy.Basic] = []
    below: list[sympy.Basic] = []
    first = args[0]
    if isinstance(first, sympy.Rational):
        if first.p < 1 or first is sympy.S.One:
            return None
        above += [] if first.p == 1 else [sympy.Integer(first.p)]
        below += [] if first.q == 1 else [sympy.Integer(first.q)]
        args = args[1:]
    for factor in args:
        if type(factor) not in _FACTORS and not _is_constant(factor):
            return None
        if not isinstance(factor, sympy.Pow):
            above.append(factor)
            continue
        base, exponent = factor.args
        if not isinstance(exponent, sympy.Rational) or (exponent.q == 1 and isinstance(base, sympy.Rational)):
            return None
        if exponent.p > 0:
            above.append(factor)
        elif type(base) not in (sympy.Symbol, sympy.Add):
            return None
        elif (inverse := base if exponent is sympy.S.NegativeOne else settled_power(base, -exponent)) is not None:
            below.append(inverse)
        else:
            return None
    numerator = _factors(above, write) if above else "1"
    if not below or numerator is None:
        return numerator
    denominator = _factors(below, write)
    return None if denominator is None else rf"\frac{{{numerator}}}{{{denominator}}}"


def _is_constant(factor: sympy.Basic) -> bool:
    """The value of a function, which needs no parentheses; not of the exponential, which is a power."""
    if not isinstance(factor, sympy.Function) or factor.is_Piecewise or not factor.is_number:
        return False
    return factor.as_base_exp()[1] is sympy.S.One


def _factors(factors: Sequence[sympy.Basic], write: Write) -> str | None:
    """Side by side, sums in parentheses unless they stand alone."""
    if len(factors) == 1:
        return write(factors[0])
    if (ordered := in_order(factors)) is None:
        return None
    texts = [rf"\left({write(f)}\right)" if isinstance(f, sympy.Add) else write(f) for f in ordered]
    return None if any(text[0].isdigit() for text in texts[1:]) else " ".join(texts)
