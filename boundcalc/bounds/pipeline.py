"""The pipeline, in one function: architecture -> layer graph -> primitives -> program -> bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from boundcalc.bounds.assemble import TotalMaker, by_layer
from boundcalc.bounds.compiled import Bounds, Layers
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.lower import lower
from boundcalc.graph.repeat import blocks_of_copies
from boundcalc.graph.selection import select
from boundcalc.program.trace import trace
from boundcalc.spec.architecture import Architecture
from boundcalc.spec.mistakes import SpecError

MOST_BLOCKS = 512  # of copies of repeats: every one costs milliseconds under `blocks: layer`
Blocks = Literal["total", "layer"]
Constants = Literal["sharp", "published"]


def compile(
    architecture: Architecture,
    *,
    blocks: Blocks = "total",
    wrt: str | Sequence[str] = "parameters",
    constants: Constants = "sharp",
    refine: bool = False,
) -> Bounds:
    """Bounds of the network output on the product of balls: its norm, Lipschitz constant and smoothness constant.

    blocks: "total" is the recursion of the talk; "layer" keeps an entry for each parameter block, never larger.
    wrt: "parameters", names of inputs, or paths of layers with wildcards. constants: "sharp", or those "published" with
    the paper, some of which are no upper bounds. refine: also use |a'(0)| + L m as a bound of a map's slope.

    Raises SpecError for mistakes that show when the graph is built.
    """
    if blocks not in ("total", "layer"):
        raise ValueError(f"blocks is 'total' or 'layer', not {blocks!r}")
    if constants not in ("sharp", "published"):
        raise ValueError(f"constants is 'sharp' or 'published', not {constants!r}")
    words = tuple(word.strip() for word in wrt.split(",")) if isinstance(wrt, str) else tuple(wrt)
    graph = unrolled_if_few(architecture) if blocks == "layer" else expand(architecture)
    primitives = lower(graph, select(graph, words), use_published=constants == "published")
    total = trace(primitives, refine=refine)
    if blocks == "layer":
        maker = by_layer(graph, primitives, total, trace(primitives, seeded=True, refine=refine, arena=total.arena))
    else:
        maker = TotalMaker(graph, primitives, total)
    rows = {
        layer.path: maker.row(layer)
        for layer in graph
        if layer.visible and layer.kind != "input" and layer.path != graph.loss
    }
    norm, lipschitz, smoothness = maker.network()
    published = () if constants == "sharp" else ("published constants are not upper bounds in general",)
    return Bounds(
        graph=graph,
        primitives=primitives,
        blocks=blocks,
        wrt=words,
        constants=constants,
        refine=refine,
        norm=norm,
        lipschitz=lipschitz,
        smoothness=smoothness,
        objective=maker.objective(),
        layers=Layers(rows, _last_layers(graph)),
        warnings=(*graph.warnings, *published, *primitives.warnings, *maker.warnings),
    )


def _last_layers(graph: LayerGraph) -> dict[str, str]:
    """Every path a person can use, to the layer it means: a repeat means the last layer of its last copy."""
    results = {state.after: state.result for loop in graph.loops.values() for state in loop.states}
    found: dict[str, str] = {}
    for path, node in graph.paths.items():
        while node in results:
            node = results[node]
        found[path] = node
    return found


def unrolled_if_few(architecture: Architecture) -> LayerGraph:
    """Copies have entries of their own only where they are copies; a network too deep for that keeps its loops.

    What the loops need (the body keeps the shape, there is a pass) holds for the copies of a value as well."""
    graph = expand(architecture)
    if not graph.loops or blocks_of_copies(graph) > MOST_BLOCKS:
        return graph
    try:
        return expand(architecture, unroll=True)
    except SpecError:
        return graph
