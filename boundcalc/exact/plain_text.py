"""SymPy's text of sums, products and powers without negative numbers, at a fifth of what SymPy takes for it.

Definitions of deep networks are thousands of such expressions. The text is SymPy's, letter by letter; what is not seen here at
a glance is None, and SymPy's to write. Of its order of the terms and factors only what can decide is computed: SymPy
compares the powers of the terms first and their coefficients last, which it evaluates, though the powers never tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy
from sympy.core.exprtools import decompose_power
from sympy.printing.precedence import PRECEDENCE, precedence

from boundcalc.exact.limits import is_complicated

Write = Callable[[sympy.Basic], str]
_ADD, _MUL, _POW, _ATOM = (PRECEDENCE[name] for name in ("Add", "Mul", "Pow", "Atom"))
_SYMBOL: tuple[Any, ...] = sympy.Symbol.class_key()
_ONE = sympy.S.One
FEW = 12  # parts of a number


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
            if isinstance(factor, sympy.Rational):
                if factor.p < 0:
                    return None
            elif type(factor) is sympy.Symbol:
                found[factor] = 1
            elif (factor is term and isinstance(factor, sympy.Add)) or not isinstance(factor, sympy.Expr):
                return None
            elif not factor.is_number:
                base, exponent = _integer_power(factor)
                found[base] = exponent
            elif is_complicated(factor, FEW):
                return None
        powers.append(found)
    bases = list({base: None for found in powers for base in found})
    if (ordered := in_order(bases)) is None:
        return None
    keys = [tuple(-found.get(base, 0) for base in ordered) for found in powers]
    if len(set(keys)) < len(keys):
        return None
    return [term for _, term in sorted(zip(keys, terms, strict=True), key=_first)]


def _integer_power(factor: sympy.Expr) -> tuple[sympy.Expr, int]:
    """SymPy's decomposition, which builds roots again and asks their terms whether they are infinite."""
    if isinstance(factor, sympy.Pow) and isinstance(factor.exp, sympy.Rational):
        if factor.exp.q == 1:
            return factor.base, factor.exp.p
        if factor.exp.p == 1:
            return factor, 1
    return decompose_power(factor)


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
    if not all(type(factor) in _PARTS or isinstance(factor, sympy.Function) for factor in factors):
        return None
    ordered: list[sympy.Basic] = []
    for group in ([f for f in factors if not _divides(f)], [f for f in factors if _divides(f)]):
        if (part := in_order(group)) is None:
            return None
        ordered += part
    for factor in ordered:
        base, exponent = factor.args if type(factor) is sympy.Pow else (factor, _ONE)
        if not isinstance(exponent, sympy.Rational) or (exponent.q == 1 and isinstance(base, sympy.Rational)):
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


def _divides(factor: sympy.Basic) -> bool:
    """Whether it stands below the line; what stands above has its own order."""
    return type(factor) is sympy.Pow and isinstance(factor.exp, sympy.Rational) and factor.exp.p < 0


def quotient(factors: Sequence[sympy.Basic], write: Write) -> str | None:
    """The text of a product in SymPy's code, which leaves fractions whole, without negative numbers."""
    if not all(type(factor) in _PARTS or (isinstance(factor, sympy.Rational) and factor.p > 0) for factor in factors):
        return None
    keys = [factor.sort_key() for factor in factors]
    above: list[str] = []
    below: list[str] = []
    for _, factor in sorted(zip(keys, factors, strict=True), key=_first):
        if not (isinstance(factor, sympy.Pow) and isinstance(factor.exp, sympy.Rational) and factor.exp.p < 0):
            above.append(_enclosed(factor, _MUL, write))
        elif isinstance(factor.base, sympy.Mul):
            return None
        else:
            own = -factor.exp
            part = factor.base if own is _ONE else sympy.Pow(factor.base, own, evaluate=False)
            below.append(_enclosed(part, _MUL, write))
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


def _keys(factors: Sequence[sympy.Basic]) -> list[tuple[Any, ...]]:
    """What orders factors as SymPy's `sort_key` does, which compares what is under a power first: its class, and of a symbol its
    name. Of one factor with something else under it the class is enough."""
    bases = [factor.args[0] if isinstance(factor, sympy.Pow) else factor for factor in factors]
    others = sum(type(base) is not sympy.Symbol for base in bases)
    keys = [
        (_SYMBOL, (1, (base.name,)))
        if type(base) is sympy.Symbol
        else (_sort_key(factor) if others > 1 else (base.class_key(),))
        for factor, base in zip(factors, bases, strict=True)
    ]
    return keys if len(set(keys)) == len(keys) else list(map(_sort_key, factors))  # powers of one symbol


@lru_cache(maxsize=4096)
def _sort_key(part: sympy.Basic) -> tuple[Any, ...]:
    """SymPy's key, from those of the parts in order. SymPy finds the order of terms by their coefficients in doubles."""
    if not isinstance(part, sympy.Expr):
        return part.sort_key()
    number, body = part.as_coeff_Mul()
    base, exponent = body.args if type(body) is sympy.Pow else (body, _ONE)
    parts: Sequence[sympy.Basic] | None = None
    if type(base) is sympy.Mul:
        parts = sorted(base.args, key=_sort_key)
    elif type(base) is sympy.Add:
        parts = ordered_terms(base.args)
    if parts is None:
        return part.sort_key()
    return base.class_key(), (len(parts), tuple(map(_sort_key, parts))), exponent.sort_key(), number


def in_order(factors: Sequence[sympy.Basic]) -> list[sympy.Basic] | None:
    """The factors of a product in the order in which SymPy prints them; None where two tie, as exp(x) and exp(1*x): SymPy's order
    is then that of its hashes."""
    keys = _keys(factors)
    if len(set(keys)) < len(keys):
        return None
    return [factor for _, factor in sorted(zip(keys, factors, strict=True), key=_first)]


def _first(pair: tuple[tuple[Any, ...], object]) -> tuple[Any, ...]:
    return pair[0]


def _enclosed(part: sympy.Basic, level: int, write: Write) -> str:
    own = _PARTS.get(type(part))
    text = write(part)
    return f"({text})" if (precedence(part) if own is None else own) <= level else text


_PARTS: Mapping[type[sympy.Basic], int] = {sympy.Symbol: _ATOM, sympy.Pow: _POW, sympy.Add: _ADD}
