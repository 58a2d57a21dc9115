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
    infinite; a whole power also of powers of those and of products."""
    if exponent is sympy.S.Zero or exponent is sympy.S.One:
        return None
    if _is_settled_base(base):
        return _made(sympy.Pow, base, exponent)
    if not isinstance(exponent, sympy.Integer):
        return None
    if isinstance(base, sympy.Pow) and isinstance(base.exp, sympy.Rational) and _is_settled_base(base.base):
        whole = base.exp * exponent
        return base.base if whole is sympy.S.One else settled_power(base.base, whole)
    if isinstance(base, sympy.Mul):
        powers = [f**exponent if isinstance(f, sympy.Rational) else settled_power(f, exponent) for f in base.args]
        known = [power for power in powers if power is not None]
        return settled_product(known) if len(known) == len(powers) else None
    return None


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
    return _made(sympy.Mul, *numbers, *sorted(others, key=_ORDER))


def settled_sum(terms: Sequence[sympy.Expr]) -> sympy.Expr | None:
    """The sum of a number and of different symbols, powers of them and of sums, and products without sums of numbers; twice one
    symbol."""
    if len(terms) == 2 and terms[0] is terms[1] and type(terms[0]) is sympy.Symbol:
        return _made(sympy.Mul, sympy.Integer(2), terms[0])
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
    return _made(sympy.Add, *numbers, *sorted(others, key=_ORDER))


def _made(head: type[sympy.Add | sympy.Mul | sympy.Pow], *args: sympy.Basic) -> sympy.Expr:
    """As the constructors with `evaluate=False`, which look each argument up in a cache, and its class for hooks of matrices:
    most of the time of an expression that is not evaluated."""
    made = sympy.Expr.__new__(head, *args)
    made.is_commutative = True
    return made
