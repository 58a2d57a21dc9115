"""The passes, in order."""

from __future__ import annotations

from boundcalc.importers.graph import Graph
from boundcalc.importers.patterns.entrywise import activations
from boundcalc.importers.patterns.normalisations import normalisations
from boundcalc.importers.patterns.rotations import rotations
from boundcalc.importers.patterns.writes import writes

PASSES = (writes, rotations, normalisations, activations)


def recognised(graph: Graph) -> Graph:
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph
