"""Given arrays as values of a spec: the norms of each layer's centre, and what is known of statistics that training left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy
from flint import fmpq

from boundcalc.exact.decimals import MEASURED_DIGITS, upper_decimal
from boundcalc.exact.values import substitute
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Array, Layer, LayerGraph
from boundcalc.importers.upward import exact_doubles
from boundcalc.importers.weights import convolution_norm, euclidean_norm, largest_entry, operator_norm
from boundcalc.mistakes import Mistakes, Place, shown, suggest

Values = Mapping[sympy.Symbol, sympy.Expr]
Norms = dict[str, str]
# By the path of a field, as a file of values has them: center and what a kind says of its statistics.
Measured = dict[str, "str | Norms | dict[str, str | Norms]"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The arrays of a spec by name, with their shapes: learned ones, those that share another one (whose name it is), statistics
    that are needed, and what may be there as well."""

    learned: Mapping[str, tuple[int, ...]]
    shared: Mapping[str, str]
    statistics: Mapping[str, tuple[int, ...]]
    beside: frozenset[str]

    @staticmethod
    def of(graph: LayerGraph, values: Values) -> Wanted:
        def whole(shape: tuple[sympy.Expr, ...]) -> tuple[int, ...]:
            return tuple(int(substitute(axis, values)) for axis in shape)

        arrays = [(layer, array) for layer in graph.layers for array in layer.arrays]
        layers = list(graph.layers)
        return Wanted(
            {array.origin: whole(array.shape) for _, array in arrays if not array.shared},
            {f"{layer.path}.{array.name}": array.origin for layer, array in arrays if array.shared},
            {f"{layer.path}.{name}": whole(shape) for layer in layers for name, shape in layer.placed.buffers.items()},
            frozenset(f"{layer.path}.{name}" for layer in layers for name in layer.kind.buffers),
        )

    def read(self, arrays: Mapping[str, Any], place: Place, mistakes: Mistakes) -> Mapping[str, np.ndarray[Any, Any]]:
        """The arrays that are measured, as doubles, but for those with mistakes."""
        needed = {**self.learned, **self.statistics}
        found: dict[str, np.ndarray[Any, Any]] = {}
        known = [*needed, *self.shared]
        for name in arrays:
            if name not in needed and name not in self.shared and name not in self.beside:
                remedy = (
                    suggest(name, known) or "the spec's arrays are called PATH.weight; `boundcalc show` lists the paths"
                )
                mistakes.add(place, f"the spec has no array {shown(name)}", remedy, "unknown_array")
        for name, shape in needed.items():
            if name not in arrays:
                near = suggest(name, [other for other in arrays if other not in known])
                mistakes.add(place, f"there is no array '{name}' of shape {list(shape)}", near, "missing_array")
                continue
            try:
                array = exact_doubles(arrays[name])
            except (TypeError, ValueError) as error:
                mistakes.add(place, f"the array '{name}' has {error}", None, "array")
                continue
            if array.shape == shape:
                found[name] = array
            else:
                finding = f"the array '{name}' has the shape {list(array.shape)}, and in the spec {list(shape)}"
                mistakes.add(place, finding, "transpose it" if array.shape == shape[::-1] else None, "shape")
        for name, origin in self.shared.items():
            if name in arrays and origin in found and not _are_one(np.asarray(arrays[name]), found[origin]):
                finding = f"the array '{name}' differs from '{origin}', whose array it is in the spec"
                mistakes.add(place, finding, "leave `share` out, or give one of them", "array")
        return found


def _are_one(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    return np.array_equal(left, right) or (left.ndim == 2 and np.array_equal(left.T, right))


def measured(
    graph: LayerGraph,
    values: Values,
    arrays: Mapping[str, Any],
    copies: Mapping[str, str],
    source: str = "<arrays>",
    torus: bool = False,
) -> Measured:
    """What a file of values says of a spec at these arrays, which are called by the paths of the spec (`head.weight`).

    graph: of the spec, repeats unrolled; copies: of passes of symbolic repeats, the path that stands for all of them, which gets
    the largest norm. torus: smaller norms of convolutions, for more work.

    Raises SpecError with every array that is missing, unknown, of another shape or not finite.
    """
    place, mistakes = Place(source), Mistakes()
    given = Wanted.of(graph, values).read(arrays, place, mistakes)
    statistics: dict[str, Mapping[str, str]] = {}
    for layer in graph.layers:
        try:
            statistics[layer.path] = _statistics(layer, values, given)
        except ValueError as error:
            mistakes.add(place, f"'{layer.path}' has {error}", None, "array")
    mistakes.raise_if_any()
    found: dict[str, list[_Layer]] = {}
    for layer in graph.layers:
        path = copies.get(layer.path, layer.path)
        found.setdefault(path, []).append(
            _Layer(_norms(layer, values, given, torus), len(layer.arrays) == 1, statistics[layer.path])
        )
    return {key: value for path, layers in found.items() for key, value in _written(path, layers)}


@dataclass(frozen=True, slots=True)
class _Layer:
    """`norms`: of each array of its own, with the operator norm where a bound can use it. `alone`: it has one array."""

    norms: Mapping[str, tuple[Fraction, Fraction | None]]
    alone: bool
    fields: Mapping[str, str]


def _statistics(layer: Layer, values: Values, given: Mapping[str, Any]) -> Mapping[str, str]:
    names = {name: f"{layer.path}.{name}" for name in layer.placed.buffers}
    if layer.kind.measured is None or not names or not all(name in given for name in names.values()):
        return {}
    return layer.kind.measured(
        at_values(layer.placed.facts, values), {n: given[name].ravel().tolist() for n, name in names.items()}
    )


def _norms(
    layer: Layer, values: Values, given: Mapping[str, Any], torus: bool
) -> Mapping[str, tuple[Fraction, Fraction | None]]:
    facts, kind = at_values(layer.placed.facts, values), layer.kind

    def spectral(array: Array) -> Fraction | None:
        if array.name == kind.diagonal:
            return largest_entry(given[array.origin])
        if array.name != kind.spectral:
            return None
        if kind.sliding is None:
            return operator_norm(given[array.origin])
        return convolution_norm(given[array.origin], kind.sliding(facts), torus=torus)

    own = [array for array in layer.arrays if not array.shared]
    return {array.name: (euclidean_norm(given[array.origin]), spectral(array)) for array in own}


def _written(path: str, layers: list[_Layer]) -> Iterator[tuple[str, str | Norms | dict[str, str | Norms]]]:
    """The largest of each number, over the copies of a layer."""
    first = layers[0]
    center: dict[str, str | Norms] = {}
    for name in first.norms:
        norm = max(layer.norms[name][0] for layer in layers)
        operator = [s for layer in layers if (s := layer.norms[name][1]) is not None]
        center[name] = {"norm": _text(norm), "spectral": _text(max(operator))} if operator else _text(norm)
    if center:
        yield f"{path}.center", next(iter(center.values())) if first.alone else center
    for name, text in first.fields.items():
        others = {layer.fields[name] for layer in layers}
        yield f"{path}.{name}", text if len(others) == 1 else f"max({', '.join(sorted(others))})"


def _text(norm: Fraction) -> str:
    return upper_decimal(fmpq(norm.numerator, norm.denominator), MEASURED_DIGITS)


def copies_of(graph: LayerGraph, values: Values) -> Mapping[str, str]:
    """Of a graph that keeps its symbolic repeats: the paths that its layers have where they are unrolled, each with the path of fields
    that all of them have."""
    found: dict[str, str] = {}
    for layer in graph.layers:
        passes = [range(int(substitute(graph.loops[loop].times, values))) for loop in layer.loops]
        for numbers in product(*passes) if passes else ():
            path = layer.path
            for number in numbers:
                path = path.replace("*", str(number), 1)
            found[path] = layer.path.replace(".*", "")
    return found
