"""The language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.output.graphs.parts.drawn import Box, Drawn, drawn
from boundcalc.output.graphs.parts.nested import Group, nested


def graph_to_dot(graph: LayerGraph) -> str:
    found = drawn(graph)
    arrows = (f"  {a.tail} -> {a.head}{' [style=dashed, constraint=false]' if a.back else ''};" for a in found.arrows)
    head = (f"digraph {_quoted(graph.name)} {{", '  node [shape=box, style=rounded, fontname="sans-serif"];')
    return "\n".join((*head, *_lines(nested(found), found, "  "), *arrows, "}"))


def _lines(group: Group, found: Drawn, margin: str) -> Iterator[str]:
    for part in group.parts:
        if isinstance(part, Box):
            yield f"{margin}{part.identifier} [label={_quoted(_label(part))}];"
        else:
            yield f"{margin}subgraph cluster_{part.identifier} {{"
            yield f"{margin}  label={_quoted(found.titles[part.path])};"
            yield from _lines(part, found, f"{margin}  ")
            yield f"{margin}}}"


def _label(box: Box) -> str:
    lines = [box.title, " ".join(part for part in (box.kind, box.shape) if part)]
    return "\n".join([*lines, *([f"{box.parameters} parameters"] if box.parameters else [])])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
