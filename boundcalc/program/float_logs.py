"""A program of nonnegative numbers in logarithms, one value for each node.

The reading as `evaluate_log.Logarithms`, of single values as Python's floats: arrays and signs cost ten times as much for one
number. -inf is the logarithm of zero. Nothing is certified, and nothing here needs NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from boundcalc.program.evaluate import Budget
from boundcalc.program.interpret import Passes
from boundcalc.program.ir import Op

_MOST = 40.0  # exp of it is a whole number, and more passes than any budget has


@dataclass(frozen=True, slots=True)
class FloatLogs:
    """The reading; its leaves are symbols, whose logarithms are given."""

    logs: Mapping[sympy.Symbol, float]
    budget: Budget

    def leaf(self, expression: sympy.Expr) -> float:
        assert isinstance(expression, sympy.Symbol)
        return self.logs[expression]

    def add(self, terms: Sequence[float]) -> float:
        top = max(terms)
        if math.isinf(top):
            return top
        if len(terms) == 2:
            return top + math.log1p(math.exp(min(terms) - top))
        return top + math.log(sum(math.exp(term - top) for term in terms))

    def multiply(self, factors: Sequence[float]) -> float:
        return sum(factors)

    def power(self, base: float, exponent: Fraction) -> float:
        return base * float(exponent)

    def minimum(self, terms: Sequence[float]) -> float:
        return min(terms)

    def maximum(self, terms: Sequence[float]) -> float:
        return max(terms)

    def hypot(self, terms: Sequence[float]) -> float:
        return self.add([2 * term for term in terms]) / 2

    def select(self, index: int, op: Op, keys: Sequence[float], values: Sequence[float]) -> float:
        return values[keys.index(min(keys) if op is Op.MIN else max(keys))]

    def loop(self, passes: Passes[float]) -> list[float]:
        state, times = passes.starts, natural(math.exp(min(passes.times, _MOST)))
        self.budget.spend(times)
        for _ in range(times):
            state = passes.step(state)
        return state


def natural(x: float) -> int:
    """A number of passes, which rounding may have moved a little; ValueError for what is no natural number."""
    near = round(x) if math.isfinite(x) else -1
    if near < 0 or abs(x - near) > 1e-9 * max(1, near):
        raise ValueError("a loop runs a number of times that is no natural number")
    return near
