"""The leading power of a program in one symbol, numerically: c t^p as t goes to infinity, the other symbols at values.

For programs too large for a closed form. Every quantity is nonnegative, so leading terms never cancel: a sum grows as
its fastest term, a minimum as its slowest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import sympy
from flint import ctx, fmpq

from boundcalc.exact import balls
from boundcalc.exact.balls import Number, Value
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.growth.asymptotics import Undecided, leading_term
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar


@dataclass(frozen=True, slots=True)
class LeadingPower:
    """coefficient * symbol^exponent."""

    coefficient: Number
    exponent: Fraction


def leading_power(
    output: Scalar,
    symbol: sympy.Symbol,
    at: Literal["oo", 0],
    values: Mapping[sympy.Symbol, Value],
    written_out: Callable[[sympy.Expr], sympy.Expr | None] = lambda leaf: leaf,
    precision: int = 128,
) -> LeadingPower | Undecided:
    """How the output grows where the symbol goes to infinity or, with at=0, to 0 from above.

    `written_out` puts into a leaf what the symbols that move with this one are, or gives None where that is too long.
    Raises KeyError for missing values.
    """
    with ctx.workprec(precision):
        exact = {s: to_number(v) for s, v in values.items() if s != symbol}
        algebra = _LeadingPowers(symbol, at, exact, written_out)
        try:
            return interpret(output.arena, [output.index], algebra)[output.index]
        except _UndecidedError as undecided:
            return Undecided(str(undecided))


class _UndecidedError(Exception):
    """The message says why."""


_REPEAT = "a repeat with a symbolic number of times has no leading power here"


@dataclass(frozen=True, slots=True)
class _LeadingPowers:
    """The reading as leading powers; a program of nonnegative values, without derivatives."""

    symbol: sympy.Symbol
    at: Literal["oo", 0]
    values: Mapping[sympy.Symbol, Number]
    written_out: Callable[[sympy.Expr], sympy.Expr | None]

    def leaf(self, expression: sympy.Expr) -> LeadingPower:
        leaf = self.written_out(expression)
        if leaf is None:
            raise _UndecidedError(f"what moves with {self.symbol} is too long to write out")
        found = _leaf(leaf, self.symbol, self.at, self.values)
        if isinstance(found, Undecided):
            raise _UndecidedError(found.reason)
        return found

    def add(self, terms: Sequence[LeadingPower]) -> LeadingPower:
        return self._largest(terms, balls.add)

    def multiply(self, factors: Sequence[LeadingPower]) -> LeadingPower:
        exponent = sum((factor.exponent for factor in factors), Fraction(0))
        return LeadingPower(balls.multiply([factor.coefficient for factor in factors]), exponent)

    def power(self, base: LeadingPower, exponent: Fraction) -> LeadingPower:
        return LeadingPower(balls.power(base.coefficient, exponent), base.exponent * exponent)

    def minimum(self, terms: Sequence[LeadingPower]) -> LeadingPower:
        if any(term.coefficient == 0 for term in terms):
            return LeadingPower(fmpq(0), Fraction(0))
        return _leaders(terms, max if self.at == 0 else min, balls.minimum)

    def maximum(self, terms: Sequence[LeadingPower]) -> LeadingPower:
        return self._largest(terms, balls.maximum)

    def hypot(self, terms: Sequence[LeadingPower]) -> LeadingPower:
        return self._largest(terms, balls.hypot)

    def select(self, index: int, op: Op, keys: Sequence[LeadingPower], values: Sequence[LeadingPower]) -> LeadingPower:
        raise _UndecidedError(_REPEAT)

    def loop(self, passes: Passes[LeadingPower]) -> Sequence[LeadingPower]:
        raise _UndecidedError(_REPEAT)

    def _largest(self, terms: Sequence[LeadingPower], fold: Callable[[Sequence[Number]], Number]) -> LeadingPower:
        """What is zero leads nothing. Larger exponents lead where the symbol goes to infinity, smaller ones at 0."""
        nonzero = [term for term in terms if term.coefficient != 0]
        return _leaders(nonzero, min if self.at == 0 else max, fold) if nonzero else terms[0]


def _leaders(
    terms: Sequence[LeadingPower],
    choose: Callable[[Iterable[Fraction]], Fraction],
    fold: Callable[[Sequence[Number]], Number],
) -> LeadingPower:
    exponent = choose(term.exponent for term in terms)
    return LeadingPower(fold([term.coefficient for term in terms if term.exponent == exponent]), exponent)


def _leaf(
    expression: sympy.Expr, symbol: sympy.Symbol, at: Literal["oo", 0], values: Mapping[sympy.Symbol, Number]
) -> LeadingPower | Undecided:
    if symbol not in expression.free_symbols:
        return LeadingPower(evaluate_leaf(expression, values), Fraction(0))
    if (monomial := _monomial(expression, symbol)) is not None:
        return LeadingPower(evaluate_leaf(monomial[0], values), monomial[1])
    terms = leading_term(expression, symbol, at)
    if isinstance(terms, Undecided):
        return terms
    if len(terms) != 1:
        return Undecided(f"the growth of {expression} has several regimes")
    coefficient, rest = terms[0].term.as_independent(symbol, as_Add=False)
    base, exponent = rest.as_base_exp()
    if rest == 1:
        return LeadingPower(evaluate_leaf(coefficient, values), Fraction(0))
    if base != symbol or not isinstance(exponent, sympy.Rational):
        return Undecided(f"{expression} does not grow as a power of {symbol}")
    return LeadingPower(evaluate_leaf(coefficient, values), Fraction(int(exponent.p), int(exponent.q)))


def _monomial(expression: sympy.Expr, symbol: sympy.Symbol) -> tuple[sympy.Expr, Fraction] | None:
    """Coefficient and exponent of what is its own leading term, as the radii of most layers are."""
    others: list[sympy.Expr] = []
    exponent = Fraction(0)
    for factor in sympy.Mul.make_args(expression):
        if symbol not in factor.free_symbols:
            others.append(factor)
            continue
        base, own = factor.as_base_exp()
        if base != symbol or not isinstance(own, sympy.Rational):
            return None
        exponent += Fraction(int(own.p), int(own.q))
    return sympy.Mul(*others), exponent
