"""What the size of a node is: the largest, over the indices of some axes, of the Euclidean norm of the slice that is left."""

from __future__ import annotations

from collections.abc import Mapping

from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.graph.layer_graph import Layer, LayerGraph, Node
from boundcalc.graph.measures import MEASURES, Measure

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


def measured(graph: LayerGraph, primitives: PrimitiveGraph, measure: Measure) -> Mapping[int, Norm]:
    """The norm of every layer and output, by primitive. Several outputs have no axis but the samples in common: a finer norm of
    theirs is at most the root of the sum of squares of the largest samples."""
    read = [*graph.outputs, *(layer.path for layer in graph.layers)]
    found = {primitives.outputs[path]: Norm(axes_of(measure, graph.node(path))) for path in read}
    if primitives.above is not None:
        found[primitives.above] = WHOLE
    if len(graph.outputs) > 1:
        found[primitives.output] = WHOLE if measure == "batch" else Norm(frozenset({SAMPLE}))
    return found


def coarser(graph: LayerGraph, primitives: PrimitiveGraph, measure: Measure) -> list[tuple[int, Norm]]:
    """What is read of outputs in the measures that are no smaller: with it, a finer measure is never larger."""
    measures = MEASURES[: MEASURES.index(measure)]
    return [norm for each in measures for norm in measured(graph, primitives, each).items()]
