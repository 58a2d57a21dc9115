"""A bound as a function of the logarithms of variables: its logarithm and its elasticities, for searches that certify nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.blocks.figures import ByBlocks
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.derivatives import Derivative, certified, differentiate
from boundcalc.exact.enclosures import from_sympy, to_number
from boundcalc.exact.near import double, elasticity, logarithm
from boundcalc.exact.values import substitute
from boundcalc.program.slopes import leaf_derivative
from boundcalc.studies.parts.constraints import Constraint

Vector = NDArray[np.float64]
Values = Mapping[sympy.Symbol, sympy.Expr]
_BITS = 64


@dataclass(frozen=True)
class Surface:
    """`moving`: every symbol with a value, in the variables."""

    bound: Bound
    variables: Sequence[sympy.Symbol]
    moving: Values

    def values(self, logs: Vector) -> Values:
        """Exact values of all symbols at a point, which is rounded."""
        at = {s: sympy.Rational(repr(math.exp(x))) for s, x in zip(self.variables, logs.tolist(), strict=True)}
        return {symbol: substitute(value, at) for symbol, value in self.moving.items()}

    def log(self, logs: Vector) -> float:
        """inf where there is no number."""
        try:
            number = self.bound.certified(self.values(logs))
            return logarithm(number) if number > 0 else -math.inf
        except ArithmeticError:
            return math.inf

    @cached_property
    def _derivatives(self) -> Mapping[str, Derivative]:
        """Those of a program alone: no closed form is needed."""
        names, bound = [symbol.name for symbol in self.variables], self.bound
        if isinstance(bound.figure, ByBlocks):
            found = bound.gradient(names)
        else:
            found = differentiate(bound.name, bound.conditions, bound.program, None, (), None, self.variables)
        return dict(zip(names, found, strict=True))

    @property
    def is_differentiable(self) -> bool:
        """Whether there are derivatives at all: not of numbers by blocks behind arrays that are joined."""
        return all(each.value is not None for each in self._derivatives.values())

    def elasticities(self, logs: Vector) -> Vector | None:
        """The gradient of the logarithm; None where it does not exist."""
        values = self.values(logs)
        try:
            whole = self.bound.certified(values)
            found, missing = certified(self._derivatives, values, [])
            if missing or len(found) < len(self.variables) or not whole > 0:
                return None
            return np.asarray([elasticity(found[s.name], to_number(values[s]), whole) for s in self.variables])
        except ArithmeticError:
            return None


@dataclass(frozen=True)
class Margin:
    """How far a constraint is from its edge: the logarithm of its larger side minus that of the other."""

    constraint: Constraint
    variables: Sequence[sympy.Symbol]

    def at(self, logs: Vector) -> float:
        low, high = self._sides(self._values(logs))
        return math.log(high) - math.log(low) if low > 0 and high > 0 else math.inf if high > 0 else -math.inf

    def slopes(self, logs: Vector) -> Vector:
        values = self._values(logs)
        low, high = self._sides(values)
        found: list[float] = []
        for symbol in self.variables:
            up, down = (_number(slope, values) for slope in self._slopes[symbol])
            found.append(_number(symbol, values) * ((up / high if up else 0.0) - (down / low if down else 0.0)))
        return np.asarray(found)

    @cached_property
    def _slopes(self) -> Mapping[sympy.Symbol, tuple[sympy.Expr, sympy.Expr]]:
        return {
            s: (leaf_derivative(self.constraint.high, s), leaf_derivative(self.constraint.low, s))
            for s in self.variables
        }

    def _values(self, logs: Vector) -> Values:
        return {s: sympy.Rational(repr(math.exp(x))) for s, x in zip(self.variables, logs.tolist(), strict=True)}

    def _sides(self, values: Values) -> tuple[float, float]:
        return _number(self.constraint.low, values), _number(self.constraint.high, values)


def _number(expression: sympy.Expr, values: Values) -> float:
    return double(from_sympy(expression, values, _BITS))


def logarithms(values: Iterable[sympy.Expr]) -> Vector:
    return np.asarray([logarithm(from_sympy(value)) for value in values])
