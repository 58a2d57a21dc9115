"""Given arrays as values of a spec: the graph that says their shapes, and where they are read from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from boundcalc.arguments import expect
from boundcalc.bounds.values import resolve, without_value
from boundcalc.graph.expand import expand
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import LAYER_LIMIT, LayerGraph
from boundcalc.importers.features import example_of, features
from boundcalc.importers.files import read_arrays
from boundcalc.importers.measure import Measured, Norms, copies_of, measured
from boundcalc.language.architecture import FEATURES, Architecture
from boundcalc.language.override import override
from boundcalc.mistakes import Mistake, Place, SpecError

Spec = Architecture[Kind[Any, Any]]


def measure(
    architecture: Spec,
    arrays: str | os.PathLike[str] | Mapping[str, Any],
    *,
    inputs: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    torus: bool = False,
    max_layers: int = LAYER_LIMIT,
) -> Measured:
    """What given arrays say of a spec: for `override`, or as a file of values, `PATH.center` with the norm of each learned array and
    the operator norm of the layer's map, each certified from above, and `slope` and `offset` of a `batchnorm` in `mode: eval`.

    arrays: by the paths of the spec (`head.weight`), or a file of them, .npz or .safetensors. torus: smaller norms of convolutions,
    for more work. Radii stay those of the spec: 0 means exactly these arrays.

    inputs: examples, [samples, *shape] by the names of inputs (`input` where there is one), or a file of them. Then `features` has
    norms of the outputs of layers at these arrays, for every batch of these samples, from one forward pass in double precision:
    bounds that use them hold for inputs whose features have at most these norms. Needs array-api-compat.

    Raises SpecError for mistakes of the spec, symbols without values, and every array that is missing, unknown, of another shape,
    or has entries that are not finite; ExtraMissingError where features need array-api-compat.
    """
    expect(architecture, Architecture, "the architecture", "make one with bc.load(path) or bc.loads(text)")
    given, source = _read(arrays, "<arrays>")
    kept = expand(architecture, max_layers=max_layers, measuring=True)
    graph = expand(architecture, unroll=True, max_layers=max_layers, measuring=True)
    values = numbers_of(architecture, graph, sizes_alone=True)
    copies = copies_of(kept, values) if kept.loops else {}
    found = measured(graph, values, given, copies, source, torus)
    return (
        found
        if inputs is None
        else {**found, FEATURES: _features(override(architecture, found), given, inputs, max_layers)}
    )


def _features(
    architecture: Spec, arrays: Mapping[str, Any], inputs: str | os.PathLike[str] | Mapping[str, Any], max_layers: int
) -> dict[str, str | Norms]:
    examples, source = _read(inputs, "<inputs>")
    batch = expand(architecture, unroll=True, max_layers=max_layers).batch
    count = max((len(array) for array in examples.values() if np.ndim(array)), default=1)
    graph = expand(override(architecture, {"batch": max(count, 1)}), unroll=True, max_layers=max_layers)
    values = numbers_of(architecture, graph, sizes_alone=True)
    example = example_of(graph, values, examples, Place(source))
    return dict(features(graph, values, batch, arrays, example))


def _read(given: str | os.PathLike[str] | Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], str]:
    """Arrays, and what they are called in messages."""
    return (given, name) if isinstance(given, Mapping) else (read_arrays(given), os.fspath(given))


def numbers_of(architecture: Spec, graph: LayerGraph, sizes_alone: bool = False) -> Mapping[sympy.Symbol, sympy.Expr]:
    """Values of all symbols, or of all that are in shapes, of a graph whose repeats are unrolled. Raises SpecError."""
    values = resolve(graph.conditions, {})
    missing = without_value(graph.conditions, values)
    if sizes_alone:
        shapes = [node.shape for node in graph] + [a.shape for layer in graph.layers for a in layer.arrays]
        sizes = {str(symbol) for shape in shapes for axis in shape for symbol in axis.free_symbols}
        missing = [name for name in missing if name in sizes]
    if missing or graph.loops:
        what = f"without a value: {', '.join(missing)}" if missing else "with repeats of too many passes"
        finding = f"a network on arrays has numbers; {what}"
        raise SpecError([Mistake(Place(architecture.source), finding, "give them with bc.override")])
    return values
