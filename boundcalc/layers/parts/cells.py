"""The cells of recurrent layers, as in torch.nn: from the images of an entry of the sequence and of the state to the next states.

The images W x + b and W' h + b' have the rows of all gates one below the other: i, f, g, o of an LSTM, r, z, n of a GRU. The first
state is the output h. Everything is entry by entry: Jacobians are diagonal, and largest entries come in as in `multiply`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Map, Sum
from boundcalc.calculus.views import same
from boundcalc.catalogue.activations import SIGMOID, TANH
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.within import WITHIN_ONE
from boundcalc.exact.arrays import on_arrays
from boundcalc.graph.kind import Lowering

_VIEW = same((0, 1))  # the samples, and the units


@dataclass(frozen=True, slots=True)
class Units:
    """Entry by entry on the units of all samples, in primitives."""

    lowering: Lowering
    units: sympy.Expr

    def gate(self, of: int) -> int:
        """The rows of one gate."""
        return self._emit(Linear(of, sympy.S.One, contracts_sup=True, view=_VIEW))

    def negated(self, of: int) -> int:
        return self._emit(Linear(of, sympy.S.One, contracts_sup=True, view=_VIEW))

    def map(self, entry: Nonlinearity, of: int) -> int:
        instance = entry.instantiate(entries=self.lowering.batch * self.units)
        self.lowering.assume(instance.assumed)
        return self._emit(Map(of, instance, _VIEW))

    def product(self, left: int, right: int) -> int:
        return self._emit(Bilinear(left, right, sympy.S.One, entrywise=True, left_view=_VIEW, right_view=_VIEW))

    def total(self, *terms: int) -> int:
        return self._emit(Sum(terms))

    def _emit(self, primitive: Linear | Map | Bilinear | Sum) -> int:
        return self.lowering.emit(primitive, (self.units,))


@dataclass(frozen=True, slots=True)
class Arrays:
    """The same on arrays."""

    xp: Any

    def map(self, entry: Nonlinearity, z: Any) -> Any:
        assert entry.function is not None
        return on_arrays(entry.function, z, self.xp)


@dataclass(frozen=True, slots=True)
class Cell:
    """`gates`: how many rows of gates the images have; `states`: the names of those that it carries.

    lower: the primitives of the images, and of the states before, to those of the states after. forward: the same on arrays, where
    the images are lists of gates.
    """

    gates: int
    states: tuple[str, ...]
    lower: Callable[[Units, int, int, Sequence[int]], tuple[int, ...]]
    forward: Callable[[Arrays, Sequence[Any], Sequence[Any], Sequence[Any]], tuple[Any, ...]]


def plain(squash: Nonlinearity) -> Cell:
    """h' = a(W x + b + W' h + b')."""

    def lower(on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
        return (on.map(squash, on.total(x, h)),)

    def forward(on: Arrays, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any]) -> tuple[Any, ...]:
        return (on.map(squash, x[0] + h[0]),)

    return Cell(1, ("h",), lower, forward)


def _lower_lstm(on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
    """c' = f c + i g and h' = o tanh(c'), so that |h'| < 1."""
    rows = on.lowering.emit(Sum((x, h)), (4 * on.units,))
    i, f, g, o = (on.gate(rows) for _ in range(4))
    kept = on.product(on.map(SIGMOID, f), states[1])
    c = on.total(kept, on.product(on.map(SIGMOID, i), on.map(TANH, g)))
    return on.product(on.map(SIGMOID, o), on.map(TANH, c)), c


def _forward_lstm(on: Arrays, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any]) -> tuple[Any, ...]:
    i, f, g, o = (a + b for a, b in zip(x, h, strict=True))
    c = on.map(SIGMOID, f) * states[1] + on.map(SIGMOID, i) * on.map(TANH, g)
    return on.map(SIGMOID, o) * on.map(TANH, c), c


def _lower_gru(on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
    """h' = z h + (1 - z) tanh(n_x + r n_h): between h and tanh, so that |h'| <= 1 as h starts at 0; 1 - z is sigmoid of minus
    what z is of."""
    (r_x, z_x, n_x), (r_h, z_h, n_h) = ([on.gate(image) for _ in range(3)] for image in (x, h))
    r, before = on.map(SIGMOID, on.total(r_x, r_h)), on.total(z_x, z_h)
    n = on.map(TANH, on.total(n_x, on.product(r, n_h)))
    old = on.product(on.map(SIGMOID, before), states[0])
    new = on.product(on.map(SIGMOID, on.negated(before)), n)
    return (on.map(WITHIN_ONE, on.total(old, new)),)


def _forward_gru(on: Arrays, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any]) -> tuple[Any, ...]:
    r, z = on.map(SIGMOID, x[0] + h[0]), on.map(SIGMOID, x[1] + h[1])
    return (z * states[0] + (1 - z) * on.map(TANH, x[2] + r * h[2]),)


LSTM = Cell(4, ("h", "c"), _lower_lstm, _forward_lstm)
GRU = Cell(3, ("h",), _lower_gru, _forward_gru)
