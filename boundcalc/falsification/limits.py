"""What arrays are restricted to inside their balls: rows that are long enough, entries that are small enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = dict[str, Array]
_TINY, _HALVINGS = 1e-300, 50


@dataclass(frozen=True, slots=True)
class Clipped:
    """No entry of an array is larger than `most`; smaller ones stay in the ball."""

    name: str
    most: float

    def applied(self, point: Point) -> Point:
        return {**point, self.name: np.clip(point[self.name], -self.most, self.most)}

    def farthest(self, gradient: Array) -> Array:
        return self.most * np.sign(gradient)


@dataclass(frozen=True, slots=True)
class LongRows:
    """Each row of an array of a ball has norm `least` or more."""

    name: str
    least: float
    names: tuple[str, ...]  # of the arrays of its ball
    holds: Callable[[Mapping[str, Array]], bool]  # whether they are in the ball

    def applied(self, point: Point) -> Point:
        """Short rows are scaled up, a zero one to a unit vector. What leaves the ball by that is drawn back inside: all other arrays
        towards zero and the rows towards their shortest, which the ball has (graph/limits.py)."""
        array = point[self.name]
        rows = array.reshape(len(array), -1)
        units, norms = _directions(rows)
        excess = np.maximum(norms - self.least, 0.0)

        def drawn(part: float) -> Point:
            near = {name: part * point[name] for name in self.names}
            kept = np.where((norms >= self.least) & (part == 1.0), rows, units * (self.least + part * excess))
            return {**point, **near, self.name: kept.reshape(array.shape)}

        low, high = 0.0, 1.0
        if self.holds(drawn(high)):
            return drawn(high)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.holds(drawn(middle)) else (low, middle)
        return drawn(low)

    def farthest(self, gradient: Array) -> Array:
        units, _ = _directions(gradient.reshape(len(gradient), -1))
        return self.least * units.reshape(gradient.shape)


def _directions(rows: Array) -> tuple[Array, Array]:
    """Rows scaled to norm 1, and their norms; of a zero row, a unit vector."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    first = np.zeros_like(rows)
    first[:, :1] = 1.0
    return np.where(norms > _TINY, rows / np.maximum(norms, _TINY), first), norms
