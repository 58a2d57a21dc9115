"""The groupings of the parameters: the figures of a network under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from boundcalc.blocks.asked import Asked, along, asked
from boundcalc.blocks.figures import Grouped, Values
from boundcalc.blocks.layer import by_layer
from boundcalc.blocks.loops import by_loops
from boundcalc.blocks.total import by_total
from boundcalc.blocks.trail import Trail
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.protocol import Calculus, J
from boundcalc.calculus.quantities import Figures
from boundcalc.calculus.trace import trace
from boundcalc.graph.grouping import TOTAL, Blocks
from boundcalc.graph.layer_graph import LayerGraph


def grouped(
    graph: LayerGraph,
    primitives: PrimitiveGraph,
    calculus: Calculus[J],
    blocks: Blocks,
    at: Values | None = None,
    further: Mapping[int, Figures] | None = None,
) -> Grouped:
    """The figures of the network and of all its layers, with one block for all parameters, or the blocks of `primitives`.

    at: of a calculus that knows several ways, the values at which the way is chosen that closed forms and entries keep. A
    whole form is chosen for every node, norm and component: the smallest one of several forms, entry by entry, is no bound.
    further: figures of the nodes beyond those of the calculus, in its arena, which the total recursion bounds.
    """
    traced = trace(primitives, calculus)
    if further is not None:
        figures = {node: {**known, **further[node]} for node, known in traced.figures.items()}
        traced = replace(traced, figures=figures)
    programs: Sequence[Asked] = [asked(graph, primitives, traced)]
    if blocks != TOTAL:
        programs = [*programs, asked(graph, primitives, trace(primitives, calculus, seeded=True))]
    trail = None
    if at is not None:
        programs, ways = along(programs, at)
        trail = None if ways is None else Trail(ways, calculus.labels, primitives.owners, at)
    by_blocks = by_loops if graph.has_loops else by_layer
    found = by_total(*programs) if blocks == TOTAL else by_blocks(*programs)
    return replace(found, trail=trail)
