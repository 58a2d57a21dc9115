"""The leading power of a program in one symbol, numerically: c t^p as t goes to infinity, the other symbols at values.

For programs too large for a closed form. Every quantity is nonnegative, so leading terms never cancel: a sum grows as
its fastest term, a minimum as its slowest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import sympy
from flint import ctx, fmpq

from boundcalc.exact.balls import Number, Value, add, hypot, maximum, minimum, multiply, power
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.growth.asymptotics import Undecided, leading_term
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
    arena = output.arena
    known: dict[int, LeadingPower] = {}
    sign = 1 if at == "oo" else -1
    with ctx.workprec(precision):
        exact = {s: to_number(v) for s, v in values.items() if s != symbol}
        for i in arena.needed([output.index]):
            node = arena.nodes[i]
            if isinstance(node.payload, sympy.Expr):
                leaf = written_out(node.payload)
                if leaf is None:
                    return Undecided(f"what moves with {symbol} is too long to write out")
                found = _leaf(leaf, symbol, at, exact)
                if isinstance(found, Undecided):
                    return found
            elif node.op in (Op.ADD, Op.MIN, Op.MAX, Op.HYPOT, Op.MUL, Op.POW):
                found = _combined(node.op, node.payload, [known[arg] for arg in node.args], sign)
            else:
                return Undecided("a repeat with a symbolic number of times has no leading power here")
            known[i] = found
    return known[output.index]


def _leaf(
    expression: sympy.Expr, symbol: sympy.Symbol, at: Literal["oo", 0], values: Mapping[sympy.Symbol, Number]
) -> LeadingPower | Undecided:
    if symbol not in expression.free_symbols:
        return LeadingPower(evaluate_leaf(expression, values), Fraction(0))
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


def _combined(op: Op, payload: object, args: Sequence[LeadingPower], sign: int) -> LeadingPower:
    """`sign` 1: larger exponents lead; -1 (the symbol goes to 0): smaller ones do."""
    if op is Op.MUL:
        return LeadingPower(multiply([a.coefficient for a in args]), sum((a.exponent for a in args), Fraction(0)))
    if op is Op.POW:
        assert isinstance(payload, Fraction)
        return LeadingPower(power(args[0].coefficient, payload), args[0].exponent * payload)
    nonzero = [a for a in args if a.coefficient != 0]
    if op is Op.MIN and len(nonzero) < len(args):
        return LeadingPower(fmpq(0), Fraction(0))
    if not nonzero:
        return args[0]
    choose = min if (op is Op.MIN) == (sign > 0) else max
    exponent = choose(a.exponent for a in nonzero)
    leaders = [a.coefficient for a in nonzero if a.exponent == exponent]
    fold = {Op.ADD: add, Op.HYPOT: hypot, Op.MIN: minimum, Op.MAX: maximum}[op]
    return LeadingPower(fold(leaders), exponent)
