"""`axes` of a layer that a person knows by its constants: it acts on each slice, at one index of these axes, by itself.

The constants are those of one slice. What is mapped slice by slice has the operator norm, l and L of a slice on the whole batch too;
a norm that does not depend on the argument is sqrt(slices) times that of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import sympy

from boundcalc.calculus.views import View, moved
from boundcalc.catalogue import gains
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.mistakes import SpecError, suggest

SAMPLE = "sample"
_COUNTED = "name sample, or axes counted without the batch from 0, or from the end"


@dataclass(frozen=True, slots=True)
class Slices:
    """The sizes of the result, its axes along which slices are cut, and those of each operand that belong to them; axes by
    number, the batch first."""

    sizes: tuple[sympy.Expr, ...]
    result: tuple[int, ...]
    operands: tuple[tuple[int, ...], ...]

    def view(self, operand: int = 0) -> View:
        return moved(zip(self.result, self.operands[operand], strict=True))

    @property
    def root(self) -> sympy.Expr:
        """The Euclidean norm of as many numbers of size 1 as there are slices."""
        return gains.repeat_norm(sympy.Mul(*(self.sizes[axis] for axis in self.result)))

    def all_together(self, norm: sympy.Expr | None) -> sympy.Expr | None:
        """The norm of slices that have this one each, if it is known."""
        return None if norm is None else self.root * norm

    @property
    def entries(self) -> int:
        """How many there are in a slice of the result."""
        return prod(int(size) for axis, size in enumerate(self.sizes) if axis not in self.result)

    def cut(self, z: Any, xp: Any, operand: int = 0) -> Any:
        """The slices of an operand, a row of entries each."""
        own = self.operands[operand]
        front = xp.permute_dims(z, (*own, *(axis for axis in range(z.ndim) if axis not in own)))
        return xp.reshape(front, (prod(z.shape[axis] for axis in own), -1))

    def joined(self, rows: Any, xp: Any) -> Any:
        """The result, of which these rows are the slices."""
        order = (*self.result, *(axis for axis in range(len(self.sizes)) if axis not in self.result))
        front = xp.reshape(rows, tuple(int(self.sizes[axis]) for axis in order))
        return xp.permute_dims(front, tuple(order.index(axis) for axis in range(len(order))))


def slices_of(at: At, axes: Sequence[Expression] | None, shape: Shape) -> Slices:
    """`shape`: of the result. Raises SpecError for an axis that is named twice, or that some array has not with that size."""
    arrays = (shape, *(operand.shape for operand in at.operands))
    rows: list[tuple[int, ...]] = []
    for axis in axes or ():
        found = tuple(_numbers(at, axis, arrays))
        if any(number == other for row in rows for number, other in zip(found, row, strict=True)):
            raise at.error(f"axis '{axis.text}' is named twice", "name each axis once", axis.place)
        rows.append(found)
    result, *operands = zip(*rows, strict=True) if rows else ((),) * len(arrays)
    return Slices((at.batch, *shape), result, tuple(operands))


def _numbers(at: At, axis: Expression, arrays: Sequence[Shape]) -> Iterator[int]:
    """The axis in the result and in each operand, which count it from the same end."""
    if at.word(axis) == SAMPLE:
        yield from (0 for _ in arrays)
        return
    number, (shape, *_) = _number(at, axis), arrays
    for i, other in enumerate(arrays):
        if not -len(other) <= number < len(other):
            where = "the operand" if i else "the result"
            raise at.error(f"there is no axis {number} in {where}, of shape {show_shape(other)}", _COUNTED, axis.place)
        if not at.same(other[number], shape[number]):
            finding = f"axis {number} has {other[number]} entries in the operand and {shape[number]} in the result"
            raise at.error(
                finding, "name axes along which the result has a slice for each of the operand's", axis.place
            )
        yield number % len(other) + 1


def _number(at: At, axis: Expression) -> int:
    """As it is written. A word that nearly is the other one is no symbol that was forgotten."""
    word = at.word(axis)
    try:
        return at.integer(axis, f"an axis other than '{SAMPLE}'")
    except SpecError:
        if remedy := suggest(word, (SAMPLE,)):
            raise at.error(f"there is no axis '{word}'", remedy, axis.place) from None
        raise
