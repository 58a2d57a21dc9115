"""What the size of a node is: the largest, over the indices of some axes, of the Euclidean norm of the slice that is left."""

from __future__ import annotations

from typing import Literal

from boundcalc.graph.layer_graph import Layer, Node

Measure = Literal["batch", "sample", "position", "entry"]
MEASURES: tuple[Measure, ...] = ("batch", "sample", "position", "entry")
Axes = frozenset[int]  # 0 is the sample, i + 1 axis i of the shape
SAMPLE = 0


def axes_of(measure: Measure, node: Node) -> Axes:
    """The axes S of ||z||_S, over whose indices the largest slice is taken: the whole batch (no axis), the largest sample, the
    largest vector of features, the largest entry. A loss is one number for the whole batch, whatever the measure."""
    if isinstance(node, Layer) and node.kind.loss:
        return frozenset()
    every = range(len(node.shape) + 1)
    match measure:
        case "batch":
            return frozenset()
        case "sample":
            return frozenset({SAMPLE})
        case "position":
            return frozenset(axis for axis in every if node.features is None or axis != node.features + 1)
        case "entry":
            return frozenset(every)
