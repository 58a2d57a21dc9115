"""The passes, in order."""

from __future__ import annotations

from boundcalc.importers.graph import Graph
from boundcalc.importers.patterns.biases import biases
from boundcalc.importers.patterns.entrywise import activations
from boundcalc.importers.patterns.normalisations import normalisations
from boundcalc.importers.patterns.rotations import rotations
from boundcalc.importers.patterns.softmaxes import softmaxes
from boundcalc.importers.patterns.writes import writes
from boundcalc.importers.patterns.written import group_norms, softplus

PASSES = (writes, rotations, softmaxes, softplus, group_norms, normalisations, activations, biases)


def recognised(graph: Graph) -> Graph:
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph
