"""A product with a learned matrix, and a learned array that is added to it: a dense layer with a bias, as exporters write it apart."""

from __future__ import annotations

from dataclasses import replace

from boundcalc.importers.graph import Argument, Graph, Node, Ref
from boundcalc.importers.patterns.nodes import View, rewritten


def biases(graph: Graph) -> Graph:
    """With `addmm` in place of `add` and `matmul`."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _dense(view, node)
        if match is not None:
            found[node.name] = match
    return rewritten(graph, found)


def _dense(view: View, node: Node) -> Node | None:
    if node.operator != "add" or node.arguments.get("alpha", 1) != 1:
        return None
    parts = view.either(node, lambda value: view.made(value, "matmul", "mm") is not None)
    product = None if parts is None else view.made(parts[0], "matmul", "mm")
    if parts is None or product is None or view.uses(product) != 1 or product.shape != node.shape:
        return None
    weight = view.plain(product.arguments.get("other", product.arguments.get("mat2")))
    bias = view.plain(parts[1])
    if _shape(view.graph, weight, 2) is None or _shape(view.graph, bias, 1) != node.shape[-1:]:
        return None
    given: dict[str, Argument] = {"self": bias, "mat1": product.arguments.get("self"), "mat2": weight}
    return replace(node, operator="addmm", arguments=given, origin=product.origin, called=product.called)


def _shape(graph: Graph, value: Argument, rank: int) -> tuple[int, ...] | None:
    """Of a learned array with so many axes, as it is stored."""
    shape = graph.learned.get(value.name) if isinstance(value, Ref) else None
    return shape if shape is not None and len(shape) == rank else None
