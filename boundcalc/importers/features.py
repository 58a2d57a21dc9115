"""Norms of the outputs of layers at given weights, from one forward pass on example inputs.

The pass is in double precision, and its norms are raised by 2^-30 of themselves, far more than its rounding; unlike the norms of
weights they are not certified. What follows from them holds for inputs at which they hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq

from boundcalc.exact.decimals import MEASURED_DIGITS, upper_decimal
from boundcalc.exact.values import substitute
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.falsification.network import network_of
from boundcalc.graph.facts import free_symbols
from boundcalc.graph.given import first_flaws
from boundcalc.graph.layer_graph import Input, Layer, LayerGraph
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown, suggest

Values = Mapping[sympy.Symbol, sympy.Expr]
ROUNDING = Fraction(1, 2**30)


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs by name, with so many samples each."""

    arrays: Mapping[str, np.ndarray[Any, Any]]
    samples: int


def example_of(graph: LayerGraph, values: Values, inputs: Mapping[str, Any], place: Place) -> Example:
    """Raises SpecError with every input that is missing, unknown, of another shape, not finite, or has ids that the spec has not."""
    mistakes, found = Mistakes(), dict[str, np.ndarray[Any, Any]]()
    wanted = {node.path: node for node in graph.inputs}
    for name in inputs:
        if name not in wanted:
            mistakes.add(place, f"the spec has no input {shown(name)}", suggest(name, wanted), "unknown_array")
    counts: dict[int, str] = {}
    for name, node in wanted.items():
        shape = tuple(int(substitute(axis, values)) for axis in node.shape)
        if name not in inputs:
            mistakes.add(
                place, f"there is no input '{name}' of shape [samples, {_listed(shape)}]", None, "missing_array"
            )
            continue
        array = np.asarray(inputs[name])
        if array.ndim != len(shape) + 1 or array.shape[1:] != shape or not array.shape[0]:
            finding = (
                f"the input '{name}' has the shape {list(array.shape)}, and in the spec [samples, {_listed(shape)}]"
            )
            mistakes.add(place, finding, None, "shape")
            continue
        finding = _flaw(array, node, values)
        if finding is not None:
            mistakes.add(place, f"the input '{name}' has {finding}", None, "array")
            continue
        counts.setdefault(array.shape[0], name)
        found[name] = array if node.tokens is not None else array.astype(np.float64)
    if len(counts) > 1:
        listed = ", ".join(f"'{name}' {count}" for count, name in counts.items())
        mistakes.add(place, f"inputs have different numbers of samples: {listed}", None, "shape")
    mistakes.raise_if_any()
    return Example(found, next(iter(counts)))


def _listed(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))


def _flaw(array: np.ndarray[Any, Any], node: Input, values: Values) -> str | None:
    if node.tokens is None:
        return (
            None
            if array.dtype.kind in "fiu" and bool(np.isfinite(array).all())
            else "entries that are no finite numbers"
        )
    count = int(substitute(node.tokens, values))
    if array.dtype.kind not in "iu":
        return "entries that are no token ids"
    return None if int(array.min()) >= 0 and int(array.max()) < count else f"ids that are not below {count}"


def features(
    graph: LayerGraph, values: Values, batch: sympy.Expr, arrays: Mapping[str, Any], example: Example
) -> Mapping[str, str]:
    """Bounds of the norms of the outputs of layers, by path, of every `batch` of these samples, as expressions.

    graph: repeats unrolled, centres for all learned arrays, of so many samples as the example has. Left out is what the arrays do not
    determine (dropout, masks and constants that the spec knows by their norms), what is made of it, and where the norms of features
    may not be said. Raises SpecError for symbols without values, and an output that is not finite.
    """
    for layer in graph.layers:
        missing = sorted(map(str, free_symbols(layer.placed.facts) - set(values)))
        if missing:
            finding = f"'{layer.path}' on arrays has numbers; without a value: {', '.join(missing)}"
            raise SpecError([Mistake(layer.place, finding, "give them with bc.override")])
    flaws = first_flaws(graph)
    wanted = [path for path in _determined(graph, arrays) if path not in flaws]
    given = {**arrays, **example.arrays}
    network, found = network_of(graph, values), dict[str, str]()
    for path, output in network.each(given, namespace_of(*given.values()), wanted):
        if path in wanted:
            norm = math.sqrt(float(np.max(np.sum(np.square(output), axis=tuple(range(1, output.ndim))))))
            if not math.isfinite(norm):
                raise SpecError(
                    [Mistake(graph.node(path).place, f"the output of '{path}' is not finite at these inputs", None)]
                )
            found[path] = _written(norm, batch)
    return found


def _written(norm: float, batch: sympy.Expr) -> str:
    """sqrt(batch) times the largest norm of a sample."""
    raised = Fraction(norm) * (1 + ROUNDING)
    exact = fmpq(raised.numerator, raised.denominator)
    if isinstance(batch, sympy.Integer):
        return upper_decimal(arb(exact) * arb(int(batch)).sqrt(), MEASURED_DIGITS)
    return f"{upper_decimal(exact, MEASURED_DIGITS)}*sqrt({batch})"


def _determined(graph: LayerGraph, arrays: Mapping[str, Any]) -> Sequence[str]:
    """The layers whose outputs follow from arrays and inputs."""
    order = list(graph.nodes)
    places = {path: place for place, path in enumerate(order)}
    states = {fixed.state: order[places[fixed.state] : places[fixed.last] + 1] for fixed in graph.fixed_points.values()}
    open_ = {layer.path for layer in graph.layers if _is_open(layer, arrays)}
    found = dict[str, None]()
    for path in order:
        below_is = all(before in found for before in graph.node(path).inputs)
        if path not in open_ and below_is and open_.isdisjoint(states.get(path, ())):
            found[path] = None
    return [path for path in found if isinstance(graph.node(path), Layer)]


def _is_open(layer: Layer, arrays: Mapping[str, Any]) -> bool:
    buffers = layer.placed.buffers
    given = bool(buffers) and all(f"{layer.path}.{name}" in arrays for name in buffers)
    return layer.placed.is_one_of_many and not given
