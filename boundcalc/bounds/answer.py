"""One quantity as outputs print it; what takes long is found when an output first asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from boundcalc.blocks.trail import Step
from boundcalc.bounds.options import Json
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.near import quotient
from boundcalc.exact.printing import to_str
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar

if TYPE_CHECKING:
    from boundcalc.bounds.bound import Bound
    from boundcalc.bounds.compiled import Bounds

SHORT = 400  # characters of a form that is printed whole
BRIEF = 24  # in a cell of a table
DIGITS = 4  # of a number in a table
_PRECISIONS, _SHARP_BITS = (128, 512, 2048), 30
LARGE = 10**15  # from here on a logarithm is easier to compare


def short(decimal: str) -> str:
    """A decimal with a plain exponent: 3.166e11 for 3.166e+11."""
    mantissa, _, exponent = decimal.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def readable(number: Number) -> str:
    """Four digits, rounded up: 0.0123, 12.35, 3.166e11."""
    return short(decimals.upper_decimal(number, DIGITS))


def log10_text(number: Number) -> str:
    """Three decimals, rounded up; empty for 0."""
    log = decimals.log10_upper(number)
    return "" if log is None else f"{math.ceil(log * 1000) / 1000:.3f}"


def with_number(number: Number) -> dict[str, Json]:
    """What the JSON says of a number."""
    low, high = decimals.enclosure(number)
    return {"number": high, "enclosure": [low, high], "log10": decimals.log10_upper(number)}


def without_number(
    expression: sympy.Expr | None, definition: str | None, finite: bool, reason: str | None
) -> dict[str, Json]:
    """A quantity of the JSON as long as nothing is known of its number."""
    return {
        "expression": None if expression is None else to_str(expression),
        "definition": definition,
        "number": None,
        "enclosure": None,
        "log10": None,
        "finite": finite,
        "reason": reason,
    }


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Shown):
    """One figure of the network, or of the network up to a layer. `name` is what it is called among those beside it."""

    name: str
    _bound: Bound
    _of: Bounds
    path: str = ""  # of its row
    is_apart: bool = False  # from all other quantities

    def _page_(self) -> Page:
        return Page(f"<{self.identifier}>")

    @property
    def way(self) -> list[Step]:
        """Through which norms it was reached; in the row of a layer, what that layer adds. Not known of what stands apart."""
        if self.is_apart:
            return []
        return self._of.last_way(self._bound, self.path) if self.path else self._of.way(self._bound)

    @property
    def identifier(self) -> str:
        """Its name among all quantities: lipschitz_head."""
        return self._bound.name

    @property
    def finite(self) -> bool:
        return self._bound.finite

    @property
    def guarantees(self) -> str:
        """What has to be told of it; empty for most."""
        return self._bound.guarantees

    @property
    def infinite_because(self) -> str | None:
        return self._bound.reason

    @property
    def infinite_from(self) -> str | None:
        """The layer from which on it is infinite, where it has a row of its own."""
        layer = self._bound.infinite_from
        return layer if layer in self._of.layers else None

    @property
    def absent(self) -> str | None:
        """Why there is nothing to bound: the layer stands in a repeat of 0 passes."""
        return self._bound.absent(self._of.values)

    @property
    def number(self) -> Number | None:
        """The certified number at the spec's values, computed with all others; None while symbols are free."""
        return (self._of.sample_numbers if self.is_apart else self._of.numbers).get(self._bound)

    @property
    def number_of_network(self) -> Number | None:
        """The same of a quantity of the network, computed with the others of the network alone."""
        return self._of.total_numbers.get(self._bound)

    @property
    def number_alone(self) -> Number | None:
        """The same without those of the others."""
        return self._of.number(self._bound)

    @property
    def scalar(self) -> Scalar | None:
        """The closed form in the program."""
        return self._bound.scalar

    def brief(self, number: Number | None, otherwise: str) -> str:
        """What stands in a table: a number rounded up; without one the closed form if it is short, else something else."""
        if self.absent is not None:
            return "no copy"
        if not self.finite:
            return "infinite"
        if number is not None:
            return readable(number)
        text = "" if self.expression is None else to_str(self.expression)
        return text if 0 < len(text) <= BRIEF else otherwise

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        return self._bound.free_symbols

    @property
    def expression(self) -> sympy.Expr | None:
        """The closed form in the declared symbols; None where it would be too long, or there is none."""
        return None if self.scalar is None else self._bound.expression

    @property
    def definition(self) -> str | None:
        """Its name in the document's definitions."""
        return None if self.is_apart else self._of.definition(self._bound)

    @property
    def upper(self) -> tuple[str, ...]:
        """Why the closed form may exceed the number; empty where both agree."""
        return self._bound.upper

    @property
    def loose(self) -> tuple[str, ...]:
        """Why what its program gives may exceed the number, in whatever way it is written."""
        return self._bound.figure.loose

    @property
    def unclosed(self) -> str | None:
        """Why there is no closed form in the depth; None where there is one."""
        return self._bound.unclosed

    @property
    def in_loops(self) -> bool:
        """Whether a symbolic number of passes is in it."""
        return self.scalar is not None and self._bound.forms.has_loops(self.scalar)

    @property
    def slack(self) -> float | None:
        """How many times the number the closed form is, where both are numbers and not 0; None too where that cannot be told."""
        number, scalar, expression = self.number, self.scalar, self.expression
        if number is None or number == 0 or scalar is None:
            return None
        if not self.in_loops:
            return quotient(evaluate([scalar], self._of.values)[0], number)
        if expression is None:
            return None
        for precision in _PRECISIONS:  # terms cancel where growth factors are nearly equal
            try:
                form = from_sympy(expression, self._of.values, precision)
            except ArithmeticError:  # balls cannot tell that two irrational ones are equal
                continue
            if ball(form).rel_accuracy_bits() >= _SHARP_BITS:
                return quotient(form, number)
        return None

    def to_dict(self) -> dict[str, Json]:
        """Closed form, name of its definition, certified number, enclosure, logarithm, or the reason."""
        number = self.number  # what takes too long is refused here, before closed forms are sought
        expression = self.expression
        reason = self.infinite_because or self.absent or self.unclosed
        result = without_number(expression, self.definition, self.finite, reason)
        if self.guarantees:
            result["guarantees"] = self.guarantees
        if self._of.chosen_at is not None:
            result["way"] = [list(step) for step in self.way]
        if self.upper:
            result["upper"] = True
        if number is not None:
            result |= with_number(number)
        return result
