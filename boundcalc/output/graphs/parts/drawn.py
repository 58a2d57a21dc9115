"""The layer graph as it is drawn: boxes, arrows, and the repeats around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boundcalc.exact.printing import thousands, to_str
from boundcalc.graph.counting import learned
from boundcalc.graph.layer_graph import Carried, Enter, FixedPoint, Input, Layer, LayerGraph, Loop, Node
from boundcalc.graph.shape import show_shape


@dataclass(frozen=True, slots=True)
class Box:
    """`identifier`: of the box in this drawing. `kind`: empty for what constructs keep beside the layers. `groups`: the symbolic
    repeats around it, outermost first."""

    identifier: str
    title: str
    kind: str
    shape: str
    parameters: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """`back`: what the next pass of a repeat, or the fixed point, goes on from."""

    tail: str
    head: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """`titles`: of the repeats, by path."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    titles: dict[str, str]


def drawn(graph: LayerGraph) -> Drawn:
    """Boxes in the order in which they can be computed."""
    nodes = [node for node in graph if not isinstance(node, Enter)]
    identifiers = {node.path: f"n{i}" for i, node in enumerate(nodes)}
    arrows = [
        Arrow(identifiers[tail], identifiers[node.path])
        for node in nodes
        for tail in node.inputs
        if tail in identifiers
    ]
    for loop in graph.loops.values():
        arrows += _of_loop(graph, loop, identifiers)
    for fixed in graph.fixed_points.values():
        arrows += _of_fixed_point(fixed, identifiers)
    return Drawn(
        boxes=tuple(_box(graph, node, identifiers[node.path]) for node in nodes),
        arrows=tuple(dict.fromkeys(arrows)),
        titles={path: f"{path}: {to_str(loop.times)} times" for path, loop in graph.loops.items()},
    )


def _box(graph: LayerGraph, node: Node, identifier: str) -> Box:
    count = thousands(learned(graph, node)) if isinstance(node, Layer) else "0"
    kind = node.label if isinstance(node, Layer | Input) else ""
    return Box(identifier, node.title, kind, show_shape(node.shape), "" if count == "0" else count, node.loops)


def _of_loop(graph: LayerGraph, loop: Loop, identifiers: dict[str, str]) -> Iterator[Arrow]:
    """A state comes from its start, and in the next pass from its result."""
    carried = {node.state: node for node in graph if isinstance(node, Carried) and node.loop == loop.path}
    for state in loop.states:
        if (node := carried.get(state.name)) is None:
            continue
        if state.start is not None:
            yield Arrow(identifiers[state.start], identifiers[node.path])
        yield Arrow(identifiers[state.result], identifiers[node.path], back=True)


def _of_fixed_point(fixed: FixedPoint, identifiers: dict[str, str]) -> Iterator[Arrow]:
    yield Arrow(identifiers[fixed.result], identifiers[fixed.state], back=True)
