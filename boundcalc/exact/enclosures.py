"""Certified numbers of SymPy expressions in symbols that have values: the leaves of a program. Never evalf."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy
from flint import arb, ctx, fmpq, fmpz

from boundcalc.exact import balls
from boundcalc.exact.balls import Number, Undecidable, ball, compare, finite, trim
from boundcalc.exact.balls import Value as Exact
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.interpret import Reading, Value
from boundcalc.exact.relations import Relation
from boundcalc.exact.table import Function, Table


class NoCase(ArithmeticError):  # noqa: N818
    """A form with cases has none for these values: a derivative where the form has a case for one value alone."""


def to_number(value: Exact) -> Number:
    """An exact value or a ball as a Number, at the current precision. Floats raise TypeError: 0.1 is not 1/10."""
    if isinstance(value, (fmpq, arb)):
        return trim(value) if isinstance(value, fmpq) else finite(value)
    if isinstance(value, sympy.Rational):
        return trim(fmpq(int(value.p), int(value.q)))
    if isinstance(value, sympy.Expr):
        return evaluate_leaf(value, {})
    if isinstance(value, fmpz):
        return trim(fmpq(value))
    if isinstance(value, numbers.Rational) and value is not True and value is not False:  # NumPy's integers as well
        return trim(fmpq(int(value.numerator), int(value.denominator)))
    raise TypeError(f"not an exact number: {value!r} ({type(value).__name__})")


def from_sympy(
    expression: sympy.Expr, values: Mapping[sympy.Symbol, Exact] | None = None, precision: int = 128
) -> Number:
    """A certified value. Raises TypeError for functions it does not know, KeyError for symbols without a value."""
    with ctx.workprec(precision):
        return evaluate_leaf(expression, {symbol: to_number(value) for symbol, value in (values or {}).items()})


def evaluate_leaf(expression: sympy.Basic, values: Mapping[sympy.Symbol, Number]) -> Number:
    """`from_sympy` at the current precision and with numbers that are ready."""
    return READING.read(expression, values)


def reading(functions: Table = FUNCTIONS) -> Reading[Number, bool]:
    """Certified numbers, at the current precision. A question that the balls cannot answer raises Undecidable."""
    return Reading(
        number=lambda number: trim(fmpq(int(number.p), int(number.q))),
        pi=arb.pi,
        e=arb.const_e,
        add=balls.add,
        multiply=balls.multiply,
        minimum=balls.minimum,
        maximum=balls.maximum,
        power=lambda part, value: raised(*map(value, part.args)),
        function=rule,
        cases=_first_case,
        relation=_relation,
        truth=bool,
        every=all,
        some=any,
        negation=operator.not_,
        functions=functions,
    )


def rule(row: Function) -> Callable[[Number], Number] | None:
    """What a function does to certified numbers, if it has a certified value."""
    if (enclosure := row.enclosure) is not None:
        return lambda x: enclosure(balls, x)
    if (of_ball := row.ball) is None:
        return None
    exact = [(at, fmpq(value)) for at, value in row.exact_at]

    def value(x: Number) -> Number:
        for at, exactly in exact:
            if x == at:
                return exactly
        return finite(of_ball(ball(x)))

    return value


def raised(x: Number, power: Number) -> Number:
    """A number to a power that is a number."""
    if isinstance(power, fmpq):
        return balls.power(x, Fraction(int(power.p), int(power.q)))
    if x == 0 and power > 0:
        return x
    product = balls.multiply((power, balls.log(x)))
    return fmpq(1) if product == 0 else finite(ball(product).exp())


def _first_case(part: sympy.Piecewise, value: Value) -> Number:
    for pair in part.args:
        branch, condition = pair.args
        if value(condition):
            return value(branch)
    raise NoCase("no branch of a Piecewise applies")


def _relation(row: Relation, left: Number, right: Number, condition: sympy.Basic) -> bool:
    order = compare(left, right)
    if order is None:
        raise Undecidable(f"cannot tell whether {condition}")
    return order in row.orders


READING = reading()
