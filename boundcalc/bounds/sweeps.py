"""A bound at arrays of values, in double precision: by chunks that stay in the cache, on all cores.

A chunk is played in doubles; where a number leaves them, in logarithms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.guards import guards
from boundcalc.exact import signed_log
from boundcalc.exact.intervals import is_wholeness, sides
from boundcalc.exact.relations import relation_heads
from boundcalc.exact.signed_log import Signed
from boundcalc.language.conditions import Conditions
from boundcalc.program.doubles import Score, arrange
from boundcalc.program.evaluate_log import evaluate_log
from boundcalc.program.ir import Scalar
from boundcalc.program.moves import number_of
from boundcalc.program.tape import Recorder, Tape, tape_of

CHUNK = 8192  # entries, 64 kB in a buffer
ROUNDING = 1e-12  # relative, of what is equal in double precision
_RELATIONS = relation_heads()
Array = NDArray[Any]
Exact = Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class Grid:
    """Arrays that broadcast, by symbol, and exact values of the other symbols."""

    arrays: Mapping[sympy.Symbol, Array]
    fixed: Exact
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def chunks(self, work: Callable[[Callable[[slice], list[Array]], Sequence[slice]], None]) -> None:
        """`work` is called for each core, with a function that gives the entries of the arrays and with its share of them."""
        spread = [np.broadcast_to(array, self.shape) for array in self.arrays.values()]
        flat = [array.reshape(-1) if array.flags.c_contiguous else array.flat for array in spread]

        def entries(part: slice) -> list[Array]:
            return [np.asarray(array[part], dtype=np.float64) for array in flat]

        parts = [slice(start, start + CHUNK) for start in range(0, self.size, CHUNK)]
        cores = min(os.cpu_count() or 1, len(parts))
        if cores <= 1:
            work(entries, parts)
            return
        with ThreadPoolExecutor(cores) as pool:
            for done in [pool.submit(work, entries, parts[core::cores]) for core in range(cores)]:
                done.result()


def swept(program: Scalar, grid: Grid) -> NDArray[np.float64]:
    """The values of a program, inf where they are above the doubles. Raises as `evaluate_log`."""

    def in_logarithms(arrays: Mapping[sympy.Symbol, Array]) -> Array:
        with np.errstate(over="ignore"):
            return np.exp(evaluate_log([program], {**grid.fixed, **arrays})[0])

    score = score_of(tape_of([program]), grid)
    return _filled(grid, np.empty(grid.size), score, lambda found: found[0], in_logarithms)


def suspects(conditions: Conditions, grid: Grid) -> NDArray[np.bool_]:
    """Where the values break a condition, as far as double precision tells."""
    relations = guards(conditions, {**grid.fixed, **grid.arrays})
    recorder = Recorder()
    ends = [recorder.leaf(side) for relation in relations for side in sides(relation)]

    def broken_between(found: Sequence[Array | float]) -> Array:
        holds = (
            _holds_between(relation, left, right)
            for relation, left, right in zip(relations, found[::2], found[1::2], strict=True)
        )
        return np.logical_not(reduce(np.logical_and, holds, np.True_))

    def in_logarithms(arrays: Mapping[sympy.Symbol, Array]) -> Array:
        return _broken(conditions, {**grid.fixed, **arrays}, next(iter(arrays.values())).shape)

    score = score_of(recorder.tape(ends), grid)
    return _filled(grid, np.zeros(grid.size, dtype=np.bool_), score, broken_between, in_logarithms)


def _filled(
    grid: Grid,
    result: Array,
    score: Score | None,
    read: Callable[[Sequence[Array | float]], ArrayLike],
    in_logarithms: Callable[[Mapping[sympy.Symbol, Array]], Array],
) -> Array:
    """`result`, of the size of a grid, chunk by chunk: what `read` makes of the outputs of the score, or, where there is none or a
    number leaves the doubles, what the arrays give in logarithms."""

    def work(entries: Callable[[slice], list[Array]], parts: Sequence[slice]) -> None:
        player = None if score is None else score.player(CHUNK)
        for part in parts:
            arrays = entries(part)
            try:
                if player is None:
                    raise FloatingPointError
                result[part] = read(player.play(arrays))
            except FloatingPointError:
                result[part] = in_logarithms(dict(zip(grid.arrays, arrays, strict=True)))

    grid.chunks(work)
    return result.reshape(grid.shape)


def score_of(tape: Tape | None, grid: Grid) -> Score | None:
    """What is done to the arrays of a grid; None where there are loops, and where a number that is the same at all entries leaves
    the doubles."""
    if tape is None:
        return None
    needed = tape.needed - grid.arrays.keys()
    try:
        numbers = {symbol: number_of(value) for symbol, value in grid.fixed.items() if symbol in needed}
        return arrange(tape, numbers, tuple(grid.arrays))
    except FloatingPointError:
        return None


def _broken(
    conditions: Conditions, values: Mapping[sympy.Symbol, sympy.Expr | Array], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Where arrays of values break a condition, in double precision."""
    found = np.zeros(shape, dtype=np.bool_)
    with np.errstate(all="ignore"):
        signed = {symbol: signed_log.from_value(value) for symbol, value in values.items()}
        for condition in guards(conditions, values.keys()):
            found |= ~_holds(condition, signed)
    return found


def _holds(condition: Boolean, values: Mapping[sympy.Symbol, Signed]) -> NDArray[np.bool_]:
    left, right = (signed_log.leaf(side, values).value for side in sides(condition))
    return _holds_between(condition, left, right)


def _holds_between(condition: Boolean, left: ArrayLike, right: ArrayLike) -> NDArray[np.bool_]:
    """Where a condition holds, by the values of its sides in double precision."""
    if is_wholeness(condition):
        right = np.rint(left)
    if isinstance(condition, sympy.Eq):
        return np.abs(np.subtract(left, right)) <= ROUNDING * np.abs(left)
    return _RELATIONS[type(condition)].holds(left, right)
