"""Mermaid: what Markdown pages on code hosts and in notebooks draw."""

from __future__ import annotations

import html
from collections.abc import Iterator

from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.output.graphs.parts.drawn import Box, Drawn, drawn
from boundcalc.output.graphs.parts.nested import Group, nested


def graph_to_mermaid(graph: LayerGraph) -> str:
    found = drawn(graph)
    arrows = (f"  {a.tail} {'-.->' if a.back else '-->'} {a.head}" for a in found.arrows)
    return "\n".join(("flowchart TB", *_lines(nested(found), found, "  "), *arrows))


def _lines(group: Group, found: Drawn, margin: str) -> Iterator[str]:
    for part in group.parts:
        if isinstance(part, Box):
            yield f'{margin}{part.identifier}["{_label(part)}"]'
        else:
            yield f'{margin}subgraph {part.identifier}["{_escaped(found.titles[part.path])}"]'
            yield from _lines(part, found, f"{margin}  ")
            yield f"{margin}end"


def _label(box: Box) -> str:
    lines = [
        f"<b>{_escaped(box.title)}</b>",
        " ".join(part for part in (_escaped(box.kind), _escaped(box.shape)) if part),
    ]
    if box.parameters:
        lines.append(f"{_escaped(box.parameters)} parameters")
    return "<br/>".join(lines)


def _escaped(text: str) -> str:
    """Entities as Mermaid writes them."""
    return (
        html.escape(text)
        .replace("&", "#")
        .replace("[", "#91;")
        .replace("]", "#93;")
        .replace("*", "#42;")
        .replace("`", "#96;")
    )
