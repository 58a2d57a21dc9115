"""Convolutions from above, on a torus so large that nothing wraps: there the map is a matrix for each frequency.

Large images have many frequencies. There the largest of a sample of all tori bounds the others, since the matrices are trigonometric
polynomials in the frequency (docs/weights.md has the proofs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import ceil, prod

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from boundcalc.exact.decimals import float_upper
from boundcalc.importers.gram import largest_norm
from boundcalc.importers.upward import LOST, UNIT, Values, gamma, root_of_squares, up

AT_ONCE = 2**22  # entries of the matrices that are in memory together
TOLERANCE = 2.0**-7  # there are many matrices
SAMPLES = 20  # frequencies along an axis for each degree: the others are at most 1/cos(pi/20) = 1.0125 times as large


@dataclass(frozen=True, slots=True)
class _Grid:
    """`side` frequencies along each axis, of taps that are `apart`; the norm at any frequency that counts is at most `factor` times the
    largest of them."""

    side: int
    apart: Sequence[int]
    factor: float


def _grid(taps: Sequence[int], lengths: Sequence[int], dilation: Sequence[int]) -> _Grid:
    whole = max(n + d * (k - 1) for n, k, d in zip(lengths, taps, dilation, strict=True))
    degrees = [ceil((k - 1) / 2) for k in taps]
    sampled = max(1, SAMPLES * max(degrees))
    if whole <= sampled:
        return _Grid(whole, dilation, 1.0)
    with ctx.workprec(100):
        factor = arb(1)
        for degree in degrees:
            factor /= arb(fmpq(degree, sampled)).cos_pi()
        return _Grid(sampled, [1] * len(taps), float_upper(factor))


def torus_norm(
    kernel: Values, groups: int, lengths: Sequence[int], dilation: Sequence[int], tolerance: float = TOLERANCE
) -> float:
    """Above the operator norm of the convolution of images of those `lengths`, whatever its stride and padding.

    kernel: [out, in of a group, *kernel], entries up to 1 in absolute value.
    """
    out, read, *taps = kernel.shape
    count = prod(taps)
    grid = _grid(taps, lengths, dilation)
    offsets = np.array(list(np.ndindex(*taps)), dtype=np.int64) * np.array(grid.apart, dtype=np.int64)
    rows = kernel.reshape(out * read, count)
    # A part of an entry is a sum of `count` products with a table whose entries are off by UNIT at most.
    sums = up(up(np.abs(rows).sum(axis=1) * (1 + 2 * gamma(count))) + LOST)
    error = float(up(1.5 * (gamma(count) + UNIT) * root_of_squares(sums[None])[0]))  # 1.5 > sqrt(2) (1 + UNIT)
    cosines, sines = _circle(grid.side)
    found = 0.0
    for frequencies in _half(grid.side, len(taps), max(1, AT_ONCE // (out * read))):
        turns = (frequencies @ offsets.T) % grid.side
        matrices: NDArray[np.complex128] = cosines[turns] @ rows.T + 1j * (sines[turns] @ rows.T)
        found = largest_norm(matrices.reshape(len(turns), groups, out // groups, read), tolerance, found)
    return float(up(grid.factor * up(found + error)))


def _circle(side: int) -> tuple[Values, Values]:
    """cos and sin of 2 pi j/side, each off by less than UNIT."""
    with ctx.workprec(100):
        turns = [arb(fmpq(2 * j, side)) for j in range(side)]
        return np.array([float(t.cos_pi()) for t in turns]), np.array([float(t.sin_pi()) for t in turns])


def _half(side: int, axes: int, at_once: int) -> Iterator[NDArray[np.int64]]:
    """The frequencies, but for those whose matrices are the conjugates of others; the lowest, which most often are the largest, first."""
    parts = [sorted(range(side), key=lambda j: min(j, side - j))] * (axes - 1)
    chosen = product(range(side // 2 + 1), *parts)
    while batch := list(islice(chosen, at_once)):
        yield np.array(batch, dtype=np.int64)
