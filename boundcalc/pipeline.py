"""The pipeline: text -> architecture -> layer graph -> primitives -> program -> bounds. The one place where the vocabulary
meets the engines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from boundcalc.arguments import Named, expect, one_of
from boundcalc.blocks.index import Blocks, grouped
from boundcalc.bounds.assemble import assemble
from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.graph.expand import expand
from boundcalc.graph.kind import Kind, Vocabulary
from boundcalc.graph.layer_graph import LAYER_LIMIT, LayerGraph
from boundcalc.graph.lower import lower
from boundcalc.graph.repeat import blocks_of_copies
from boundcalc.graph.selection import select
from boundcalc.language import load as language
from boundcalc.language.architecture import Architecture
from boundcalc.layers.index import VOCABULARY
from boundcalc.mistakes import SpecError
from boundcalc.program.ir import Arena

MOST_BLOCKS = 512  # of copies of repeats: every one costs milliseconds under `blocks: layer`
Constants = Literal["sharp", "published"]
Spec = Architecture[Kind[Any, Any]]


def load(source: str | os.PathLike[str] | Mapping[str, object], vocabulary: Vocabulary = VOCABULARY) -> Spec:
    """Read an architecture from a file, an open text file, or a mapping shaped like the YAML.

    Raises SpecError with every mistake of the file and of the files it includes.
    """
    return language.load(source, vocabulary)


def loads(text: str | bytes, source: str = "<text>", vocabulary: Vocabulary = VOCABULARY) -> Spec:
    """Read an architecture from YAML text; `source` names it in messages. A text has no folder to include from."""
    return language.loads(text, source, vocabulary)


def compile(
    architecture: Spec,
    *,
    blocks: Blocks = "total",
    wrt: str | Sequence[str] = "parameters",
    constants: Constants = "sharp",
    refine: bool = False,
    max_layers: int = LAYER_LIMIT,
) -> Bounds:
    """Bounds of the network output on the product of balls: its norm, Lipschitz constant and smoothness constant.

    blocks: "total" is the recursion of the talk; "layer" keeps an entry for each parameter block, never larger.
    wrt: "parameters", names of inputs, or paths of layers with wildcards. constants: "sharp", or those "published" with
    the paper, some of which are no upper bounds. refine: also use |a'(0)| + L m as a bound of a map's slope.
    max_layers: a network that expands to more layers is refused.

    Raises SpecError for mistakes that show when the graph is built, TypeError and ValueError for arguments that are none.
    """
    expect(architecture, Architecture, "the architecture", "make one with bc.load(path) or bc.loads(text)")
    one_of(blocks, get_args(Blocks), "blocks")
    one_of(constants, get_args(Constants), "constants")
    expect(refine, bool, "refine", "write True or False")
    if expect(max_layers, int, "max_layers", "write a whole number") < 1:
        raise ValueError(f"max_layers is at least 1, not {max_layers!r}")
    words = _words(wrt)
    graph = _unrolled(architecture, max_layers) if blocks == "layer" else expand(architecture, max_layers=max_layers)
    primitives = lower(graph, select(graph, words), use_published=constants == "published")
    return _traced(graph, primitives, blocks, words, constants, refine)


def regrouped(bounds: Bounds, architecture: Spec, *, max_layers: int = LAYER_LIMIT) -> Bounds:
    """The same bounds under the other grouping of the parameters. `architecture` is what they were compiled from."""
    blocks: Blocks = "total" if bounds.blocks == "layer" else "layer"
    constants: Constants = "sharp" if bounds.certified else "published"
    if bounds.graph.loops or bounds.graph.conditions.unrolled:  # these are copies under one grouping only
        return compile(
            architecture,
            blocks=blocks,
            wrt=bounds.wrt,
            constants=constants,
            refine=bounds.refine,
            max_layers=max_layers,
        )
    return _traced(bounds.graph, bounds.primitives, blocks, bounds.wrt, constants, bounds.refine)


def _traced(
    graph: LayerGraph,
    primitives: PrimitiveGraph,
    blocks: Blocks,
    words: tuple[str, ...],
    constants: Constants,
    refine: bool,
) -> Bounds:
    found = grouped(graph, primitives, Euclidean(Arena(), refine), blocks)
    assembled = assemble(graph, primitives, found)
    published = () if constants == "sharp" else ("published constants are not upper bounds in general",)
    return Bounds(
        graph=graph,
        primitives=primitives,
        blocks=blocks,
        wrt=words,
        constants=constants,
        refine=refine,
        figures=assembled.network,
        objective=assembled.objective,
        layers=Named("layer", assembled.rows, _last_layers(graph)),
        warnings=(*graph.warnings, *published, *primitives.warnings, *found.warnings),
    )


def _words(wrt: str | Sequence[str]) -> tuple[str, ...]:
    remedy = "write 'parameters', the name of an input or a path such as 'stage4.**', or a list of them"
    words = wrt.split(",") if isinstance(wrt, str) else expect(wrt, (list, tuple), "wrt", remedy)
    return tuple(expect(word, str, "an entry of wrt", remedy).strip() for word in words)


def _last_layers(graph: LayerGraph) -> dict[str, str]:
    """Every path a person can use, to the layer it means: a repeat means the last layer of its last copy."""
    results = {state.after: state.result for loop in graph.loops.values() for state in loop.states}
    found: dict[str, str] = {}
    for path, node in graph.paths.items():
        while node in results:
            node = results[node]
        found[path] = node
    return found


def _unrolled(architecture: Spec, max_layers: int) -> LayerGraph:
    """Copies have entries of their own only where they are copies; a network too deep for that keeps its loops.

    What the loops need (the body keeps the shape, there is a pass) holds for the copies of a value as well."""
    graph = expand(architecture, max_layers=max_layers)
    if not graph.loops or blocks_of_copies(graph) > MOST_BLOCKS:
        return graph
    try:
        return expand(architecture, unroll=True, max_layers=max_layers)
    except SpecError:
        return graph
