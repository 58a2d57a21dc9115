"""An import against its original: the network that the spec declares, on the module's own arrays, computes what the module does.

Where a spec bounds arrays by numbers (statistics, constants, masks, indices), the arrays themselves are put in, and are held to the
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from boundcalc.exact.expression import parse
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.falsification.network import Network, Node, Step, network_of
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.importers import draft
from boundcalc.importers.check_maps import MAPS
from boundcalc.importers.graph import Array
from boundcalc.importers.lazily import Lazily
from boundcalc.importers.values import Held, Learned, by_sample
from boundcalc.layers.parts.averages import applied
from boundcalc.mistakes import Place

TOLERANCE = 1e-10


class MismatchError(AssertionError):
    """An import that computes something else than its original: a bug of boundcalc, and no mistake of a person."""


def network_with(
    graph: LayerGraph, steps: Sequence[draft.Step], names: Mapping[str, str], chosen: Mapping[str, Array]
) -> Network:
    """The network of a layer graph without symbols, with what the framework knows of its steps put in; `chosen`: what the ids that it
    runs on decide."""
    network = network_of(graph, {})
    layers = {layer.path: layer for layer in graph.layers}
    steps = [_decided(step, chosen) for step in steps if step.key in names]
    own = {names[step.key]: step for step in steps if step.given or step.kind in _OFF}
    nodes = tuple(_known(node, layers.get(node.path), own.get(node.path)) for node in network.nodes)
    return replace(network, nodes=nodes)


def _decided(step: draft.Step, chosen: Mapping[str, Array]) -> draft.Step:
    if not step.chosen:
        return step
    return replace(step, given={**step.given, **{name: of.known(chosen) for name, of in step.chosen.items()}})


def _known(node: Node, layer: Layer | None, step: draft.Step | None) -> Node:
    if step is None or layer is None:
        return node
    return replace(node, compute=_FORWARDS[step.kind](step, layer))


def _batchnorm(step: draft.Step, layer: Layer) -> Step:
    _hold(step, "slope", float(np.max(step.given["slopes"])))
    _hold(step, "offset", float(np.linalg.norm(step.given["mean"] * step.given["slopes"])))
    origins = {array.name: array.origin for array in layer.arrays}

    def compute(inputs: Sequence[Any], arrays: Mapping[str, Any], xp: Any) -> Any:
        (z,) = inputs

        def by_channel(values: Any) -> Any:
            return xp.reshape(values, (-1, *(1,) * (z.ndim - 2)))

        mean, slopes = (by_channel(xp.asarray(step.given[name])) for name in ("mean", "slopes"))
        found = (z - mean) * slopes
        if not origins:
            return found
        return found * by_channel(arrays[origins["weight"]]) + by_channel(arrays[origins["bias"]])

    return compute


def _constant(step: draft.Step, layer: Layer) -> Step:
    if "values" in step.given:
        values = np.asarray(step.given["values"], dtype=np.float64)
        _hold(step, "norm", float(np.linalg.norm(values.reshape(len(values), -1), axis=1).max()))
        _hold(step, "entry", float(np.max(np.abs(values), initial=0.0)))
        return lambda inputs, arrays, xp: xp.asarray(values)
    value = step.given["value"]
    _hold(step, "norm", float(np.linalg.norm(value.ravel())))
    _hold(step, "entry", float(np.max(np.abs(value), initial=0.0)))
    batch = int(layer.placed.facts.batch)
    return lambda inputs, arrays, xp: xp.stack([xp.asarray(np.array(value))] * batch, axis=0)


def _softmax(step: draft.Step, layer: Layer) -> Step:
    axis = layer.placed.facts.axis + 1
    mask = step.given["masks"] if "masks" in step.given else step.given["mask"][None]

    def compute(inputs: Sequence[Any], arrays: Mapping[str, Any], xp: Any) -> Any:
        (z,) = inputs
        added = xp.asarray(np.where(mask, -math.inf, 0.0))
        shown = z + added
        powers = xp.exp(shown - xp.max(shown, axis=axis, keepdims=True))
        return powers / xp.sum(powers, axis=axis, keepdims=True)

    return compute


def _take(step: draft.Step, layer: Layer) -> Step:
    if "places" in step.given:
        at = step.given["places"]
        return lambda inputs, arrays, xp: xp.stack([z[i.tolist()] for z, i in zip(inputs[0], at, strict=True)], axis=0)
    indices, axis = step.given["indices"], layer.placed.facts.axis + 1
    _hold(step, "most", float(np.bincount(indices).max()))
    lead = (slice(None),) * axis
    return lambda inputs, arrays, xp: inputs[0][(*lead, indices.tolist())]


def _dropout(step: draft.Step, layer: Layer) -> Step:
    """Off, as in the module that it is compared with."""
    return lambda inputs, arrays, xp: inputs[0]


def _linear(step: draft.Step, layer: Layer) -> Step:
    matrix, axis = step.given["matrix"], int(step.given["axis"])
    _hold(step, "norm", float(np.linalg.norm(matrix, 2)))
    return lambda inputs, arrays, xp: applied(matrix.tolist(), inputs[0], axis, xp)


def _map(step: draft.Step, layer: Layer) -> Step:
    ((what, axes),) = step.given.items()
    along = tuple(int(axis) for axis in axes)
    return lambda inputs, arrays, xp: MAPS[what](inputs[0], along, xp)


_OFF = frozenset({"dropout"})
_FORWARDS: Mapping[str, Callable[[draft.Step, Layer], Step]] = {
    "batchnorm": _batchnorm,
    "constant": _constant,
    "dropout": _dropout,
    "linear": _linear,
    "map": _map,
    "softmax": _softmax,
    "take": _take,
}


def _hold(step: draft.Step, field: str, value: float) -> None:
    """What the spec says of arrays is true of them."""
    said = str(step.fields[field])
    if float(parse(said, Place(field)).evaluate({})) < value * (1 - 1e-12):
        raise MismatchError(f"`{field}` of {step.kind} is {said}, and {value} of the network")


def learned_values(arrays: Mapping[str, Learned], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The learned arrays of a spec by their paths, from those of the network by their names."""
    return Lazily(arrays, lambda path: _moved(arrays[path], values[arrays[path].name]))


def _moved(learned: Learned, array: Any) -> Any:
    for move in learned.moves:
        match move.what:
            case "transpose":
                array = array.transpose(*move.by) if isinstance(array, np.ndarray) else array.permute(*move.by)
            case "slice":
                axis, start, stop, step = move.by
                array = array[(slice(None),) * axis + (slice(start, stop, step),)]
            case _:
                array = array.reshape(move.by)
    return array


def compare(
    network: Network,
    paths: Sequence[str],
    outputs: Sequence[Held],
    arrays: Mapping[str, Any],
    wanted: Sequence[Any],
) -> float:
    """The largest difference between what the network computes and what its original did, over the largest entry. Raises
    MismatchError where it is too large."""
    if len(wanted) != len(outputs):
        raise MismatchError(f"{len(outputs)} outputs were imported, and the module has {len(wanted)}")
    found = {path: output for path, output in network.each(arrays, namespace_of(*wanted), paths) if path in paths}
    worst = 0.0
    for path, held, other in zip(paths, outputs, wanted, strict=True):
        ours = np.asarray(found[path])
        theirs = _batch_first(np.asarray(other), held, ours.shape[0])
        if ours.shape != theirs.shape:
            raise MismatchError(f"'{path}' has the shape {ours.shape}, and {theirs.shape} in the module")
        size = float(np.max(np.abs(theirs), initial=0.0)) or 1.0
        difference = float(np.max(np.abs(ours - theirs), initial=0.0)) / size
        worst = max(worst, difference)
        if not difference <= TOLERANCE:
            raise MismatchError(f"'{path}' differs by {difference:.3g} from what the module computes")
    return worst


def _batch_first(array: Array, held: Held, count: int) -> Array:
    if held.batch is None:
        return np.broadcast_to(array, (count, *array.shape))
    return by_sample(array, held.batch, count)
