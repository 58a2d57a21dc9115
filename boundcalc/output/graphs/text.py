"""The layer graph as text: what reads what, shapes, learned numbers."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from boundcalc.display.page import Table
from boundcalc.display.text import table_to_text
from boundcalc.exact.printing import thousands
from boundcalc.graph.counting import learned, parameters_of
from boundcalc.graph.layer_graph import Layer, LayerGraph, Written
from boundcalc.graph.shape import show_shape
from boundcalc.mistakes import escaped


def graph_to_text(graph: LayerGraph) -> str:
    """The layer graph: what reads what, shapes, learned numbers."""
    rows: list[Sequence[str]] = []
    for node in graph:
        if not isinstance(node, Written):
            continue
        count = learned(graph, node) if isinstance(node, Layer) else sympy.S.Zero
        reads = ", ".join(graph.node(path).title for path in node.inputs)
        rows.append((node.path, node.label, reads, show_shape(node.shape), "" if count == 0 else thousands(count)))
    drawn = table_to_text(Table(("layer", "kind", "reads", "shape", "parameters"), rows, right=("parameters",)))
    loss = "" if graph.loss is None else f"loss: {graph.layer(graph.loss).label}\n"
    outputs = ", ".join(graph.node(path).title for path in graph.outputs)
    return f"{escaped(graph.name)}: batch {graph.batch}, output {outputs}\n{loss}{drawn}\n{thousands(parameters_of(graph))} parameters"
