"""Programs as text in Python syntax, without SymPy's expressions in between: a list of definitions of a deep network is
thousands of lines that nobody simplifies, and SymPy would sort, factor and compare each of them.

The text is that of the program: factors and terms in its order, equal ones counted, what divides below the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import sympy
from sympy.printing.precedence import PRECEDENCE, precedence

from boundcalc.exact.printing import to_str
from boundcalc.program.interpret import Passes
from boundcalc.program.ir import Op
from boundcalc.program.to_sympy import OPEN, Expressions, NotClosed

_ADD, _MUL, _POW, _ATOM = (PRECEDENCE[name] for name in ("Add", "Mul", "Pow", "Atom"))
_ONE, _HALF = Fraction(1), Fraction(1, 2)


class Text(NamedTuple):
    """`level` is how tightly it binds; `factors` are those of a product or a power, with their exponents; `constant` is an
    expression of the spec's, whose powers SymPy knows best."""

    whole: str
    level: int
    factors: tuple[tuple[Text, Fraction], ...] = ()
    constant: sympy.Expr | None = None


class Texts:
    """The reading as text."""

    __slots__ = ()

    def leaf(self, expression: sympy.Expr) -> Text:
        return _leaf(expression)

    def add(self, terms: Sequence[Text]) -> Text:
        first, *rest = [
            term.whole if count == 1 else f"{count}*{_enclosed(term, _MUL)}" for term, count in _counted(terms)
        ]
        signed = (f" - {text[1:]}" if text[0] == "-" else f" + {text}" for text in rest)
        return Text(first + "".join(signed), _ADD)

    def multiply(self, factors: Sequence[Text]) -> Text:
        exponents: dict[str, tuple[Text, Fraction]] = {}
        for factor in factors:
            for base, exponent in factor.factors or ((factor, _ONE),):
                known = exponents.get(base.whole)
                exponents[base.whole] = (base, exponent if known is None else known[1] + exponent)
        return _product([(base, exponent) for base, exponent in exponents.values() if exponent])

    def power(self, base: Text, exponent: Fraction) -> Text:
        if base.constant is not None:
            return _leaf(Expressions().power(base.constant, exponent))
        if len(base.factors) == 1:  # of what is not negative
            ((base, inner),) = base.factors
            exponent *= inner
        return base if exponent == 1 else _product([(base, exponent)])

    def minimum(self, terms: Sequence[Text]) -> Text:
        return _extremum("Min", terms)

    def maximum(self, terms: Sequence[Text]) -> Text:
        return _extremum("Max", terms)

    def hypot(self, terms: Sequence[Text]) -> Text:
        return self.power(self.add([self.power(term, Fraction(2)) for term in terms]), _HALF)

    def select(self, index: int, op: Op, keys: Sequence[Text], values: Sequence[Text]) -> Text:
        relation = "<=" if op is Op.MIN else ">="
        cases: list[str] = []
        for i, (key, value) in enumerate(zip(keys, values, strict=True)):
            comparisons = [f"({key.whole} {relation} {other.whole})" for other in keys[i + 1 :]]
            cases.append(f"({value.whole}, {' & '.join(comparisons) or 'True'})")
        return Text(f"Piecewise({', '.join(cases)})", _ATOM)

    def loop(self, passes: Passes[Text]) -> Sequence[Text]:
        raise NotClosed(OPEN)


@lru_cache(maxsize=4096)  # copies of a layer have the same constants
def _leaf(expression: sympy.Expr) -> Text:
    text = to_str(expression)
    if isinstance(expression, sympy.Symbol):
        return Text(text, _ATOM)
    factors: tuple[tuple[Text, Fraction], ...] = ()
    if isinstance(expression, sympy.Rational) and expression.q != 1 and expression.p > 0:
        above = ((_leaf(sympy.Integer(expression.p)), _ONE),) if expression.p != 1 else ()
        factors = (*above, (_leaf(sympy.Integer(expression.q)), -_ONE))
    return Text(text, _level(expression, text), factors, expression)


def _level(expression: sympy.Expr, text: str) -> int:
    """SymPy's precedence, which asks a product for its sign in a tenth of a millisecond: its text shows it."""
    if text[0] == "-":
        return _ADD
    if isinstance(expression, sympy.Mul):
        return _MUL
    return precedence(expression)


def _product(factors: list[tuple[Text, Fraction]]) -> Text:
    """Numbers first; what has a negative exponent is below the line."""
    numbers: list[str] = []
    others: list[str] = []
    below: list[str] = []
    for base, exponent in factors:
        is_number = exponent == 1 and isinstance(base.constant, sympy.Rational)
        (below if exponent < 0 else numbers if is_number else others).append(_power(base, abs(exponent)))
    above = [*numbers, *others]
    sign = "-" if len(above) > 1 and above[0] == "(-1)" else ""
    whole = sign + "*".join(above[1:] if sign else above) or "1"
    if len(factors) == 1 and above:
        level = _ATOM if factors[0][1] == _HALF else _POW if factors[0][1] != 1 else factors[0][0].level
        return Text(whole, level, tuple(factors))
    if below:
        whole += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    return Text(whole, _MUL, tuple(factors))


def _power(base: Text, exponent: Fraction) -> str:
    """As a factor."""
    if exponent == 1:
        return _enclosed(base, _POW)
    if exponent == _HALF:
        return f"sqrt({base.whole})"
    return f"{_enclosed(base, _ATOM)}**{exponent if exponent.denominator == 1 else f'({exponent})'}"


def _extremum(name: str, terms: Sequence[Text]) -> Text:
    unique = list(dict.fromkeys(term.whole for term in terms))
    return terms[0] if len(unique) == 1 else Text(f"{name}({', '.join(unique)})", _ATOM)


def _counted(parts: Sequence[Text]) -> Iterable[tuple[Text, int]]:
    """Each of the parts, and how often it occurs."""
    if len(parts) == 2 and parts[0].whole != parts[1].whole:  # as most
        return ((parts[0], 1), (parts[1], 1))
    counts: dict[str, tuple[Text, int]] = {}
    for part in parts:
        counts[part.whole] = part, counts.get(part.whole, (part, 0))[1] + 1
    return counts.values()


def _enclosed(part: Text, level: int) -> str:
    return f"({part.whole})" if part.level < level else part.whole
