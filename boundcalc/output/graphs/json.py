"""The layer graph for programs."""

from __future__ import annotations

from boundcalc.bounds.options import SCHEMA, Json
from boundcalc.exact.printing import to_str
from boundcalc.graph.counting import learned, parameters_of
from boundcalc.graph.layer_graph import Layer, LayerGraph, Node, Written
from boundcalc.output.json import to_json


def graph_to_json(graph: LayerGraph) -> str:
    return to_json(
        {
            "schema": SCHEMA,
            "name": graph.name,
            "batch": to_str(graph.batch),
            "parameters": to_str(parameters_of(graph)),
            "outputs": [graph.node(path).title for path in graph.outputs],
            "loss": None if graph.loss is None else graph.layer(graph.loss).label,
            "repeats": {path: to_str(loop.times) for path, loop in graph.loops.items()},
            "layers": [_node(graph, node) for node in graph if isinstance(node, Written)],
        }
    )


def _node(graph: LayerGraph, node: Node) -> dict[str, Json]:
    layer = node if isinstance(node, Layer) else None
    return {
        "path": node.path,
        "kind": "input" if layer is None else layer.label,
        "reads": [graph.node(path).title for path in node.inputs],
        "shape": [to_str(axis) for axis in node.shape],
        "parameters": "0" if layer is None else to_str(learned(graph, layer)),
        "arrays": {} if layer is None else {a.name: [to_str(axis) for axis in a.shape] for a in layer.arrays},
        "inside": list(node.loops),
    }
