"""A program of nonnegative numbers as a function of some symbols, in logarithms, for a power iteration that calls it often.

The reading as `evaluate_log.Logarithms`, of single values as Python's floats: arrays and signs cost ten times as much for one
number. -inf is the logarithm of zero. Nothing is certified.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.exact import signed_log
from boundcalc.exact.balls import Value
from boundcalc.exact.signed_log import Signed
from boundcalc.program.dependence import dependents, leaves_with
from boundcalc.program.evaluate import Budget, check_values
from boundcalc.program.evaluate_log import Logarithms, natural
from boundcalc.program.interpret import Passes, sweep, unbound
from boundcalc.program.ir import Op, Scalar

Vector = NDArray[np.float64]
_MOST = 40.0  # exp of it is a whole number, and more passes than any budget has


def log_function(
    outputs: Sequence[Scalar], arguments: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value]
) -> Callable[[Vector], Vector]:
    """The logarithms of `outputs` as a function of the values of some positive symbols, which stand alone in the leaves of the
    program: what does not depend on them is computed once.

    Raises MissingValues for other symbols without a value, ArithmeticError where something that is computed once is negative.
    """
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, values.keys() | set(arguments))
    moving = dependents(arena, order, leaves_with(arena, order, frozenset(arguments)))
    closed = unbound(arena, order)
    again = [i for i in closed if i in moving]
    budget = Budget()  # for all calls together
    with np.errstate(all="ignore"):
        fixed = Logarithms({symbol: signed_log.from_value(value) for symbol, value in values.items()}, budget)
        found = sweep(arena, [i for i in closed if i not in moving], fixed)
    known = {index: _nonnegative(value) for index, value in found.items()}

    def logs(point: Vector) -> Vector:
        given = {symbol: math.log(x) for symbol, x in zip(arguments, point.tolist(), strict=True)}
        results = sweep(arena, again, FloatLogs(given, budget), known)
        return np.asarray([results[o.index] for o in outputs])

    return logs


def _nonnegative(value: Signed) -> float:
    if value.sign is not None and value.sign < 0:
        raise ArithmeticError("a negative value has no logarithm")
    return float(value.log)


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
        state, times = passes.starts, int(natural(np.exp(min(passes.times, _MOST))))
        self.budget.spend(times)
        for _ in range(times):
            state = passes.step(state)
        return state
