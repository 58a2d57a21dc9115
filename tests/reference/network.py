"""A layer graph with numbers: its parameters and inputs as one vector of blocks, and what every layer computes from it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.graph import expand as expansion
from boundcalc.graph import walk
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.graph.layers import LOSS_RULES, RULES
from boundcalc.graph.layers.rule import Inference, LayerRule, Request
from boundcalc.graph.request import StepRequest
from boundcalc.graph.selection import select
from boundcalc.language.architecture import Architecture
from boundcalc.language.structure import COMMON_FIELDS, Convolution, NonlinearMap, Pooling
from reference import layers as run
from reference.layers import Array

OUTPUT = "@output"  # all outputs of the network together


@contextmanager
def _recording() -> Iterator[None]:
    """Layers keep the step they were made from under `settings["step"]`: lowering forgets what the constants do not need."""

    def recorded(rule: LayerRule) -> LayerRule:
        def infer(request: Request) -> Inference:
            inference = rule.infer(request)
            return replace(inference, settings={**inference.settings, "step": request})

        return replace(rule, infer=infer)

    rules, losses = ({kind: recorded(rule) for kind, rule in table.items()} for table in (RULES, LOSS_RULES))
    with mock.patch.object(walk, "RULES", rules), mock.patch.object(expansion, "LOSS_RULES", losses):
        yield


def expand(architecture: Architecture) -> LayerGraph:
    """Everything unrolled, with the steps kept."""
    with _recording():
        return expansion.expand(architecture, unroll=True)


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
        self.graph = expand(architecture)
        self.seed = seed
        self.selection = select(self.graph, wrt)
        self.batch = self.integer(self.graph.batch)
        self.arrays: dict[tuple[str, str], tuple[slice, tuple[int, ...]]] = {}  # (ball, array) -> where, shape
        self.blocks: list[Block] = []
        self.width = 0
        rng = np.random.default_rng(seed)
        for ball in self.graph.balls.values():
            self._ball(ball.path, rng)
        for layer in self.graph:
            if layer.kind == "input":
                self._input(layer, architecture)
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

    def shape(self, layer: Layer) -> tuple[int, ...]:
        return tuple(self.integer(axis) for axis in layer.shape)

    # Blocks ----------------------------------------------------------------------------------------------------------

    def _ball(self, path: str, rng: np.random.Generator) -> None:
        start, ball = self.width, self.graph.balls[path]
        centers: list[NDArray[np.float64]] = []
        for layer in self.graph:
            for array in layer.arrays:
                if array.ball == path and not array.shared:
                    shape = tuple(self.integer(axis) for axis in array.shape)
                    size = int(np.prod(shape))
                    self.arrays[layer.path, array.name] = (slice(self.width, self.width + size), shape)
                    self.width += size
                    centers.append(self._center(layer, array.name, size, rng))
        center = np.concatenate(centers)
        step = self._step(self.graph.layer(path.removesuffix(".weight").removesuffix(".bias")))
        if ball.center is not None and not isinstance(step.step_fields.center, Mapping):
            center = self.number(ball.center) * run.unit(rng, len(center))
        selected = not ball.frozen and self.selection.parameter(path)
        part = slice(start, self.width)
        self.blocks.append(Block(path, part, center, self.number(ball.radius), 1, selected, self._inner(path)))

    def _center(self, layer: Layer, name: str, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Of one array, as the spec has it: its own centre, or one for gains."""
        step = self._step(layer)
        given = step.step_fields.center
        if isinstance(given, Mapping) and name in given:
            return self.number(step.term(given[name])) * run.unit(rng, size)
        return np.ones(size) if layer.kind == "batchnorm" and name == "weight" else np.zeros(size)

    def _inner(self, path: str) -> float:
        """A spectral bound S holds for weights of norm S over the norm of the layer's bilinear map."""
        radius = self.number(self.graph.balls[path].radius)
        for layer in self.graph:
            if layer.spectral is not None and any(a.ball == path for a in layer.arrays):
                radius = min(radius, self.number(layer.spectral) / self.number(layer.settings["norm"]))  # type: ignore[arg-type]
        return radius

    def _input(self, layer: Layer, architecture: Architecture) -> None:
        declared = architecture.inputs[layer.path].norm
        assert declared is not None
        size = self.batch * int(np.prod(self.shape(layer)))
        rows = 1 if declared.batch is not None else self.batch if declared.sample is not None else size
        radius = self.number(layer.settings["sup"])  # type: ignore[arg-type]
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
        for layer in self.graph:
            if layer.spectral is not None and layer.arrays:
                part, _ = self.arrays[self._owner(layer, "weight")]
                norms = [self._operator_norm(layer, point[None]) for point in result]
                scale = self.number(layer.spectral) / np.maximum(norms, 1e-300)
                result[:, part] *= np.minimum(scale, 1)[:, None]
        return result

    def _operator_norm(self, layer: Layer, w: NDArray[np.float64]) -> float:
        """Of the layer's linear map, from its images of the unit vectors."""
        shape = self.shape(self.graph.layer(layer.inputs[0]))
        units = np.eye(int(np.prod(shape)), dtype=complex).reshape(1, -1, *shape)
        bare = replace(layer, arrays=tuple(a for a in layer.arrays if a.name == "weight"))
        images = _KINDS[layer.kind](self, bare, [units], w.astype(complex))
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

    def _owner(self, layer: Layer, name: str) -> tuple[str, str]:
        path, _, array = next(a.origin for a in layer.arrays if a.name == name).rpartition(".")
        return path, array

    # Running ---------------------------------------------------------------------------------------------------------

    def outputs(self, w: Array) -> dict[str, Array]:
        """What every layer computes for copies of the vector of all blocks (copies, width): path -> (copies, batch, *shape)."""
        found: dict[str, Array] = {}
        for layer in self.graph:
            found[layer.path] = self._layer(layer, [found[path] for path in layer.inputs], w)
        found[OUTPUT] = np.concatenate([found[path].reshape(len(w), -1) for path in self.graph.outputs], axis=1)
        return found

    def _step(self, layer: Layer) -> StepRequest:
        step = layer.settings["step"]
        assert isinstance(step, StepRequest)
        return step

    def _layer(self, layer: Layer, inputs: list[Array], w: Array) -> Array:
        kind, shape = layer.kind, self.shape(layer)
        full = (len(w), self.batch, *shape)
        if kind == "input":
            return w[:, self.block(layer.path).part].reshape(full)
        if kind == "zeros":
            return np.zeros(full, dtype=complex)
        if kind == "slice":
            return inputs[0][:, :, int(layer.path.split(".")[-2])]
        if kind == "stack":
            return np.stack(inputs, axis=2)
        result = _KINDS[kind](self, layer, inputs, w) if kind in _KINDS else self._activation(layer, inputs[0])
        if kind in LOSS_RULES:
            return result
        if result.shape != full:
            assert kind in ("flatten", "reshape", "linear", "map", "bilinear", "generic"), (
                layer.path,
                result.shape,
                full,
            )
        return result.reshape(full)

    def _activation(self, layer: Layer, z: Array) -> Array:
        step = self._step(layer)
        values: dict[str, Any] = {}
        for name, value in step.step_fields:
            if name not in COMMON_FIELDS and name != "sources" and value is not None:
                values[name] = value if isinstance(value, str) else self.number(step.term(value))
        return run.ACTIVATIONS[layer.kind](z, **values)

    def rng(self, layer: Layer) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(layer.path.encode())])

    def axes(self, layer: Layer, name: str, count: int, default: int) -> list[int]:
        step = self._step(layer)
        given = getattr(step.step_fields, name)
        values = [default] if given is None else [self.integer(step.term(value)) for value in given]
        return values * count if len(values) == 1 else values

    def field(self, layer: Layer, name: str) -> float | None:
        step = self._step(layer)
        value = getattr(step.step_fields, name)
        return None if value is None else self.number(step.term(value))

    def size_of(self, layer: Layer) -> int:
        return self.batch * int(np.prod(self.shape(layer)))


def _dense(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    weight = net._array(layer, "weight", w)
    assert weight is not None
    return run.dense(inputs[0], weight, net._array(layer, "bias", w))


def _convolution(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    step, count = net._step(layer), int(layer.kind[4])
    fields = step.step_fields
    assert isinstance(fields, Convolution)
    weight = net._array(layer, "weight", w)
    assert weight is not None
    same = fields.padding is not None and step.word(fields.padding[0]) == "same"
    padding = None if same else net.axes(layer, "padding", count, 0)
    stride, dilation = net.axes(layer, "stride", count, 1), net.axes(layer, "dilation", count, 1)
    return run.convolution(inputs[0], weight, net._array(layer, "bias", w), stride, padding, dilation)


def _pooling(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    fields, count = net._step(layer).step_fields, int(layer.kind[7])
    assert isinstance(fields, Pooling)
    kernel = net.axes(layer, "kernel", count, 1)
    stride = kernel if fields.stride is None else net.axes(layer, "stride", count, 1)
    pool = run.max_pool if layer.kind.startswith("max") else run.average_pool
    return pool(inputs[0], kernel, stride, net.axes(layer, "padding", count, 0), net.shape(layer)[1:])


def _batchnorm(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    step = net._step(layer)
    fields: Any = step.step_fields
    eps = net.field(layer, "eps")
    assert eps is not None
    z = run.batchnorm(inputs[0], eps, fields.form, step.flag(fields.positions))
    if not layer.arrays:
        return z
    gain, shift = net._array(layer, "weight", w), net._array(layer, "bias", w)
    assert gain is not None
    assert shift is not None
    return run.affine(z, gain, shift)


def _dropout(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    p, fields = net.field(layer, "p"), net._step(layer).step_fields
    assert p is not None
    if getattr(fields, "mode") == "eval":  # noqa: B009
        return inputs[0]
    return inputs[0] * (net.rng(layer).random(inputs[0].shape[1:]) >= p) / (1 - p)


def _softmax(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    axis = net.field(layer, "axis")
    return run.softmax(inputs[0], -1 if axis is None else int(axis) + (2 if axis >= 0 else 0))


def _mean(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    axis = net.field(layer, "axis")
    return inputs[0].mean(axis=-1 if axis is None else int(axis) + (2 if axis >= 0 else 0))


def _concat(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    axis = int(net.field(layer, "axis") or 0)
    return np.concatenate(inputs, axis=axis + (2 if axis >= 0 else 0))


def _product(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    result = inputs[0]
    for factor in inputs[1:]:
        result = result * factor
    return result


def _matmul(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    step = net._step(layer)
    fields: Any = step.step_fields
    left, right = inputs
    left = left.swapaxes(-1, -2) if step.flag(fields.transpose_left) else left
    right = right.swapaxes(-1, -2) if step.flag(fields.transpose_right) else right
    return left @ right


def _parameter(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    value = net._array(layer, "weight", w)
    assert value is not None
    return np.repeat(value[:, None], net.batch, axis=1)


def _linear(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    norm = net.field(layer, "norm")
    assert norm is not None
    return run.known_linear(inputs[0], int(np.prod(net.shape(layer))), norm, net.rng(layer))


def _map(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    assert isinstance(net._step(layer).step_fields, NonlinearMap)
    constants = [net.field(layer, name) for name in ("lipschitz", "smoothness", "at_zero", "sup")]
    return run.known_map(inputs[0], net.size_of(layer), *constants, net.rng(layer))


def _bilinear(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    norm = net.field(layer, "norm")
    assert norm is not None
    return run.known_bilinear(inputs[0], inputs[1], net.size_of(layer), norm, net.rng(layer))


def _generic(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    lipschitz, smoothness = net.field(layer, "lipschitz"), net.field(layer, "smoothness")
    parameter = net._array(layer, "weight", w)
    assert lipschitz is not None
    assert parameter is not None
    return run.generic(
        inputs[0], parameter, net.size_of(layer), lipschitz, 1.0 if smoothness is None else smoothness, net.rng(layer)
    )


def _logistic(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return run.logistic(inputs[0], net.rng(layer).integers(inputs[0].shape[-1], size=net.batch))


def _squared(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    if len(inputs) == 2:
        return run.squared(inputs[0], inputs[1])
    labels = net.field(layer, "labels")
    assert labels is not None
    target = labels * run.unit(net.rng(layer), inputs[0][0].size)
    return run.squared(inputs[0], target.reshape(inputs[0].shape[1:]))


def _unchanged(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    return inputs[0]


_KINDS: Mapping[str, Callable[[Network, Layer, list[Array], Array], Array]] = {
    "dense": _dense,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys([f"{form}pool{axes}d" for form in ("max", "avg") for axes in (1, 2, 3)], _pooling),
    "globalavgpool": lambda net, layer, inputs, w: inputs[0].mean(axis=tuple(range(3, inputs[0].ndim))),
    "batchnorm": _batchnorm,
    "dropout": _dropout,
    "softmax": _softmax,
    "mean": _mean,
    **dict.fromkeys(("flatten", "reshape", "identity"), _unchanged),
    "add": lambda net, layer, inputs, w: sum(inputs[1:], inputs[0]),
    "concat": _concat,
    "multiply": _product,
    "matmul": _matmul,
    "parameter": _parameter,
    "linear": _linear,
    "map": _map,
    "bilinear": _bilinear,
    "generic": _generic,
    "logistic": _logistic,
    "squared": _squared,
}
COVERED = frozenset(_KINDS) | frozenset(run.ACTIVATIONS)
