"""A layer graph with numbers: its parameters and inputs as one vector of blocks, and what every layer computes from it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Input, Layer, Node, Slice, Solution, Stack, Zeros
from boundcalc.graph.selection import select
from boundcalc.language.architecture import Architecture
from reference import layers as run
from reference.families.index import FAMILIES
from reference.layers import Array

MOST_PASSES = 2_000  # of a fixed point
OUTPUT = "@output"  # all outputs of the network together


@dataclass(frozen=True)
class Block:
    """One ball or input: w[part] with ||w[part] - center|| <= radius; `rows` vectors of their own for an input bounded by sample or entry."""

    name: str
    part: slice
    center: NDArray[np.float64]
    radius: float
    rows: int
    selected: bool
    inner: float  # a ball of this radius around the centre lies in the set

    def project(self, w: NDArray[np.float64], onto_sphere: bool = False) -> NDArray[np.float64]:
        """Points of shape (points, size) moved into the block's set, or each of their vectors to its boundary."""
        shifted = (w - self.center).reshape(len(w), self.rows, -1)
        norms = np.linalg.norm(shifted, axis=2, keepdims=True)
        scale = self.radius / np.where(norms == 0, 1, norms)
        return (shifted * (scale if onto_sphere else np.minimum(scale, 1))).reshape(len(w), -1) + self.center


class Network:
    """`blocks` in order; `width` their total length; `selected` the entries that are differentiated by."""

    def __init__(self, architecture: Architecture, wrt: tuple[str, ...] = ("parameters",), seed: int = 0) -> None:
        self.graph = expand(architecture, unroll=True)
        self.seed = seed
        self.selection = select(self.graph, wrt)
        self.batch = self.integer(self.graph.batch)
        self.arrays: dict[tuple[str, str], tuple[slice, tuple[int, ...]]] = {}  # (ball, array) -> where, shape
        self.blocks: list[Block] = []
        self.width = 0
        rng = np.random.default_rng(seed)
        for ball in self.graph.balls.values():
            self._ball(ball.path, rng)
        for node in self.graph.inputs:
            if node.tokens is None:
                self._input(node, architecture)
        self.selected = np.concatenate(
            [np.arange(self.width)[b.part] for b in self.blocks if b.selected] or [[]]
        ).astype(int)

    # Numbers ---------------------------------------------------------------------------------------------------------

    def number(self, expression: sympy.Expr) -> float:
        return float(sympy.N(expression.xreplace(dict(self.graph.conditions.values)), 30))

    def integer(self, expression: sympy.Expr) -> int:
        value = self.number(expression)
        assert value == int(value)
        return int(value)

    def shape(self, layer: Node) -> tuple[int, ...]:
        return tuple(self.integer(axis) for axis in layer.shape)

    # Blocks ----------------------------------------------------------------------------------------------------------

    def _ball(self, path: str, rng: np.random.Generator) -> None:
        start, ball = self.width, self.graph.balls[path]
        centers: list[NDArray[np.float64]] = []
        for layer in self.graph.layers:
            for array in layer.arrays:
                if array.ball == path and not array.shared:
                    shape = tuple(self.integer(axis) for axis in array.shape)
                    size = int(np.prod(shape))
                    self.arrays[layer.path, array.name] = (slice(self.width, self.width + size), shape)
                    self.width += size
                    centers.append(self._center(layer, array.name, size, rng))
        center = np.concatenate(centers)
        own = [a for layer in self.graph.layers for a in layer.arrays if a.ball == path and not a.shared]
        if ball.center is not None and all(array.center is None for array in own):
            center = self.number(ball.center) * run.unit(rng, len(center))
        selected = not ball.frozen and self.selection.parameter(path)
        part = slice(start, self.width)
        self.blocks.append(Block(path, part, center, self.number(ball.radius), 1, selected, self._inner(path)))

    def _center(self, layer: Layer, name: str, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Of one array, as the spec has it: its own centre, or one for gains."""
        array = next(a for a in layer.arrays if a.name == name)
        if (
            array.center is not None and name in layer.placed.least
        ):  # rows as long as each other stay long in small balls
            rows = self.integer(array.shape[0])
            each = np.concatenate([run.unit(rng, size // rows) for _ in range(rows)])
            return self.number(array.center) / rows**0.5 * each
        if array.center_spectral is not None:  # ||B(V, .)|| <= b ||V||
            most = self.number(array.center_spectral) / self.number(_bilinear_norm(layer))
            return min(self.number(array.center), most) * run.unit(rng, size)
        if array.center is not None:
            return self.number(array.center) * run.unit(rng, size)
        return np.full(size, 0.0 if array.start is None else self.number(array.start))

    def _inner(self, path: str) -> float:
        """A spectral bound S holds for weights of norm S over the norm of the layer's bilinear map."""
        radius = self.number(self.graph.balls[path].radius)
        for layer in self.graph.layers:
            if layer.spectral is not None and any(a.ball == path for a in layer.arrays):
                radius = min(radius, self.number(layer.spectral) / self.number(_bilinear_norm(layer)))
        return radius

    def _input(self, layer: Input, architecture: Architecture) -> None:
        declared = architecture.inputs[layer.path].norm
        assert declared is not None
        size = self.batch * int(np.prod(self.shape(layer)))
        rows = 1 if declared.batch is not None else self.batch if declared.sample is not None else size
        assert layer.sup is not None
        radius = self.number(layer.sup)
        part = slice(self.width, self.width + size)
        self.width += size
        self.blocks.append(
            Block(layer.path, part, np.zeros(size), radius, rows, self.selection.input(layer.path), radius)
        )

    def project(self, w: NDArray[np.float64], onto_sphere: bool = False) -> NDArray[np.float64]:
        """Points (points, width) moved into the product of the blocks' sets, or to the product of their boundaries."""
        result = w.copy()
        for block in self.blocks:
            result[:, block.part] = block.project(w[:, block.part], onto_sphere)
        for layer in self.graph.layers:
            if layer.spectral is not None and layer.arrays:
                part, _ = self.arrays[self._owner(layer, "weight")]
                norms = [self._operator_norm(layer, point[None]) for point in result]
                scale = self.number(layer.spectral) / np.maximum(norms, 1e-300)
                result[:, part] *= np.minimum(scale, 1)[:, None]
        return result

    def _operator_norm(self, layer: Layer, w: NDArray[np.float64]) -> float:
        """Of the layer's linear map, from its images of the unit vectors."""
        shape = self.shape(self.graph.node(layer.inputs[0]))
        units = np.eye(int(np.prod(shape)), dtype=complex).reshape(1, -1, *shape)
        bare = replace(layer, arrays=tuple(a for a in layer.arrays if a.name == "weight"))
        images = _KINDS[layer.kind.name](self, bare, [units], w.astype(complex))
        return float(np.linalg.norm(images.reshape(units.shape[1], -1), 2))

    def block(self, name: str) -> Block:
        return next(block for block in self.blocks if block.name == name)

    def _array(self, layer: Layer, name: str, w: Array) -> Array | None:
        """A learned array of a layer, also where it is that of another layer, as it is or transposed."""
        array = next((a for a in layer.arrays if a.name == name), None)
        if array is None:
            return None
        shape = tuple(self.integer(axis) for axis in array.shape)
        part, stored = self.arrays[self._owner(layer, name)]
        value = w[:, part].reshape(len(w), *stored)
        return value if stored == shape else value.transpose(0, *range(value.ndim - 1, 0, -1))

    def weight(self, layer: Layer, w: Array) -> Array:
        """That of a layer with learned rows, or with a gain and a direction for each."""
        direction = self._array(layer, "direction", w)
        found = (
            self._array(layer, "weight", w)
            if direction is None
            else run.normed(direction, self._array(layer, "gain", w))
        )
        assert found is not None
        return found

    def _owner(self, layer: Layer, name: str) -> tuple[str, str]:
        origin = next(a.origin for a in layer.arrays if a.name == name)
        return next((path, array) for path, array in self.arrays if f"{path}.{array}" == origin)

    # Running ---------------------------------------------------------------------------------------------------------

    def outputs(self, w: Array) -> dict[str, Array]:
        """What every layer computes for copies of the vector of all blocks (copies, width): path -> (copies, batch, *shape)."""
        found: dict[str, Array] = {}
        self._run(list(self.graph), found, w)
        found[OUTPUT] = np.concatenate([found[path].reshape(len(w), -1) for path in self.graph.outputs], axis=1)
        return found

    def _run(self, nodes: list[Node], found: dict[str, Array], w: Array) -> None:
        for at, node in enumerate(nodes):
            if isinstance(node, Solution):
                found[node.path] = self._solution(node, nodes[at + 1 :], found, w)
            else:
                found[node.path] = self._layer(node, [found[path] for path in node.inputs], w)

    def _solution(self, node: Solution, following: list[Node], found: dict[str, Array], w: Array) -> Array:
        """What the layers inside do not change any more, nor its imaginary part, which tells derivatives."""
        fixed = self.graph.fixed_points[node.path]
        body = following[: 1 + [other.path for other in following].index(fixed.last)]
        state = np.zeros((len(w), self.batch, *self.shape(node)), dtype=complex)
        for _ in range(MOST_PASSES):
            inside = {**found, node.path: state}
            self._run(body, inside, w)
            before, state = state, inside[fixed.result]
            parts = ((before.real, state.real), (before.imag, state.imag))
            if all(np.abs(new - old).max() <= 1e-15 * np.abs(new).max() for old, new in parts):
                return state
        raise AssertionError(f"'{fixed.path}' has no fixed point")

    def _layer(self, node: Node, inputs: list[Array], w: Array) -> Array:
        full = (len(w), self.batch, *self.shape(node))
        if isinstance(node, Input) and node.tokens is not None:
            return np.broadcast_to(self._ids(node), full).astype(complex)
        if isinstance(node, Input):
            return w[:, self.block(node.path).part].reshape(full)
        if isinstance(node, Zeros):
            return np.zeros(full, dtype=complex)
        if isinstance(node, Slice):
            return inputs[0][:, :, node.index]
        if isinstance(node, Stack):
            return np.stack(inputs, axis=2)
        assert isinstance(node, Layer)
        layer, kind = node, node.kind.name
        result = _KINDS[kind](self, layer, inputs, w) if kind in _KINDS else self._activation(layer, inputs[0])
        if node.kind.loss:
            return result
        if result.shape != full:
            assert kind in ("flatten", "reshape"), (layer.path, result.shape, full)
        return result.reshape(full)

    def _ids(self, node: Input) -> NDArray[np.int64]:
        """Token ids: all alike with an even seed, when a table moves them most, else any."""
        assert node.tokens is not None
        count = self.integer(node.tokens) if self.seed % 2 else 1
        rng = np.random.default_rng([self.seed, zlib.crc32(node.path.encode())])
        return rng.integers(count, size=(self.batch, *self.shape(node)))

    def _activation(self, layer: Layer, z: Array) -> Array:
        """The parameters are those that the layer's constants were made for."""
        kind, facts = layer.kind.name, layer.placed.facts
        if kind == "gelu":
            return run.gelu(z, "tanh" if facts.entry.name == "gelu_tanh" else "none")
        return run.ACTIVATIONS[kind](z, **{name: self.number(value) for name, value in parameters(layer).items()})

    def rng(self, layer: Layer) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(layer.path.encode())])

    def axes(self, values: tuple[sympy.Expr, ...]) -> list[int]:
        return [self.integer(value) for value in values]

    def optional(self, value: sympy.Expr | None) -> float | None:
        return None if value is None else self.number(value)


def parameters(layer: Layer) -> dict[str, sympy.Expr]:
    """The parameters of an activation."""
    return {} if layer.kind.name == "square" else layer.placed.facts.parameters


def _bilinear_norm(layer: Layer) -> sympy.Expr:
    """Of a layer that takes a spectral bound: dense layers have norm 1."""
    return layer.placed.facts.norm if layer.kind.name.startswith("conv") else sympy.S.One


def _dense(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return run.dense(inputs[0], net.weight(layer, w), net._array(layer, "bias", w))


def _convolution(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    weight = net.weight(layer, w)
    before, after = (net.axes(tuple(ends[side] for ends in facts.padding)) for side in (0, 1))
    stride, dilation = net.axes(facts.stride), net.axes(facts.dilation)
    return run.convolution(inputs[0], weight, net._array(layer, "bias", w), stride, before, after, dilation)


def _pooling(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    counts = net.shape(layer)[1:]
    kernel, stride, padding = (net.axes(values) for values in (facts.kernel, facts.stride, facts.padding))
    if layer.kind.name.startswith("max"):
        return run.max_pool(inputs[0], kernel, stride, padding, counts, net.axes(facts.dilation))
    return run.average_pool(inputs[0], kernel, stride, padding, counts, facts.counted)


def _batchnorm(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    eps, form = net.number(facts.normalisation.eps), facts.normalisation.form
    if facts.given is None:
        z = run.batchnorm(inputs[0], eps, form, facts.pooled)
    else:  # equal statistics, which reach their bounds
        means = np.ones(net.shape(layer)[: 1 if facts.pooled else None])
        z = net.number(facts.given.slope) * inputs[0] - net.number(facts.given.offset) / np.linalg.norm(means)
    return _affine(net, layer, z, w, z.ndim - 3)


def _layernorm(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    z = run.layernorm(inputs[0], net.number(facts.normalisation.eps), facts.axes)
    return _affine(net, layer, z, w, 0)


def _affine(net: Network, layer: Layer, z: Array, w: Array, after: int) -> Array:
    """`after`: axes behind those of the learned gain and shift."""
    if not layer.arrays:
        return z
    gain, shift = net._array(layer, "weight", w), net._array(layer, "bias", w)
    assert gain is not None
    return run.affine(z, gain, np.zeros_like(gain) if shift is None else shift, after)


def _permute(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0].transpose(0, 1, *(axis + 2 for axis in layer.placed.facts.order))


def _dropout(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Entries that are kept are multiplied by 1/(1 - p), the norm."""
    scale = net.number(layer.placed.facts.norm)
    return inputs[0] * (net.rng(layer).random(inputs[0].shape[1:]) >= 1 - 1 / scale) * scale


def _softmax(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """With `mask` one drawn at random, that leaves each row its first entry."""
    facts, z = layer.placed.facts, inputs[0]
    axis, hidden = facts.axis + 2, np.zeros(z.shape[1:], dtype=bool)
    if facts.causal:
        hidden |= np.triu(np.ones(z.shape[-2:], dtype=bool), 1)
    if facts.mask:
        hidden |= net.rng(layer).random(hidden.shape) < 0.4
        np.moveaxis(hidden, axis - 1, 0)[0] = False
    return run.softmax(np.where(hidden, -1e9, z), axis)


def _logsoftmax(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    z, axis = inputs[0], layer.placed.facts.axis + 2
    below = z - z.real.max(axis=axis, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=axis, keepdims=True))


def _attention(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """With `mask` one drawn at random, that leaves each query the first key; dropped weights as in dropout."""
    facts, arrays = layer.placed.facts, {a.name: net._array(layer, a.name, w) for a in layer.arrays}
    heads, groups = net.integer(facts.heads), net.integer(facts.groups)
    queries, keys = inputs[0].shape[-2], inputs[-1].shape[-2]
    rng, lead = net.rng(layer), inputs[0].shape[1:-2]
    seen = np.ones((*lead, heads, queries, keys), dtype=bool)
    if facts.causal:
        seen &= np.tri(queries, keys, dtype=bool)
    if facts.mask:
        seen &= rng.random(seen.shape) < 0.6
        seen[..., 0] = True
    scale = net.number(facts.kept)
    kept = scale * (rng.random(seen.shape) >= 1 - 1 / scale)
    return run.attention(inputs[0], inputs[-1], arrays, heads, groups, seen, kept, facts.rotary)


def _mean(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0].mean(axis=tuple(axis + 2 for axis in layer.placed.facts.axes))


def _concat(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return np.concatenate(inputs, axis=layer.placed.facts.axis + 2)


def _product(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    result = inputs[0]
    for factor in inputs[1:]:
        result = result * factor
    return result


def _matmul(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    left, right = inputs
    left = left.swapaxes(-1, -2) if facts.transpose_left else left
    right = right.swapaxes(-1, -2) if facts.transpose_right else right
    return left @ right


def _parameter(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    value = net._array(layer, "weight", w)
    assert value is not None
    return np.repeat(value[:, None], net.batch, axis=1)


def _linear(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    norm, rng = net.number(layer.placed.facts.norm), net.rng(layer)
    return _in_slices(net, layer, inputs, lambda slices, into: run.known_linear(slices[0], into, norm, rng))


def _map(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts, rng = layer.placed.facts, net.rng(layer)
    given = [net.optional(value) for value in (facts.lipschitz, facts.smoothness, facts.at_zero, facts.sup)]
    return _in_slices(net, layer, inputs, lambda slices, into: run.known_map(slices[0], into, *given, rng))


def _bilinear(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    norm, rng = net.number(layer.placed.facts.norm), net.rng(layer)
    return _in_slices(net, layer, inputs, lambda slices, into: run.known_bilinear(*slices, into, norm, rng))


def _generic(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts, rng = layer.placed.facts, net.rng(layer)
    constants = net.number(facts.lipschitz), 1.0 if facts.smoothness is None else net.number(facts.smoothness)
    parameter = net._array(layer, "weight", w)
    assert parameter is not None
    return _in_slices(net, layer, inputs, lambda slices, into: run.generic(slices[0], parameter, into, *constants, rng))


def _in_slices(net: Network, layer: Layer, inputs: list[Array], act: Callable[[Sequence[Array], int], Array]) -> Array:
    """What a layer of given constants does along the axes that it names; arrays have the copies as a further axis."""
    slices = layer.placed.facts.slices
    axes = [[axis + 1 for axis in own] for own in (slices.result, *slices.operands)]
    return run.slice_by_slice(inputs, (inputs[0].shape[0], net.batch, *net.shape(layer)), axes, act)


def _logistic(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts, z = layer.placed.facts, inputs[0] / net.number(layer.placed.facts.temperature)
    labels, kept = net.rng(layer).integers(z.shape[-1], size=net.batch), 1 - net.number(facts.label_smoothing)
    even = np.log(np.exp(z).sum(axis=-1)).mean(axis=1) - z.mean(axis=(1, 2))
    mean = kept * run.logistic(z, labels) + (1 - kept) * even
    return mean * (net.batch if facts.reduction == "sum" else 1)


def _squared(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    times = net.batch if layer.placed.facts.reduction == "sum" else 1
    if len(inputs) == 2:
        return times * run.squared(inputs[0], inputs[1])
    labels = net.number(layer.placed.facts.labels)
    target = labels * run.unit(net.rng(layer), inputs[0][0].size)
    return times * run.squared(inputs[0], target.reshape(inputs[0].shape[1:]))


def _unchanged(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0]


_KINDS: Mapping[str, Callable[[Network, Layer, list[Array], Array], Array]] = {
    "dense": _dense,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys([f"{form}pool{axes}d" for form in ("max", "avg") for axes in (1, 2, 3)], _pooling),
    "globalavgpool": _mean,
    "batchnorm": _batchnorm,
    "layernorm": _layernorm,
    **dict.fromkeys(("permute", "transpose"), _permute),
    "dropout": _dropout,
    "softmax": _softmax,
    "logsoftmax": _logsoftmax,
    "mean": _mean,
    **dict.fromkeys(("flatten", "reshape", "identity"), _unchanged),
    "add": lambda net, layer, inputs, w: sum(inputs[1:], inputs[0]),
    "concat": _concat,
    "multiply": _product,
    "matmul": _matmul,
    "attention": _attention,
    "parameter": _parameter,
    "linear": _linear,
    "map": _map,
    "bilinear": _bilinear,
    "generic": _generic,
    "logistic": _logistic,
    "squared": _squared,
    **{kind: computes for family in FAMILIES for kind, computes in family.computes.items()},
}
COVERED = frozenset(_KINDS) | frozenset(run.ACTIVATIONS)
