"""An activation that a person writes as a formula: its constants are searched for, rigorously, and rounded up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import sympy
from flint import arb, ctx, fmpq

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, elementwise
from boundcalc.catalogue.symbols import x
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.exact.formulas.bisection import Extreme, shown
from boundcalc.exact.formulas.extremes import PRECISION, Search, TooMuchWork
from boundcalc.exact.formulas.nodes import nodes_of
from boundcalc.exact.formulas.text import VARIABLE, Formula

DIGITS = 15
SOURCE = "branch and bound over intervals in ball arithmetic"
_FINITE_WITHIN = "it may be finite where the largest entry of its input has a value"


def activation(
    name: str, formula: Formula, values: Mapping[str, sympy.Expr] | None = None, most: Fraction | None = None
) -> Nonlinearity:
    """The formula applied to every entry, with constants for all reals, or for entries of at most `most` in absolute value.

    values: those of the names in it, exact. A constant that is not finite, or of which nothing is known, has a reason.
    Raises SpecError where the formula has no value for any x, TooMuchWork where its constants are not found soon.
    """
    return _activation(name, formula, tuple(sorted((values or {}).items())), most)


@lru_cache(maxsize=256)  # networks repeat their layers
def _activation(
    name: str, formula: Formula, values: tuple[tuple[str, sympy.Expr], ...], most: Fraction | None
) -> Nonlinearity:
    given = dict(values)
    function = formula.function(x, given)
    with ctx.workprec(PRECISION):
        numbers: dict[str, Number] = {key: to_number(value) for key, value in given.items()}
        nodes = nodes_of(formula.program, VARIABLE, numbers)
        search = Search(nodes, None if most is None else fmpq(most.numerator, most.denominator))
        start = search.at(fmpq(0))
        lipschitz, smoothness = search.derivative(1), search.derivative(2)
        sup, third = _if_soon(search, 0), _if_soon(search, 3)
        can_be_finite = most is None and not smoothness.high and not smoothness.kinked
        lacks = can_be_finite or (most is None and not lipschitz.high and isinstance(start, str))
        advice = f"; {_FINITE_WITHIN}" if lacks else ""
        entry = elementwise(
            name,
            function,
            title=formula.text,
            lipschitz=_fact(name, lipschitz, "a'", advice),
            smoothness=_fact(name, smoothness, "a''", advice),
            at_zero=sympy.S.Zero if isinstance(start, str) else _above(start[0].abs_upper()),
            slope=None if isinstance(start, str) else _above(start[1].abs_upper()),
            sup=None if sup.high is None else _fact(name, sup, "a", ""),
            third=_fact(name, third, "a'''", advice),
        )
    if isinstance(start, str):
        unknown = Fact(None, SOURCE, reason=f"{name} has no value at 0: {start}")
        entry = replace(entry, at_zero=unknown, sup_at_zero=None)
    if most is not None:
        return replace(entry, domain=f"entries of at most {most}")
    return replace(entry, within=lambda most: activation(name, formula, given, most)) if lacks else entry


def _if_soon(search: Search, order: int) -> Extreme:
    """What one can do without."""
    try:
        return search.derivative(order)
    except TooMuchWork:
        return Extreme(reason="not found soon enough")


def _fact(name: str, found: Extreme, what: str, advice: str) -> Fact:
    if found.low is None or found.high is None:
        witness = None if found.point is None else Witness("limit", f"near x = {shown(found.point)}")
        return Fact(None, SOURCE, witness, f"{name}: {found.reason}{advice}")
    low, high = _below(found.low), _above(found.high)
    if found.point is None:
        return Fact(high, SOURCE, Witness("attained", f"{what} is constant"), enclosure=(low, high))
    point = _POINTS[found.point] if isinstance(found.point, str) else _rational(found.point)
    kind = "limit" if isinstance(found.point, str) else "attained"
    where = f"as x tends to {point}" if kind == "limit" else f"at x = {shown(found.point)}"
    is_close = bool(found.high <= found.low * (1 + arb(10) ** -12))
    witness = Witness(
        kind if is_close else "upper", where if is_close else f"the largest value found is {where}", point
    )
    return Fact(high, SOURCE, witness, enclosure=(low, high))


_POINTS = {"oo": sympy.oo, "-oo": -sympy.oo}


def _rational(number: fmpq) -> sympy.Expr:
    return sympy.Rational(int(number.p), int(number.q))


def _above(number: arb) -> sympy.Expr:
    return sympy.Rational(decimals.upper_decimal(number, DIGITS))


def _below(number: arb) -> sympy.Expr:
    return sympy.Rational(decimals.lower_decimal(number, DIGITS))
