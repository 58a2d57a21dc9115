"""||z||_S of what a row computes: the Euclidean norm of its largest slice.

The slice is cut out by the values at one place, so that everything else (lengths, gradients, many digits) stays Euclidean: its
length is ||z||_S, its gradient one of ||.||_S where several slices are largest, and it is attained, whatever the rounding of the
comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundcalc.falsification.namespaces import Base
from boundcalc.graph.layer_graph import Node
from boundcalc.graph.measure import SAMPLE, Axes, Measure, axes_of


@dataclass(frozen=True, slots=True)
class Norm:
    """The axes S of each output of a row; of none, it is the Euclidean norm. Raises ValueError where the sample is in some S only.

    Several outputs have no axis in common but the sample. It is one index for all of them, and a slice is one of each output, side
    by side: the largest over samples of the root of the sum of squares of their largest slices, which is at most that of
    their norms, and the Euclidean norm where S is empty. `apart`: a slice is one of a single output, and the norm the largest of theirs.
    """

    axes: tuple[Axes, ...] = ()
    apart: bool = False

    def __post_init__(self) -> None:
        if len({SAMPLE in axes for axes in self.axes}) > 1:
            raise ValueError("outputs are measured sample by sample all of them or none")

    def slices(self, parts: Sequence[Any], base: Base) -> list[Any]:
        """What is left of each output; those that are zero (None) are left out."""
        given = [i for i, part in enumerate(parts) if part is not None]
        if not given or not any(self.axes):
            return [parts[i] for i in given]
        found = _squares([base.raw(parts[i]) for i in given], [self.axes[i] for i in given])
        largest = [np.max(np.reshape(square, (len(square), -1)), axis=1) for square in found]  # of each sample
        if self.apart:
            alone = int(np.argmax([np.max(of_samples) for of_samples in largest]))
            given, found, largest = [given[alone]], [found[alone]], [largest[alone]]
        sample = int(np.argmax(np.sum(largest, axis=0)))
        return [parts[i][_index(square, sample, self.axes[i])] for i, square in zip(given, found, strict=True)]


EUCLIDEAN = Norm()


def norm_of(measure: Measure, nodes: Sequence[Node]) -> Norm:
    """Of outputs that are measured alike. An entry is one of all outputs; samples and positions hold all outputs of a sample."""
    return Norm(tuple(axes_of(measure, node) for node in nodes), apart=measure == "entry")


def _squares(parts: Sequence[Any], axes: Sequence[Axes]) -> list[NDArray[np.float64]]:
    """The squared norm of every slice, as doubles, up to one factor; axes that are summed have length 1."""
    scale = max(np.max(np.abs(part)) for part in parts)
    scaled = (np.asarray(part / scale if scale > 0 else part, dtype=float) for part in parts)
    return [
        np.sum(part**2, axis=tuple(axis for axis in range(part.ndim) if axis not in own), keepdims=True)
        for part, own in zip(scaled, axes, strict=True)
    ]


def _index(squares: NDArray[np.float64], sample: int, axes: Axes) -> tuple[int | slice, ...]:
    """Where the largest slice of a sample is."""
    own = np.unravel_index(int(np.argmax(squares[sample])), squares.shape[1:])
    place = [sample, *(int(i) for i in own)]
    return tuple(place[axis] if axis in axes else slice(None) for axis in range(squares.ndim))
