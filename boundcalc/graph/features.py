"""The feature axis: the one that holds the features (channels) of every position. Axes are counted without the batch.

A layer says which one it is, or inherits that of its first operand; an array that inherits none has it first where there are
three axes or more, else last, as images and rows of features do. `None` belongs to an array without axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

import sympy

from boundcalc.graph.kind import Operand
from boundcalc.language.structure import End

FIRST, LAST = 0, -1  # what a layer says


def of_new(rank: int, end: End | None = None) -> int | None:
    """Of an array that inherits no feature axis. `end`: where a person says that it is."""
    if rank == 0:
        return None
    return 0 if (end == "first" if end is not None else rank >= 3) else rank - 1


def of_output(rank: int, said: int | None, operands: Sequence[Operand]) -> int | None:
    """Of a layer's output. `said`: by the layer, from the end where it is negative; else that of the first operand, where the
    output has as many axes.

    Raises ValueError where the layer says an axis that there is not.
    """
    if rank == 0:
        return None
    if said is not None:
        if not -rank <= said < rank:
            raise ValueError(f"there is no feature axis {said} in an array of {rank} axes")
        return said % rank
    return operands[0].features if operands and len(operands[0].shape) == rank else of_new(rank)


def without(features: int | None, axis: int, rank: int) -> int | None:
    """When one axis of `rank` is taken away: where it was that of the features, what is left inherits none."""
    if features is None or features == axis:
        return of_new(rank - 1)
    return features - (features > axis)


def with_new(features: int | None, axis: int) -> int:
    """With a new axis at this place; that of numbers is all they have."""
    return 0 if features is None else features + (features >= axis)


def reshaped(features: int | None, before: Sequence[sympy.Expr], after: Sequence[sympy.Expr]) -> int | None:
    """When the entries of `before` are read in the shape `after`.

    The smallest group of neighbouring axes before that holds the features and fills a group of axes after: joined to one it is
    that one, split into several the rule of a new array chooses among them. None: there are no axes before, or none after.
    """
    if features is None:
        return None
    left, right = ([sympy.S.One, *accumulate(shape, mul)] for shape in (before, after))
    cuts = [(i, j) for i, a in enumerate(left) for j, b in enumerate(right) if a == b]
    groups = [(i, j, k, m) for i, j in cuts if i <= features for k, m in cuts if features < k and j < m]
    if not groups:
        return None
    _, begin, _, end = max(groups, key=lambda group: (group[0], -group[2], group[1], -group[3]))
    return begin + (of_new(end - begin) or 0)
