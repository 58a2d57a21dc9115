"""The expressions of one spec, evaluated: equal ones once, and not more than a network of that size can be of use for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy

from boundcalc.exact.expression import Expression


@dataclass(slots=True)
class Evaluations:
    """`operations` counts what was computed. What is found again, as the radius of all copies of a layer, costs nothing."""

    symbols: Mapping[str, sympy.Symbol]
    operations: int = 0
    _known: dict[tuple[str, tuple[sympy.Expr, ...]], sympy.Expr] = field(
        default_factory=dict[tuple[str, tuple["sympy.Expr", ...]], "sympy.Expr"]
    )

    def value(self, expression: Expression, values: Mapping[str, sympy.Expr]) -> sympy.Expr:
        """The value, where names have these values. Raises SpecError, as `Expression.evaluate`."""
        try:
            key = (expression.text, tuple(values[name] for name in sorted(expression.names)))
        except KeyError:
            return expression.evaluate(values)  # which says what name it is
        if key not in self._known:
            self.operations += expression.operations
            self._known[key] = expression.evaluate(values)
        return self._known[key]
