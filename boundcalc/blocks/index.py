"""The groupings of the parameters: the figures of a network under each."""

from __future__ import annotations

from boundcalc.blocks.asked import asked
from boundcalc.blocks.figures import Grouped
from boundcalc.blocks.grouping import Blocks
from boundcalc.blocks.layer import by_layer
from boundcalc.blocks.loops import by_loops
from boundcalc.blocks.total import by_total
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.protocol import Calculus, J
from boundcalc.calculus.trace import trace
from boundcalc.graph.layer_graph import LayerGraph


def grouped(graph: LayerGraph, primitives: PrimitiveGraph, calculus: Calculus[J], blocks: Blocks) -> Grouped:
    """The figures of the network and of all its layers, with one block for all parameters, or one for each ball."""
    traced = trace(primitives, calculus)
    seeded = trace(primitives, calculus, seeded=True) if blocks == "layer" else None
    total = asked(graph, primitives, traced)
    if seeded is None:
        return by_total(total)
    by_blocks = by_loops if graph.loops else by_layer
    return by_blocks(total, asked(graph, primitives, seeded))
