"""How the places of an array read those of an operand: what a kind states once, and gets its constants in every norm from.

Arrays have axes by number, the batch first: axis 0 are the samples, axis i + 1 is axis i of the shape. A norm is given by the
axes over whose indices the largest slice is taken (norms.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import sympy

Axes = frozenset[int]
NONE: Axes = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """An axis of the operand that is read in windows of at most `taps` entries, each entry by at most `touches` of them.

    `to` is the axis of the result whose index says which window; None where all is read by one (a mean, a slice).
    """

    of: int
    to: int | None
    taps: sympy.Expr
    touches: sympy.Expr = sympy.S.One


@dataclass(frozen=True, slots=True)
class Way:
    """A norm of the operand that serves, and what it costs: `factor` times the constant for the whole batch."""

    largest: Axes
    factor: sympy.Expr


@dataclass(frozen=True)
class View:
    """along: pairs of axes of the result and of the operand that belong together, index by index (the batch axes of the
    operation); groups of them where a reshape joins or splits axes. windows: see Window. copied: axes of the result along
    which what is read is repeated. Other axes of the operand are read as a whole, other axes of the result are made."""

    along: tuple[tuple[Axes, Axes], ...] = ()
    windows: tuple[Window, ...] = ()
    copied: Axes = NONE

    @cached_property
    def batch(self) -> Axes:
        """The axes of the result along which the operation acts index by index."""
        return NONE.union(*(result for result, _ in self.along))

    @property
    def places(self) -> Axes:
        """The axes of the result whose index says which places of the operand are read."""
        return self.batch.union(window.to for window in self.windows if window.to is not None)

    def keeps(self, largest: Axes) -> Axes:
        """The axes of the operand that belong to these of the result. A group counts where all its axes are there."""
        return NONE.union(*(operand for result, operand in self.along if result <= largest))

    @property
    def known(self) -> Axes:
        """The axes of the result of which something is said; to fix the index of another one changes nothing."""
        return self.places | self.copied

    def ways(self, largest: Axes, shape: tuple[sympy.Expr, ...]) -> tuple[Way, ...]:
        """The norms of the operand that a norm of the result can be had from; `shape` is that of the result.

        A window read as a whole costs nothing where its index is fixed, since it is part of the slice; else each entry
        counts `touches` times (Euclid). Read entry by entry it costs sqrt(taps) times the largest. Copies count once where
        their index is fixed.
        """
        return _ways(self, largest, shape)


@lru_cache(maxsize=4096)  # networks repeat their layers
def _ways(view: View, largest: Axes, shape: tuple[sympy.Expr, ...]) -> tuple[Way, ...]:
    kept = view.keeps(largest)
    fixed = [window for window in view.windows if window.to is None or window.to in largest]
    parts = [1 / sympy.sqrt(shape[axis]) for axis in view.copied & largest]
    parts += [1 / sympy.sqrt(window.touches) for window in fixed]
    factor = sympy.Mul(*parts)
    taps = sympy.Mul(*(window.taps for window in fixed))
    as_a_whole = () if fixed and taps == 1 else (Way(kept, factor),)
    if not fixed:
        return as_a_whole
    return (*as_a_whole, Way(kept.union(window.of for window in fixed), factor * sympy.sqrt(taps)))


AS_A_WHOLE = View()  # no axis along which anything is known


def same(axes: Iterable[int]) -> View:
    """Index by index along these axes, which have the same numbers in the operand and in the result."""
    return View(tuple((frozenset({axis}), frozenset({axis})) for axis in axes))


def moved(pairs: Iterable[tuple[int, int]], windows: tuple[Window, ...] = ()) -> View:
    """Index by index along pairs of an axis of the result and one of the operand."""
    return View(tuple((frozenset({to}), frozenset({of})) for to, of in pairs), windows)


def regrouped(old: Sequence[sympy.Expr], new: Sequence[sympy.Expr]) -> View:
    """A reshape: the shortest runs of axes that hold as many entries as each other belong together."""
    groups: list[tuple[Axes, Axes]] = []
    ends = [0, 0]
    for stop, count in enumerate(_products(new), start=1):
        at = next((i for i, other in enumerate(_products(old), start=1) if i > ends[1] and other == count), None)
        if at is not None:
            groups.append((frozenset(range(ends[0], stop)), frozenset(range(ends[1], at))))
            ends = [stop, at]
    return View(tuple(groups))


def _products(shape: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    return list(accumulate(shape, lambda product, axis: product * axis))
