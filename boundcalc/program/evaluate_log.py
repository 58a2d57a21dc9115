"""Natural logarithms of a program's values in double precision, over arrays: for plots, sweeps and power iterations.

Nothing here is certified, but nothing overflows either: 10^5000 is 11513.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from boundcalc.exact import signed_log
from boundcalc.exact.balls import Value
from boundcalc.exact.signed_log import Array, Signed
from boundcalc.program.evaluate import PASSES, TooManyPassesError, check_values
from boundcalc.program.ir import Arena, Loop, Op, Scalar

_FOLDS: Mapping[Op, Callable[[Sequence[Signed]], Signed]] = {
    Op.ADD: signed_log.add,
    Op.MUL: signed_log.multiply,
    Op.MIN: signed_log.minimum,
    Op.MAX: signed_log.maximum,
    Op.HYPOT: signed_log.hypot,
}


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
        sweep = _Sweep(arena, {symbol: signed_log.from_value(value) for symbol, value in values.items()})
        sweep.run([i for i in order if not arena.nodes[i].free])
    results = [sweep.values[o.index] for o in outputs]
    for result in results:
        if np.any(np.isnan(result.log) | np.isposinf(result.log)):
            raise ArithmeticError("the result is not a finite number")
    return results


def log_function(
    outputs: Sequence[Scalar], arguments: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """`evaluate_log` as a function of the values of some positive symbols, one number each: what does not depend on them is
    computed once."""
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, values.keys() | set(arguments))
    given = frozenset(arguments)
    moving: set[int] = set()
    for i in order:
        payload = arena.nodes[i].payload
        if isinstance(payload, sympy.Expr):
            if not given.isdisjoint(payload.free_symbols):
                moving.add(i)
        elif not moving.isdisjoint(arena.nodes[i].args):
            moving.add(i)
    bound = [i for i in order if not arena.nodes[i].free]
    again = [i for i in bound if i in moving]
    symbols = {symbol: signed_log.from_value(value) for symbol, value in values.items()}
    with np.errstate(all="ignore"):
        sweep = _Sweep(arena, symbols)
        sweep.run([i for i in bound if i not in moving])

    def logs(point: NDArray[np.float64]) -> NDArray[np.float64]:
        symbols.update((symbol, signed_log.from_value(x)) for symbol, x in zip(arguments, point, strict=True))
        with np.errstate(all="ignore"):
            sweep.run(again)
        return np.asarray([float(sweep.values[o.index].log) for o in outputs])

    return logs


class _Sweep:
    """The values of the nodes, filled in order; the nodes of a loop's body are filled once for each pass."""

    def __init__(self, arena: Arena, symbols: Mapping[sympy.Symbol, Signed]) -> None:
        self.arena = arena
        self.symbols = symbols
        self.values: dict[int, Signed] = {}
        self.finals: dict[int, list[Signed]] = {}
        self.bodies: dict[int, list[int]] = {}
        self.passes = 0

    def run(self, order: Sequence[int]) -> None:
        nodes, values = self.arena.nodes, self.values
        for index in order:
            node = nodes[index]
            fold = _FOLDS.get(node.op)
            if fold is not None:
                values[index] = fold([values[arg] for arg in node.args])
            elif isinstance(node.payload, Fraction):
                values[index] = signed_log.power(values[node.args[0]], node.payload)
            elif isinstance(node.payload, sympy.Expr):
                values[index] = signed_log.leaf(node.payload, self.symbols)
            elif node.op is Op.SELECT:
                values[index] = self.select(index)
            elif isinstance(node.payload, Loop):
                self.finals[index] = self.loop(index, node.payload)
            elif isinstance(node.payload, int):
                values[index] = self.finals[node.args[0]][node.payload]
            else:
                raise AssertionError(node.op)

    def loop(self, index: int, loop: Loop) -> list[Signed]:
        """Entries of an array whose passes are over keep their state while the others go on."""
        times = _natural(self.values[loop.times].value)
        body = self.bodies.get(index)
        if body is None:
            body = self.bodies[index] = self.arena.body(index)
        state = [self.values[i] for i in loop.starts]
        self.passes += int(np.max(times, initial=0))
        if self.passes > PASSES:
            raise TooManyPassesError
        for done in range(int(np.max(times, initial=0))):
            self.values.update(zip(loop.states, state, strict=True))
            self.run(body)
            running = times > done
            state = [signed_log.where(running, self.values[i], old) for i, old in zip(loop.results, state, strict=True)]
        return state

    def select(self, index: int) -> Signed:
        node = self.arena.nodes[index]
        entries = [self.values[arg] for arg in node.args]
        keys, values = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        best, result = keys[0], values[0]
        for key, value in zip(keys[1:], values[1:], strict=True):
            better = signed_log.less(key, best) if node.payload is Op.MIN else signed_log.less(best, key)
            best, result = signed_log.where(better, key, best), signed_log.where(better, value, result)
        return result


def _natural(x: Array) -> NDArray[np.int64]:
    near = np.rint(x)
    if not np.all((near >= 0) & (np.abs(x - near) <= 1e-9 * np.maximum(1.0, near))):
        raise ValueError("a loop runs a number of times that is no natural number")
    return near.astype(np.int64)
