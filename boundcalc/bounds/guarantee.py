"""What follows from a bound for whoever trains: a multiple of it, or of its reciprocal, rounded to the safe side.

A step is safe where it is too short, so it is rounded down; the number of iterations that suffice is rounded up, to a whole one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, Protocol

import sympy
from flint import ctx, fmpq

from boundcalc.arguments import Suggesting
from boundcalc.blocks.figures import Values
from boundcalc.bounds.answer import without_number
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.options import Json
from boundcalc.bounds.shown import guarantee_in_line, latex_of, page_of_guarantee
from boundcalc.bounds.values import by_name, resolve
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact import balls, decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import from_sympy
from boundcalc.language.conditions import Conditions

PRECISION = 128
AFFINE = "the objective is not bent there: every step is safe"


class Upper(Protocol):
    """An upper bound: `Bound`, or an entry of the matrix of blocks."""

    @property
    def finite(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def expression(self) -> sympy.Expr | None: ...
    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]: ...
    @property
    def upper(self) -> tuple[str, ...]: ...
    def certified(self, values: Values, /) -> Number: ...


class Rounding(Enum):
    """To which side a number is safe: `WHOLE` is up, to a natural number that is at least 1."""

    DOWN = "down"
    UP = "up"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Guarantee(Shown, Suggesting):
    """factor * bound, or factor / bound where it is `inverse`; `note`: what it guarantees.

    `refused`: why nothing is guaranteed, whatever the bound. `closed`: the closed form, where it is not that of the bound.
    """

    name: str
    note: str
    bound: Upper
    conditions: Conditions
    factor: sympy.Expr = sympy.S.One
    inverse: bool = False
    rounding: Rounding = Rounding.UP
    refused: str | None = None
    definition: str | None = None

    @property
    def finite(self) -> bool:
        """Whether there is a guarantee; a step that is not finite is one of which nothing is known."""
        return self.reason is None

    @property
    def reason(self) -> str | None:
        if self.refused is not None:
            return self.refused
        if not self.bound.finite:
            return self.bound.reason
        return AFFINE if self.bound.expression == 0 else None

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        own = {symbol for symbol in self.factor.free_symbols if isinstance(symbol, sympy.Symbol)}
        return self.bound.free_symbols | own

    @property
    def expression(self) -> sympy.Expr | None:
        """The closed form in the declared symbols and those that are asked for; None where it would be too long."""
        form = self.bound.expression if self.finite else None
        return None if form is None else self.in_terms_of(form)

    def in_terms_of(self, form: sympy.Expr) -> sympy.Expr:
        return self.factor / form if self.inverse else self.factor * form

    def certified(self, values: Values) -> Number:
        """A ball or exact fraction that contains the factor times the bound's own number, or its reciprocal.

        Raises ArithmeticError where there is no guarantee, MissingValues, which is a KeyError.
        """
        if self.reason is not None:
            raise ArithmeticError(f"{self.name}: {self.reason}")
        number = self.bound.certified(values)
        if self.inverse and number == 0:
            raise ArithmeticError(f"{self.name}: {AFFINE}")
        factor = from_sympy(self.factor, values, PRECISION)
        with ctx.workprec(PRECISION):
            return balls.multiply((factor, balls.power(number, Fraction(-1 if self.inverse else 1))))

    def enclosure(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> Number:
        """As `Bound.enclosure`; the safe end of it is `evaluate`. Raises KeyError, ValueError, ArithmeticError."""
        return self.certified(resolve(self.conditions, by_name(self.conditions, mapping, symbols)))

    def evaluate(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> float:
        """A float, rounded to the safe side. Raises KeyError for symbols without a value, ValueError for values outside their
        range, ArithmeticError where there is no guarantee."""
        return self.safe_float(self.enclosure(mapping, **symbols))

    def safe_float(self, number: Number) -> float:
        """The float on the safe side of a number."""
        if self.rounding is Rounding.DOWN:
            return decimals.float_lower(number)
        above = decimals.float_upper(number)
        return above if self.rounding is Rounding.UP or math.isinf(above) else float(max(1, math.ceil(above)))

    def number(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> str:
        """A decimal of any magnitude, rounded to the safe side. Raises as `evaluate`."""
        return self.safe(self.enclosure(mapping, **symbols))

    def safe(self, number: Number, digits: int = 15) -> str:
        """The decimal on the safe side of a number."""
        if self.rounding is Rounding.DOWN:
            return decimals.lower_decimal(number, digits)
        if self.rounding is Rounding.UP:
            return decimals.upper_decimal(number, digits)
        return decimals.whole_upper(balls.maximum((number, fmpq(1))), digits)

    def at(self, values: Values) -> tuple[Number | None, str | None]:
        """The number where all symbols have values, and else or besides the reason why there is none."""
        if self.reason is not None or not self.free_symbols <= values.keys():
            return None, self.reason
        try:
            return self.certified(values), None
        except ArithmeticError as error:  # a bound that is zero at these values
            return None, str(error).removeprefix(f"{self.name}: ")

    def to_dict(self, values: Values) -> dict[str, Json]:
        """As quantities of `bounds --format json`, whose number is on the safe side, and what it guarantees."""
        number, reason = self.at(values)
        expression = self.expression
        result = {**without_number(expression, self.definition, self.finite, reason), "note": self.note}
        if expression is not None and self.bound.upper:
            result["lower" if self.inverse else "upper"] = True
        if number is not None:
            result["number"] = self.safe(number)
            result["enclosure"] = list(decimals.enclosure(number))
            log10 = decimals.log10_lower if self.rounding is Rounding.DOWN else decimals.log10_upper
            whole = balls.maximum((number, fmpq(1))) if self.rounding is Rounding.WHOLE else number
            result["log10"] = log10(whole)
        return result

    def _latex(self, printer: Any) -> str:
        """What `sympy.latex` gives."""
        return latex_of(self.expression, self.name, printer)

    def _repr_latex_(self) -> str:
        return f"${sympy.latex(self)}$"

    def _brief_(self) -> Page:
        return guarantee_in_line(self)

    def _page_(self) -> Page:
        return page_of_guarantee(self, self.bound if isinstance(self.bound, Bound) else None)
