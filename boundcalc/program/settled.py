"""Powers, products and sums that SymPy would leave as they are but for the order of their arguments: built without asking it.

SymPy takes ten times as long to find out that there is nothing to combine. Each function gives what evaluation gives, or None
where it might do more than sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key

import sympy

_ORDER = cmp_to_key(sympy.Basic.compare)


def settled_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr | None:
    """A rational power, other than the first and the zeroth, of a symbol or of a sum, whose terms SymPy asks whether they are
    infinite."""
    trivial = exponent in (sympy.S.Zero, sympy.S.One)
    return None if trivial or not _is_settled_base(base) else sympy.Pow(base, exponent, evaluate=False)


def _is_settled_base(base: sympy.Basic) -> bool:
    """A symbol, or a sum that is no number."""
    return type(base) is sympy.Symbol or (isinstance(base, sympy.Add) and not base.is_number)


def settled_product(factors: Sequence[sympy.Expr]) -> sympy.Expr | None:
    """The product of powers of different symbols and sums, and of numbers."""
    number, others = sympy.S.One, list[sympy.Expr]()
    for factor in factors:
        for part in sympy.Mul.make_args(factor):
            if isinstance(part, sympy.Rational):
                number *= part
            else:
                others.append(part)
    bases = set[sympy.Basic]()
    for factor in others:
        base = factor
        if isinstance(factor, sympy.Pow):
            base, exponent = factor.base, factor.exp
            if not isinstance(exponent, sympy.Rational):
                return None
        if not _is_settled_base(base):
            return None
        bases.add(base)
    numbers = [] if number is sympy.S.One else [number]
    if len(bases) < len(others) or not number or len(numbers) + len(others) < 2:
        return None
    if numbers and len(others) == 1 and isinstance(others[0], sympy.Add):
        return None
    return sympy.Mul(*numbers, *sorted(others, key=_ORDER), evaluate=False)


def settled_sum(terms: Sequence[sympy.Expr]) -> sympy.Expr | None:
    """The sum of a number and of different symbols, powers of them and of sums, and products without sums of numbers."""
    numbers = [term for term in terms if isinstance(term, sympy.Rational)]
    others = [term for term in terms if not isinstance(term, sympy.Rational)]
    parts = set[tuple[sympy.Basic, ...]]()
    for term in others:
        part: tuple[sympy.Basic, ...] = (term,)
        if isinstance(term, sympy.Mul):
            part = term.args[1:] if isinstance(term.args[0], sympy.Rational) else term.args
        elif isinstance(term, sympy.Pow):
            if not _is_settled_base(term.base):
                return None
        elif type(term) is not sympy.Symbol:
            return None
        parts.add(part)
    if len(terms) < 2 or len(parts) < len(others) or len(numbers) > 1 or 0 in numbers:
        return None
    return sympy.Add(*numbers, *sorted(others, key=_ORDER), evaluate=False)
