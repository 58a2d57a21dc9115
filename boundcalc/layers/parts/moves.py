"""What layers share that move entries along an axis, leave some out or repeat them. Axes are counted without the batch."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from boundcalc.calculus.views import View, Window, moved


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
