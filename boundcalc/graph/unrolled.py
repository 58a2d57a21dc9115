"""Copies in place of symbolic repeats, where blocks of parameters need to be kept apart."""

from __future__ import annotations

from typing import Any

from boundcalc.graph.copies import blocks_of_copies
from boundcalc.graph.expand import expand
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import LAYER_LIMIT, LayerGraph
from boundcalc.language.architecture import Architecture
from boundcalc.mistakes import SpecError

MOST_BLOCKS = 512  # of copies of repeats: every one costs milliseconds under `blocks: layer`


def unrolled_if_few(architecture: Architecture[Kind[Any, Any]], max_layers: int = LAYER_LIMIT) -> LayerGraph:
    """Copies have entries of their own only where they are copies; a network too deep for that keeps its loops.

    What the loops need (the body keeps the shape, there is a pass) holds for the copies of a value as well."""
    graph = expand(architecture, max_layers=max_layers)
    if not graph.has_loops or blocks_of_copies(graph) > MOST_BLOCKS:
        return graph
    try:
        return expand(architecture, unroll=True, max_layers=max_layers)
    except SpecError:
        return graph
