"""Shapes: one exact size for each axis, without the batch."""

from __future__ import annotations

import sympy

Shape = tuple[sympy.Expr, ...]


def size(shape: Shape) -> sympy.Expr:
    """The number of entries."""
    return sympy.Mul(*shape)


def show_shape(shape: Shape) -> str:
    return "[" + ", ".join(str(axis) for axis in shape) + "]"
