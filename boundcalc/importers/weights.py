"""Norms of given arrays, certified from above: Euclidean norms, and operator norms of the linear maps that weights stand for.

Each takes an array of 16, 32 or 64 bit floating-point numbers and gives an exact number that is at least the norm (docs/weights.md has
the proofs); a sample of vectors, as power iteration takes it, would be below. Raises TypeError for other types, ValueError for entries that
are not finite.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from boundcalc.graph.sliding import Sliding
from boundcalc.importers.gram import TOLERANCE, largest_norm
from boundcalc.importers.torus import torus_norm
from boundcalc.importers.upward import root_of_squares, scaled, up


def euclidean_norm(array: Any) -> Fraction:
    """Of all entries together: the Frobenius norm of a matrix."""
    found = scaled(array)
    return found.above(float(root_of_squares(found.values.reshape(1, -1))[0]))


def largest_row(array: Any) -> Fraction:
    """The largest Euclidean norm of a slice along the first axis: of a table, what it gives one token; of a vector, its largest entry."""
    found = scaled(array)
    rows = found.values.reshape(found.values.shape[0], -1) if found.values.size else np.zeros((1, 1))
    return found.above(float(root_of_squares(rows).max()))


def largest_entry(array: Any) -> Fraction:
    """The largest absolute value, exactly: the operator norm of the product with a gain, entry by entry."""
    found = scaled(array)
    return found.above(float(np.abs(found.values).max(initial=0.0)))


def operator_norm(matrix: Any, tolerance: float = TOLERANCE) -> Fraction:
    """Of a matrix, or the largest of a stack of them [..., m, n]: at most 1 + tolerance times the norm."""
    found = scaled(matrix)
    return found.above(largest_norm(found.values, tolerance))


def convolution_norm(kernel: Any, sliding: Sliding, *, torus: bool = False, tolerance: float = TOLERANCE) -> Fraction:
    """Of the convolution of a kernel [out, in of a group, *axes], with any zero padding, or of the transposed convolution whose adjoint
    it is (the same norm): sqrt(touches) times the norm of the kernel as a matrix; with `torus` the norm on a torus on which
    nothing wraps, where that is smaller: often by much, for much more work."""
    found = scaled(kernel)
    out, *rest = found.values.shape
    matrices = found.values.reshape(sliding.groups, out // sliding.groups, prod(rest))
    most = float(up(up(np.sqrt(float(prod(sliding.touches)))) * largest_norm(matrices, tolerance)))
    if torus:
        most = min(most, torus_norm(found.values, sliding.groups, sliding.lengths, sliding.dilation))
    return found.above(most)
