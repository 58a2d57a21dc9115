"""A bound at arrays of values that broadcast: in double precision where its program does it, else point by point.

What is assumed is checked at every entry: in double precision, and exactly where that breaks a condition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.blocks.figures import Evaluated, Figure, Infinite, Values
from boundcalc.bounds.sweeps import Grid, suspects, swept
from boundcalc.bounds.values import Given, exact, resolve, unchecked
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.language.conditions import Conditions
from boundcalc.program.evaluate import check_known

Arrays = Mapping[str, NDArray[Any]]


def arrays_of(given: Given) -> dict[str, NDArray[Any]]:
    """Those of the values that are arrays, of floats and integers or of exact numbers.

    Raises TypeError or ValueError for an entry that is no number, ValueError for shapes that do not broadcast.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in given.items():
        if isinstance(value, (str, bytes, sympy.Basic)) or not isinstance(value, (Sequence, np.ndarray)):
            continue
        try:
            array = np.asarray(value)
        except (ValueError, OverflowError):
            raise ValueError(
                f"the value of {name!r} is a list of lists of different lengths; make them equal"
            ) from None
        if array.dtype.kind not in "iuf":
            array = np.asarray(value, dtype=object)
            entries = [exact(entry, f"an entry of {name!r}") for entry in array.flat]
            array = np.array([*entries, None], dtype=object)[:-1].reshape(array.shape)
        if array.ndim:
            arrays[name] = array
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name}: {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the shapes of the arrays do not fit together: {shapes}; axes are equal or 1") from None
    return arrays


@dataclass(frozen=True, slots=True)
class AtArrays:
    """Where a bound is evaluated: arrays by symbol name, and one value each of other symbols."""

    conditions: Conditions
    arrays: Arrays
    fixed: Given

    @staticmethod
    def of(conditions: Conditions, given: Given) -> AtArrays:
        """Raises as `arrays_of`."""
        arrays = arrays_of(given)
        return AtArrays(conditions, arrays, {name: value for name, value in given.items() if name not in arrays})

    def evaluate(self, figure: Figure, certified: Callable[[Values], Number], by_point: bool) -> NDArray[np.float64]:
        """Numbers of a figure, which `certified` gives at one point. `by_point`: there is something to tell of each point."""
        shape = np.broadcast_shapes(*(array.shape for array in self.arrays.values()))
        if isinstance(figure, Infinite):
            return np.full(shape, math.inf)
        if by_point or not isinstance(figure, Evaluated) or self._are_exact or self._decide_values:
            result = np.empty(shape)
            for index in np.ndindex(shape):
                result[index] = decimals.float_upper(certified(self._resolved(index)))
            return result
        symbols = self.conditions.symbols
        values = unchecked(self.conditions, self.fixed, self.arrays)
        check_known(figure.symbols, values.keys() | {symbols[name] for name in self.arrays})
        grid = Grid({symbols[name]: array for name, array in self.arrays.items()}, values, shape)
        for index in zip(*np.nonzero(suspects(self.conditions, grid)), strict=True):
            self._resolved(index)
        return swept(figure.program, grid)

    @property
    def _are_exact(self) -> bool:
        return any(array.dtype == object for array in self.arrays.values())

    @property
    def _decide_values(self) -> bool:
        """Whether the spec computes values of other symbols from those that are swept."""
        swept = {self.conditions.symbols[name] for name in self.arrays}
        return any(value.free_symbols & swept for value in self.conditions.declared.values())

    def _resolved(self, index: tuple[int, ...]) -> Values:
        """Exact values at one entry. Raises ValueError, which names the entry."""
        points = np.broadcast_arrays(*self.arrays.values())
        at = {name: point[index] for name, point in zip(self.arrays, points, strict=True)}
        try:
            return resolve(self.conditions, {**self.fixed, **at})
        except ValueError as error:
            where = ", ".join(str(i) for i in index)
            raise ValueError(f"at entry [{where}]: {error}") from None
