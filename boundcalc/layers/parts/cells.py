"""The cells of recurrent layers, as in torch.nn: from the images of an entry of the sequence and of the state to the next states.

The images W x + b and W' h + b' have the rows of all gates one below the other: i, f, g, o of an LSTM, r, z, n of a GRU. The first
state is the output h. Everything is entry by entry: Jacobians are diagonal, and largest entries come in as in `multiply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Map, Sum
from boundcalc.calculus.views import same
from boundcalc.catalogue.activations import SIGMOID, TANH
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.within import WITHIN_ONE
from boundcalc.exact.arrays import on_arrays
from boundcalc.graph.kind import Lowering
from boundcalc.layers.parts.moves import along_others, read_once

_VIEW = same((0, 1))  # the samples, and the units


@dataclass(frozen=True, slots=True)
class Units:
    """Entry by entry on the units of all samples, in primitives."""

    lowering: Lowering
    units: sympy.Expr

    def gate(self, of: int) -> int:
        """The rows of one gate."""
        return self._emit(Linear(of, sympy.S.One, contracts_sup=True, view=along_others((0,), 1, (read_once(0),))))

    def negated(self, of: int) -> int:
        return self._emit(Linear(of, sympy.S.One, contracts_sup=True, view=_VIEW))

    def map(self, entry: Nonlinearity, of: int) -> int:
        self.lowering.assume(entry.assumed)
        return self._emit(Map(of, entry, _VIEW))

    def sigmoid(self, of: int) -> int:
        return self._row(SIGMOID, of)

    def tanh(self, of: int) -> int:
        return self._row(TANH, of)

    def within_one(self, of: int) -> int:
        return self._row(WITHIN_ONE, of)

    def product(self, left: int, right: int) -> int:
        return self._emit(Bilinear(left, right, sympy.S.One, entrywise=True, left_view=_VIEW, right_view=_VIEW))

    def total(self, *terms: int) -> int:
        return self._emit(Sum(terms))

    def _row(self, row: Nonlinearity, of: int) -> int:
        return self.map(row.instantiate(entries=self.lowering.batch * self.units), of)

    def _emit(self, primitive: Linear | Map | Bilinear | Sum) -> int:
        return self.lowering.emit(primitive, (self.units,))


def _map(entry: Nonlinearity, z: Any, xp: Any) -> Any:
    assert entry.function is not None
    return on_arrays(entry.function, z, xp)


def _sigmoid(z: Any, xp: Any) -> Any:
    return _map(SIGMOID, z, xp)


def _tanh(z: Any, xp: Any) -> Any:
    return _map(TANH, z, xp)


class Cell(Protocol):
    """`gates`: how many rows of gates the images have; `states`: the names of those that it carries."""

    @property
    def gates(self) -> int: ...
    @property
    def states(self) -> tuple[str, ...]: ...

    def lower(self, on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
        """The primitives of the images, and of the states before, to those of the states after."""
        ...

    def forward(self, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any], xp: Any) -> tuple[Any, ...]:
        """The same on arrays, where the images are lists of gates."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """h' = a(W x + b + W' h + b'), where `squash` has the constants of all units."""

    squash: Nonlinearity
    is_relu: bool
    gates: int = 1
    states: tuple[str, ...] = ("h",)

    def lower(self, on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
        return (on.map(self.squash, on.total(x, h)),)

    def forward(self, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any], xp: Any) -> tuple[Any, ...]:
        return (_map(self.squash, x[0] + h[0], xp),)


@dataclass(frozen=True, slots=True)
class LSTM:
    """c' = f c + i g and h' = o tanh(c'), so that |h'| < 1."""

    gates: int = 4
    states: tuple[str, ...] = ("h", "c")

    def lower(self, on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
        rows = on.lowering.emit(Sum((x, h)), (4 * on.units,))
        i, f, g, o = (on.gate(rows) for _ in range(4))
        kept = on.product(on.sigmoid(f), states[1])
        c = on.total(kept, on.product(on.sigmoid(i), on.tanh(g)))
        return on.product(on.sigmoid(o), on.tanh(c)), c

    def forward(self, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any], xp: Any) -> tuple[Any, ...]:
        i, f, g, o = (a + b for a, b in zip(x, h, strict=True))
        c = _sigmoid(f, xp) * states[1] + _sigmoid(i, xp) * _tanh(g, xp)
        return _sigmoid(o, xp) * _tanh(c, xp), c


@dataclass(frozen=True, slots=True)
class GRU:
    """h' = z h + (1 - z) tanh(n_x + r n_h): between h and tanh, so that |h'| <= 1 as h starts at 0; 1 - z is sigmoid of minus what
    z is of."""

    gates: int = 3
    states: tuple[str, ...] = ("h",)

    def lower(self, on: Units, x: int, h: int, states: Sequence[int]) -> tuple[int, ...]:
        (r_x, z_x, n_x), (r_h, z_h, n_h) = ([on.gate(image) for _ in range(3)] for image in (x, h))
        r, before = on.sigmoid(on.total(r_x, r_h)), on.total(z_x, z_h)
        n = on.tanh(on.total(n_x, on.product(r, n_h)))
        old, new = on.product(on.sigmoid(before), states[0]), on.product(on.sigmoid(on.negated(before)), n)
        return (on.within_one(on.total(old, new)),)

    def forward(self, x: Sequence[Any], h: Sequence[Any], states: Sequence[Any], xp: Any) -> tuple[Any, ...]:
        r, z = _sigmoid(x[0] + h[0], xp), _sigmoid(x[1] + h[1], xp)
        return (z * states[0] + (1 - z) * _tanh(x[2] + r * h[2], xp),)
