"""From a numerical solution to exact values that meet all constraints exactly: decimals, and what an equality leaves for one variable."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.exact.limits import NoValue
from boundcalc.exact.signs import sign
from boundcalc.exact.values import substitute
from boundcalc.studies.parts.constraints import Constraint
from boundcalc.studies.parts.surface import Margin

Vector = NDArray[np.float64]
Values = Mapping[sympy.Symbol, sympy.Expr]
DIGITS = (1, 2, 3, 4, 6, 9, 12)  # of decimals, which are the shorter the better
_REPAIRS = 40
FAR = 700.0  # logarithms of doubles


class NotExact(ValueError):  # noqa: N818
    """The message says which constraint no exact values were found for."""


def exact_points(
    variables: Sequence[sympy.Symbol], constraints: Sequence[Constraint], logs: Vector
) -> Iterator[Values]:
    """Exact values near a point that meet the constraints, proved: the shortest first, the nearest last. Raises NotExact where
    there are none."""
    left = _eliminated(variables, constraints)
    free = [symbol for symbol in variables if symbol not in left]
    at = dict(zip(variables, logs.tolist(), strict=True))
    broken, found = "", False
    for digits in DIGITS:
        for values in _near(free, left, constraints, np.asarray([at[s] for s in free]), digits):
            if values is None:
                continue
            failing = next((each for each in constraints if not _holds(each, values)), None)
            if failing is None:
                found = True
                yield {symbol: values[symbol] for symbol in variables}
                break
            broken = failing.text
    if not found:
        raise NotExact(broken or constraints[0].text)


def _holds(constraint: Constraint, values: Values) -> bool:
    try:
        return constraint.holds(values)
    except NoValue:
        return False


def _eliminated(variables: Sequence[sympy.Symbol], constraints: Sequence[Constraint]) -> Values:
    """For each equality a variable in terms of those that stay free. Raises NotExact."""
    left: dict[sympy.Symbol, sympy.Expr] = {}
    for constraint in constraints:
        if not constraint.equal:
            continue
        now = constraint.put(left)
        for symbol in reversed(variables):
            value = None if symbol in left else _solved(now, symbol)
            if value is not None:
                left = {other: substitute(known, {symbol: value}) for other, known in left.items()} | {symbol: value}
                break
        else:
            raise NotExact(constraint.text)
    return left


def _solved(constraint: Constraint, symbol: sympy.Symbol) -> sympy.Expr | None:
    """What the variable is, where it stands to the first power in a sum or to any power in a product."""
    difference = constraint.high - constraint.low
    slope = sympy.diff(difference, symbol)
    if slope != 0 and symbol not in slope.free_symbols:
        return sympy.cancel((slope * symbol - sympy.expand(difference)) / slope)
    quotient = sympy.powsimp(constraint.high / constraint.low, force=True)
    power = quotient.as_powers_dict().get(symbol, sympy.S.Zero)
    rest = quotient / symbol**power
    if power != 0 and power.is_Rational and symbol not in rest.free_symbols:
        return rest ** (-1 / power)
    return None


def _near(
    free: Sequence[sympy.Symbol],
    left: Values,
    constraints: Sequence[Constraint],
    logs: Vector,
    digits: int,
) -> Iterator[Values | None]:
    """The nearest decimals, and what they are after one repair after the other: the variable that a broken constraint gives
    way to soonest moves by what is missing, rounded away from the edge."""
    margins = [Margin(each.put(left), free) for each in constraints if not each.equal]
    margins = [margin for margin in margins if margin.constraint.symbols]
    decimals = [_decimal(math.exp(x), digits, ROUND_HALF_EVEN) for x in logs.tolist()]
    for _ in range(_REPAIRS):
        now = {symbol: sympy.Rational(str(x)) for symbol, x in zip(free, decimals, strict=True)}
        yield _all(now, left)
        at = np.asarray([math.log(x) for x in decimals])
        broken = [(margin, margin.at(at)) for margin in margins if not _holds(margin.constraint, now)]
        if not broken:
            return
        margin, missing = min(broken, key=lambda pair: pair[1])
        slopes = margin.slopes(at)
        i = int(np.argmax(np.abs(slopes)))
        if not math.isfinite(missing) or not slopes[i]:
            return
        rounding = ROUND_CEILING if slopes[i] > 0 else ROUND_FLOOR
        log = at[i] + max(-missing, 0.0) / slopes[i]
        if abs(log) > FAR:
            return
        moved = _decimal(math.exp(log), digits, rounding)
        if moved == decimals[i]:
            context = Context(prec=digits)
            moved = context.next_plus(moved) if slopes[i] > 0 else context.next_minus(moved)
        if moved <= 0:
            return  # below the smallest number of so many digits
        decimals[i] = moved


def _all(values: Mapping[sympy.Symbol, sympy.Expr], left: Values) -> Values | None:
    """With the variables that equalities leave; None where one is not positive."""
    try:
        found = {symbol: substitute(value, values) for symbol, value in left.items()}
        return {**values, **found} if all(sign(value) == 1 for value in found.values()) else None
    except NoValue:
        return None


def _decimal(x: float, digits: int, rounding: str) -> Decimal:
    return Context(prec=digits, rounding=rounding).create_decimal(repr(x))
