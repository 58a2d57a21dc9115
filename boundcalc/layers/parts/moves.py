"""What layers share that move entries along an axis, leave some out, repeat them or read them in other axes. Axes are counted
without the batch."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import View, Window, moved, regrouped
from boundcalc.graph.kind import Lowering
from boundcalc.graph.shape import Shape


def read_once(axis: int, touches: sympy.Expr = sympy.S.One) -> Window:
    """An index of the image reads one entry at most, and an entry is read by at most `touches`."""
    return Window(axis + 1, axis + 1, sympy.S.One, touches)


def read_alone(axis: int) -> Window:
    """One entry of the axis is read, and no other."""
    return Window(axis + 1, None, sympy.S.One)


def along_others(axes: Sequence[int], rank: int, windows: Sequence[Window]) -> View:
    """Index by index along all axes but these, which are read in windows."""
    others = (axis for axis in range(rank + 1) if axis - 1 not in axes)
    return moved(((axis, axis) for axis in others), tuple(windows))


def lower_regrouped(of: int, old: Shape, new: Shape, lowering: Lowering) -> int:
    """The same entries in other axes."""
    view = regrouped((lowering.batch, *old), (lowering.batch, *new))
    return lowering.emit(Linear(of, sympy.S.One, contracts_sup=True, view=view), new)


def windows_of(taps: Shape, touches: Shape) -> View:
    """Each channel of each sample by itself, in windows of so many taps over all other axes."""
    read = (Window(axis, axis, *each) for axis, each in enumerate(zip(taps, touches, strict=True), start=2))
    return moved([(0, 0), (1, 1)], tuple(read))
