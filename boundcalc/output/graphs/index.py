"""The formats of the layer graph: one row for each file of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import LayerGraph


def _text(graph: LayerGraph) -> str:
    from boundcalc.output.graphs.text import graph_to_text

    return graph_to_text(graph)


def _json(graph: LayerGraph) -> str:
    from boundcalc.output.graphs.json import graph_to_json

    return graph_to_json(graph)


def _mermaid(graph: LayerGraph) -> str:
    from boundcalc.output.graphs.mermaid import graph_to_mermaid

    return graph_to_mermaid(graph)


def _dot(graph: LayerGraph) -> str:
    from boundcalc.output.graphs.dot import graph_to_dot

    return graph_to_dot(graph)


def _svg(graph: LayerGraph) -> str:
    from boundcalc.output.graphs.svg import graph_to_svg

    return graph_to_svg(graph)


GRAPHS: Mapping[str, Callable[[LayerGraph], str]] = MappingProxyType(
    {"text": _text, "json": _json, "mermaid": _mermaid, "dot": _dot, "svg": _svg}
)
