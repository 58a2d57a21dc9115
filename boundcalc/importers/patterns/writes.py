"""Arrays that are made empty and written part by part: the parts, joined."""

from __future__ import annotations

from dataclasses import replace

from boundcalc.importers.graph import Argument, Graph, Node, Ref
from boundcalc.importers.patterns.nodes import View, rewritten


def writes(graph: Graph) -> Graph:
    """With `expand` in place of copies, whose old entries nobody reads, and `cat` of what covers a whole axis."""
    copies = {node.name: _copied(node) for node in graph.nodes if node.operator == "copy"}
    graph = rewritten(graph, copies)
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _joined(view, node) if node.operator == "slice_scatter" else None
        if match is not None:
            found[node.name] = match
    return rewritten(graph, found)


def _copied(node: Node) -> Node:
    return replace(node, operator="expand", arguments={"self": node.arguments.get("src"), "size": node.shape})


def _joined(view: View, node: Node) -> Node | None:
    """A chain of writes along one axis, whose last ones cover it."""
    axis, count = _axis(node), node.shape[_axis(node)]
    owners: list[tuple[Argument, int] | None] = [None] * count
    step: Node | None = node
    while step is not None and step.operator == "slice_scatter" and _axis(step) == axis:
        start, stop, by = (step.arguments.get(name) for name in ("start", "end", "step"))
        if (
            not (start is None or isinstance(start, int))
            or not (stop is None or isinstance(stop, int))
            or by not in (None, 1)
        ):
            return None
        source = step.arguments.get("src")
        for offset, place in enumerate(range(*slice(start, stop).indices(count))):
            owners[place] = owners[place] or (source, offset)
        step = view.made(step.arguments.get("self"))
    parts: list[Argument] = []
    place = 0
    while place < count:
        owner = owners[place]
        if owner is None or owner[1] != 0 or not isinstance(owner[0], Ref):
            return None
        length = view.size(owner[0], axis)
        if length is None or owners[place : place + length] != [(owner[0], i) for i in range(length)]:
            return None
        parts.append(owner[0])
        place += length
    if len(parts) < 2:
        return None
    return replace(node, operator="cat", arguments={"tensors": tuple(parts), "dim": axis})


def _axis(node: Node) -> int:
    axis = node.arguments.get("dim")
    return (axis if isinstance(axis, int) else 0) % len(node.shape)
