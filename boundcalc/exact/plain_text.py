"""SymPy's text of sums, products and powers without negative numbers, at a fifth of what SymPy takes for it.

Definitions of deep networks are thousands of such expressions. The text is SymPy's, letter by letter; what is not seen here at
a glance is None, and SymPy's to write. Of its order of the terms and factors only what can decide is computed: SymPy
compares the powers of the terms first and their coefficients last, which it evaluates, though the powers never tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy.core.exprtools import decompose_power
from sympy.core.sorting import default_sort_key
from sympy.printing.precedence import PRECEDENCE, precedence

Write = Callable[[sympy.Basic], str]
_ADD, _MUL, _POW, _ATOM = (PRECEDENCE[name] for name in ("Add", "Mul", "Pow", "Atom"))
_SYMBOL: tuple[Any, ...] = sympy.Symbol.class_key()
_ONE = sympy.S.One


def plain_text(part: sympy.Basic, write: Write) -> str | None:
    """The text of a symbol, a sum, a product or a power; `write` is for the parts."""
    if type(part) is sympy.Symbol:
        return part.name
    if type(part) is sympy.Pow:
        return _power(part.args[0], part.args[1], write)
    if type(part) is sympy.Mul:
        return _product(part.args, write)
    if type(part) is sympy.Add and (terms := ordered_terms(part.args)) is not None:
        return " + ".join(map(write, terms))
    return None


def ordered_terms(terms: Sequence[sympy.Basic]) -> list[sympy.Basic] | None:
    """The terms of a sum in the order in which SymPy prints them; None where it is not decided by their powers alone."""
    powers: list[dict[sympy.Basic, int]] = []
    for term in terms:
        found: dict[sympy.Basic, int] = {}
        for factor in term.args if isinstance(term, sympy.Mul) else (term,):
            if not isinstance(factor, sympy.Expr):
                return None
            if type(factor) is sympy.Symbol:
                found[factor] = 1
            elif isinstance(factor, sympy.Rational):
                if factor.p < 0:
                    return None
            elif factor.is_number:
                return None
            else:
                base, exponent = decompose_power(factor)
                found[base] = exponent
        powers.append(found)
    bases = sorted({base for found in powers for base in found}, key=default_sort_key)
    keys = [tuple(-found.get(base, 0) for base in bases) for found in powers]
    if len(set(keys)) < len(keys) or any(isinstance(term, sympy.Add) for term in terms):
        return None
    return [term for _, term in sorted(zip(keys, terms, strict=True), key=lambda pair: pair[0])]


def _product(factors: Sequence[sympy.Basic], write: Write) -> str | None:
    above: list[str] = []
    below: list[str] = []
    first = factors[0]
    if isinstance(first, sympy.Rational):
        if first.p < 1 or first is _ONE:
            return None
        factors = factors[1:]
        above += [] if first.p == 1 else [write(sympy.Integer(first.p))]
        below += [] if first.q == 1 else [write(sympy.Integer(first.q))]
    if any(type(factor) not in _PARTS or factor.is_number for factor in factors):
        return None
    keys = [_factor_key(factor) for factor in factors]
    if len(set(keys)) < len(keys):
        return None
    for _, factor in sorted(zip(keys, factors, strict=True), key=lambda pair: pair[0]):
        base, exponent = factor.args if type(factor) is sympy.Pow else (factor, _ONE)
        if not isinstance(exponent, sympy.Rational):
            return None
        if exponent.p > 0:
            above.append(_enclosed(factor, _MUL, write))
        elif isinstance(base, (sympy.Mul, sympy.Pow)):
            return None
        elif exponent is sympy.S.NegativeOne:
            below.append(_enclosed(base, _MUL, write))
        elif (text := _power(base, -exponent, write)) is not None:
            below.append(text)
        else:
            return None
    text = "*".join(above) or "1"
    if len(below) > 1:
        return f"{text}/({'*'.join(below)})"
    return f"{text}/{below[0]}" if below else text


def _power(base: sympy.Basic, exponent: sympy.Basic, write: Write) -> str | None:
    if exponent is sympy.S.Half:
        return f"sqrt({write(base)})"
    if type(exponent) is sympy.Integer and exponent.p > 1:
        return f"{_enclosed(base, _POW, write)}**{write(exponent)}"
    return None


def _factor_key(factor: sympy.Basic) -> tuple[Any, ...]:
    """SymPy's `sort_key`, which has its name for a symbol and compares what is under a power first."""
    base = factor.args[0] if type(factor) is sympy.Pow else factor
    return (_SYMBOL, (1, (base.name,))) if type(base) is sympy.Symbol else factor.sort_key()


def _enclosed(part: sympy.Basic, level: int, write: Write) -> str:
    own = _PARTS.get(type(part))
    text = write(part)
    return f"({text})" if (precedence(part) if own is None else own) <= level else text


_PARTS: Mapping[type[sympy.Basic], int] = {sympy.Symbol: _ATOM, sympy.Pow: _POW, sympy.Add: _ADD}
