"""Functions that a model has of its own: put in where they are called, if that ends and stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import onnx.inliner
from onnx import ModelProto, NodeProto

from boundcalc.importers.onnx.reading import mistake

MOST_NODES = 500_000
Key = tuple[str, str, str]


def inlined(model: ModelProto, source: str) -> ModelProto:
    """Raises SpecError where functions call each other in a circle, or become too many operators."""
    if not model.functions:
        return model
    bodies = {(f.domain, f.name, f.overload): list(f.node) for f in model.functions}
    sizes: dict[Key, int] = {}
    if _size(model.graph.node, bodies, sizes, (), source) > MOST_NODES:
        raise mistake(source, f"its functions become more than {MOST_NODES:,} operators")
    try:
        return onnx.inliner.inline_local_functions(model)
    except Exception as error:  # whatever the library finds wrong with them
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise mistake(source, f"its functions cannot be put in: {lines[0]}") from None


def _size(
    nodes: Iterable[NodeProto], bodies: dict[Key, list[NodeProto]], sizes: dict[Key, int], above: tuple[Key, ...], source: str
) -> int:  # fmt: skip
    found = 0
    for node in every_node(nodes):
        key = (node.domain, node.op_type, node.overload)
        if key not in bodies:
            found += 1
            continue
        if key in above or len(above) > 100:
            raise mistake(source, f"its function '{node.op_type}' calls itself")
        if key not in sizes:
            sizes[key] = _size(bodies[key], bodies, sizes, (*above, key), source)
        found += sizes[key]
    return found


def every_node(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """Those of graphs inside of them too."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                yield from every_node(graph.node)
