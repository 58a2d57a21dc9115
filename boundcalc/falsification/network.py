"""A layer graph as a function of its learned arrays and inputs: `forward` of every layer, in order, on arrays of any namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import sympy

from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.values import substitute
from boundcalc.falsification.fixed_points import passes_of
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.graph import layer_graph
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Input, Layer, LayerGraph, Slice, Solution, Stack, Zeros

# Learned arrays by the path of the array (head.weight), inputs by name, also those of token ids; the batch comes first. Statistics that
# training left (norm.running_mean) may be among them; without them a layer takes some that its fields allow.
Arrays = Mapping[str, Any]
Step = Callable[[Sequence[Any], Arrays, Any], Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A node with numbers in place of symbols: what it reads (nodes, learned arrays and inputs), and how it is computed. `shape`:
    of its output, without the batch; `entries`: numbers that it computes for a sample."""

    path: str
    inputs: tuple[str, ...]
    arrays: frozenset[str]
    shape: tuple[int, ...]
    compute: Step
    entries: int


@dataclass(frozen=True, slots=True, repr=False)
class Network(Shown):
    """The map that a spec declares. Called with arrays of NumPy, PyTorch or JAX it gives its outputs, one array each.

    `shapes` of the learned arrays and of the inputs (batch included), by the names that `arrays` have; `entries`: numbers that
    one pass computes.
    """

    nodes: tuple[Node, ...]
    shapes: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]
    loss: str | None
    entries: int

    def __call__(self, arrays: Arrays) -> tuple[Any, ...]:
        """The outputs in order. Raises KeyError for a missing array, ExtraMissingError without array-api-compat."""
        missing = [name for name in self.shapes if name not in arrays]
        if missing:
            raise KeyError(f"there is no array '{missing[0]}' of shape {list(self.shapes[missing[0]])}")
        found = self.run(arrays, namespace_of(*(arrays[name] for name in self.shapes)))
        return tuple(found[path] for path in self.outputs)

    def _page_(self) -> Page:
        return Page(
            f"<Network: {len(self.nodes):,} nodes, {len(self.shapes):,} arrays and inputs, {self.entries:,} numbers a pass>"
        )

    def run(self, arrays: Arrays, xp: Any, nodes: Sequence[Node] | None = None) -> dict[str, Any]:
        """What every node computes, by path, or only those given; `xp` has the names of the array API (and erf)."""
        found: dict[str, Any] = {}
        for node in self.nodes if nodes is None else nodes:
            found[node.path] = node.compute([found[path] for path in node.inputs], arrays, xp)
        return found

    def each(self, arrays: Arrays, xp: Any, paths: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """What these nodes and all below them compute, in order; each is let go after its last reader."""
        nodes = self.below(paths)
        last = {path: i for i, node in enumerate(nodes) for path in node.inputs}
        found: dict[str, Any] = {}
        for i, node in enumerate(nodes):
            found[node.path] = node.compute([found[path] for path in node.inputs], arrays, xp)
            yield node.path, found[node.path]
            for path in {node.path, *node.inputs}:
                if last.get(path, i) == i:
                    del found[path]

    def below(self, paths: Sequence[str]) -> tuple[Node, ...]:
        """The nodes that some nodes are made of, in order."""
        return _below(self.nodes, paths)


def _below(nodes: Sequence[Node], paths: Sequence[str]) -> tuple[Node, ...]:
    wanted = set(paths)
    for node in reversed(nodes):
        if node.path in wanted:
            wanted.update(node.inputs)
    return tuple(node for node in nodes if node.path in wanted)


def network_of(graph: LayerGraph, values: Mapping[sympy.Symbol, sympy.Expr]) -> Network:
    """The network at values of all symbols. `graph` has no symbolic repeats: they are unrolled.

    Raises NoValue where a size has no finite value.
    """

    def whole(shape: Sequence[sympy.Expr]) -> tuple[int, ...]:
        return tuple(int(substitute(axis, values)) for axis in shape)

    (batch,) = whole((graph.batch,))
    own = {a.origin: whole(a.shape) for layer in graph.layers for a in layer.arrays if not a.shared}
    shapes = own | {node.path: (batch, *whole(node.shape)) for node in graph.inputs}
    passes, nodes = passes_of(graph, values), list[Node]()  # backwards: a fixed point runs those after it
    for node in reversed(list(graph)):
        if isinstance(node, Solution):
            nodes.append(_solution(graph, node, nodes[::-1], (batch, *whole(node.shape)), passes[node.path]))
        else:
            nodes.append(_node(node, own, batch, whole, values))
    entries = sum(map(prod, shapes.values())) + batch * sum(node.entries for node in nodes)
    return Network(tuple(nodes[::-1]), shapes, graph.outputs, graph.loss, entries)


def _node(
    node: layer_graph.Node,
    own: Mapping[str, tuple[int, ...]],
    batch: int,
    whole: Callable[[Sequence[sympy.Expr]], tuple[int, ...]],
    values: Mapping[sympy.Symbol, sympy.Expr],
) -> Node:
    shape, arrays = whole(node.shape), list[str]()
    match node:
        case Input():
            compute, arrays = _read(node.path), [node.path]
        case Layer():
            compute, arrays = _layer(node, own, whole, values), [a.origin for a in node.arrays]
        case Zeros():
            compute = _zeros((batch, *shape))
        case Slice(index=int() as index):
            compute = _slice(index)
        case Stack():
            compute = _stack
        case _:
            raise TypeError(f"'{node.path}' belongs to a symbolic repeat")
    return Node(node.path, node.inputs, frozenset(arrays), shape, compute, prod(shape))


def _layer(
    layer: Layer,
    own: Mapping[str, tuple[int, ...]],
    whole: Callable[[Sequence[sympy.Expr]], tuple[int, ...]],
    values: Mapping[sympy.Symbol, sympy.Expr],
) -> Step:
    facts = at_values(layer.placed.facts, values)
    transposed = {a.name: own[a.origin] != whole(a.shape) for a in layer.arrays}  # shared as it is where both fit
    origins = {a.name: a.origin for a in layer.arrays}
    buffers = {name: f"{layer.path}.{name}" for name in layer.placed.buffers}

    def compute(inputs: Sequence[Any], arrays: Arrays, xp: Any) -> Any:
        stored = {name: arrays[origin] for name, origin in origins.items()}
        learned = {name: array.T if transposed[name] else array for name, array in stored.items()}
        given = {name: arrays[path] for name, path in buffers.items() if path in arrays}
        return layer.kind.forward(facts, {**learned, **given}, inputs, xp)

    return compute


def _solution(
    graph: LayerGraph, node: Solution, following: Sequence[Node], shape: tuple[int, ...], passes: int
) -> Node:
    """The state of a fixed point, from zero; it reads what the layers inside read of before them."""
    fixed = graph.fixed_points[node.path]
    last = next((i for i, each in enumerate(following, start=1) if each.path == fixed.last), 0)
    body = _below(following[:last], [fixed.result])
    made = {node.path, *(each.path for each in body)}
    read = dict.fromkeys(path for each in body for path in each.inputs if path not in made)
    outside = tuple(read if fixed.result in made else (fixed.result,))
    moving, start = {node.path}, _zeros(shape)
    for each in body:
        if not moving.isdisjoint(each.inputs):
            moving.add(each.path)
    once, again = ([each for each in body if (each.path in moving) is moves] for moves in (False, True))

    def compute(inputs: Sequence[Any], arrays: Arrays, xp: Any) -> Any:
        found = dict(zip(outside, inputs, strict=True))
        found[node.path] = start((), arrays, xp)
        for part in (once, *[again] * passes):
            for each in part:
                found[each.path] = each.compute([found[path] for path in each.inputs], arrays, xp)
            found[node.path] = found[fixed.result] if fixed.result in found else found[node.path]
        return found[node.path]

    learned = frozenset[str]().union(*(each.arrays for each in body))
    computed = sum(each.entries for each in once) + passes * sum(each.entries for each in again)
    return Node(node.path, outside, learned, shape[1:], compute, computed)


def _read(name: str) -> Step:
    return lambda inputs, arrays, xp: arrays[name]


def _zeros(shape: tuple[int, ...]) -> Step:
    return lambda inputs, arrays, xp: xp.zeros(shape)


def _slice(index: int) -> Step:
    return lambda inputs, arrays, xp: inputs[0][:, index]


def _stack(inputs: Sequence[Any], arrays: Arrays, xp: Any) -> Any:
    return xp.stack(list(inputs), axis=1)
