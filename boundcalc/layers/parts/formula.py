"""The kind of an activation that a spec declares: a formula of every entry, whose constants are searched for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from boundcalc.catalogue.formula import activation
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.formulas.extremes import TooMuchWork
from boundcalc.exact.formulas.text import Formula
from boundcalc.graph.kind import At, Kind, Placed
from boundcalc.graph.shape import size
from boundcalc.language.structure import StepFields
from boundcalc.layers.activation import Facts, forward, lower


class Fields(StepFields):
    """An activation of the spec's own: a formula of every entry."""


@dataclass(frozen=True, slots=True)
class Own:
    """The formula that a spec gives a name."""

    name: str
    formula: Formula

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        """Its symbols have values: constants are numbers, found for these values alone."""
        values = {name: at.symbol(name, self.formula.place) for name in sorted(self.formula.names)}
        entry = self._entry(values, at).instantiate(entries=at.batch * size(at.shape))
        return Placed(at.shape, Facts(entry, {}))

    def _entry(self, values: Mapping[str, sympy.Expr], at: At) -> Nonlinearity:
        try:
            return activation(self.name, self.formula, values)
        except TooMuchWork:
            remedy = "write a simpler one, or give its constants: map: {lipschitz: ..., smoothness: ...}"
            raise at.error(
                f"the constants of '{self.name}' are not found soon enough", remedy, self.formula.place
            ) from None
        except ArithmeticError as error:
            raise at.error(f"the formula of '{self.name}' has no value: {error}", None, self.formula.place) from None


def own_activation(name: str, formula: Formula) -> Kind[Fields, Facts]:
    """The kind that a spec's `activations` declare under this name."""
    return Kind(name, Fields, Own(name, formula).place, lower, forward)
