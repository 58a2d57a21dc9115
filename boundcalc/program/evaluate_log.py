"""Natural logarithms of a program's values in double precision, over arrays: for plots and sweeps.

Nothing here is certified, but nothing overflows either: 10^5000 is 11513.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from boundcalc.exact import signed_log
from boundcalc.exact.balls import Value
from boundcalc.exact.signed_log import Array, Signed
from boundcalc.program.evaluate import Budget, check_values
from boundcalc.program.float_logs import natural
from boundcalc.program.interpret import Passes, sweep, unbound
from boundcalc.program.ir import Op, Scalar


def evaluate_log(outputs: Sequence[Scalar], values: Mapping[sympy.Symbol, ArrayLike | Value]) -> list[Array]:
    """The natural logarithms of `outputs` (-inf for zero); the arrays in `values` broadcast against each other.

    Raises MissingValues for symbols without a value, ArithmeticError where an output is negative, infinite or
    undefined, ValueError where a loop runs a number of times that is no natural number.
    """
    logs: list[Array] = []
    for output in signed_values(outputs, values):
        if output.sign is not None and np.any((output.sign < 0) & ~np.isneginf(output.log)):
            raise ArithmeticError("a negative value has no logarithm")
        logs.append(output.log)
    return logs


def signed_values(outputs: Sequence[Scalar], values: Mapping[sympy.Symbol, ArrayLike | Value]) -> list[Signed]:
    """As `evaluate_log`, for programs of derivatives: the logarithms of the magnitudes, and the signs."""
    if not outputs:
        return []
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, values.keys())
    with np.errstate(all="ignore"):
        algebra = Logarithms({symbol: signed_log.from_value(value) for symbol, value in values.items()})
        found = sweep(arena, unbound(arena, order), algebra)
    results = [found[o.index] for o in outputs]
    for result in results:
        if np.any(np.isnan(result.log) | np.isposinf(result.log)):
            raise ArithmeticError("the result is not a finite number")
    return results


@dataclass(frozen=True, slots=True)
class Logarithms:
    """The reading as signs and logarithms, entry by entry of arrays."""

    values: Mapping[sympy.Symbol, Signed]
    budget: Budget = field(default_factory=Budget)
    add = staticmethod(signed_log.add)
    multiply = staticmethod(signed_log.multiply)
    power = staticmethod(signed_log.power)
    minimum = staticmethod(signed_log.minimum)
    maximum = staticmethod(signed_log.maximum)
    hypot = staticmethod(signed_log.hypot)

    def leaf(self, expression: sympy.Expr) -> Signed:
        return signed_log.leaf(expression, self.values)

    def select(self, index: int, op: Op, keys: Sequence[Signed], values: Sequence[Signed]) -> Signed:
        best, result = keys[0], values[0]
        for key, value in zip(keys[1:], values[1:], strict=True):
            better = signed_log.less(key, best) if op is Op.MIN else signed_log.less(best, key)
            best, result = signed_log.where(better, key, best), signed_log.where(better, value, result)
        return result

    def loop(self, passes: Passes[Signed]) -> list[Signed]:
        """Entries of an array whose passes are over keep their state while the others go on."""
        state, times = passes.starts, _naturals(passes.times.value)
        most = int(np.max(times, initial=0))
        self.budget.spend(most)
        for done in range(most):
            running = times > done
            state = [signed_log.where(running, new, old) for new, old in zip(passes.step(state), state, strict=True)]
        return state


def _naturals(x: Array) -> NDArray[np.int64]:
    """As `float_logs.natural`, entry by entry."""
    return np.array([natural(float(entry)) for entry in x.flat], dtype=np.int64).reshape(x.shape)
