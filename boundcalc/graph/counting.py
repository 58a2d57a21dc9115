"""How many numbers a network learns."""

from __future__ import annotations

import sympy

from boundcalc.graph.layer_graph import Layer, LayerGraph


def learned(graph: LayerGraph, layer: Layer) -> sympy.Expr:
    """Of one layer in all its copies."""
    return graph.conditions.exact(layer.parameters * graph.copies(layer.loops), layer.place)


def parameters_of(graph: LayerGraph) -> sympy.Expr:
    return sympy.Add(*(learned(graph, node) for node in graph if isinstance(node, Layer)))
