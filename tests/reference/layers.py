"""What each layer kind computes, on arrays of shape (copies, batch, *shape), with the conventions of torch.nn.functional.

Copies are networks with parameters of their own, computed at once. All functions accept complex arrays with a tiny imaginary part,
so that derivatives come from complex steps: comparisons look at the real part, and nothing conjugates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.complex128]
_ERF = np.vectorize(math.erf, otypes=[float])


# Activations ---------------------------------------------------------------------------------------------------------


def softplus(z: Array, beta: float = 1.0) -> Array:
    x = beta * z
    return (
        np.where(
            x.real > 0, x + np.log1p(np.exp(np.where(x.real > 0, -x, 0))), np.log1p(np.exp(np.where(x.real > 0, 0, x)))
        )
        / beta
    )


def sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


def magnitude(z: Array) -> Array:
    return np.where(z.real < 0, -z, z)


def erf(z: Array) -> Array:
    """To first order in the imaginary part."""
    return _ERF(z.real) + 1j * z.imag * 2 / math.sqrt(math.pi) * np.exp(-(z.real**2))


def arctan(z: Array) -> Array:
    """To first order in the imaginary part."""
    return np.arctan(z.real) + 1j * z.imag / (1 + z.real**2)


def clipped(z: Array, low: float, high: float) -> Array:
    return np.where(z.real <= low, low, np.where(z.real >= high, high, z))


def elu(z: Array, alpha: float = 1.0) -> Array:
    return np.where(z.real > 0, z, alpha * (np.exp(np.where(z.real > 0, 0, z)) - 1))


def celu(z: Array, alpha: float = 1.0) -> Array:
    return np.where(z.real > 0, z, alpha * (np.exp(np.where(z.real > 0, 0, z) / alpha) - 1))


def gelu(z: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return z / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return z / 2 * (1 + erf(z / math.sqrt(2)))


ACTIVATIONS: Mapping[str, Callable[..., Array]] = {
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "relu6": lambda z: clipped(z, 0, 6),
    "hardtanh": lambda z, min_val=-1.0, max_val=1.0: clipped(z, min_val, max_val),
    "leaky_relu": lambda z, negative_slope=0.01: np.where(z.real > 0, z, negative_slope * z),
    "selu": lambda z: 1.0507009873554804934193349852946 * elu(z, 1.6732632423543772848170429916717),
    "softplus": softplus,
    "logsigmoid": lambda z: -softplus(-z),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "tanhshrink": lambda z: z - np.tanh(z),
    "arctan": arctan,
    "softsign": lambda z: z / (1 + magnitude(z)),
    "elu": elu,
    "celu": celu,
    "gelu": gelu,
    "silu": lambda z: z * sigmoid(z),
    "mish": lambda z: z * np.tanh(softplus(z)),
    "hardsigmoid": lambda z: clipped(z + 3, 0, 6) / 6,
    "hardswish": lambda z: z * clipped(z + 3, 0, 6) / 6,
    "softshrink": lambda z, lambd=0.5: np.where(z.real > lambd, z - lambd, np.where(z.real < -lambd, z + lambd, 0)),
    "hardshrink": lambda z, lambd=0.5: np.where(np.abs(z.real) > lambd, z, 0),
    "sin": np.sin,
    "gaussian": lambda z: np.exp(-(z**2)),
    "square": lambda z: z * z,
}


def softmax(z: Array, axis: int) -> Array:
    e = np.exp(z - z.real.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# Affine layers -------------------------------------------------------------------------------------------------------


def dense(z: Array, weight: Array, bias: Array | None) -> Array:
    rows = z.reshape(z.shape[0], -1, z.shape[-1]) @ weight.transpose(0, 2, 1)
    if bias is not None:
        rows = rows + bias[:, None, :]
    return rows.reshape(*z.shape[:-1], weight.shape[1])


def normed(direction: Array, gain: Array | None) -> Array:
    """Each row with its gain for its length."""
    assert gain is not None
    found = np.empty_like(direction)
    for i in range(direction.shape[1]):
        row = direction[:, i].reshape(len(direction), -1)
        scale = gain[:, i] * np.sum(row * row, axis=1) ** -0.5
        found[:, i] = np.einsum("k,k...->k...", scale, direction[:, i])
    return found


def windows(
    z: Array, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], counts: Sequence[int]
) -> Array:
    """(copies, batch, channels, *counts, *kernel): the entries under each tap of each window of a padded array."""
    axes = tuple(range(3, z.ndim))
    extents = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    seen = np.lib.stride_tricks.sliding_window_view(z, extents, axis=axes)
    positions = [slice(0, s * (c - 1) + 1, s) for s, c in zip(stride, counts, strict=True)]
    taps = [slice(None, None, d) for d in dilation]
    return seen[(slice(None),) * 3 + (*positions, *taps)]


def padded(z: Array, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> Array:
    widths = [(0, 0)] * 3 + list(zip(before, after, strict=True))
    return np.pad(z, widths, constant_values=value)


def convolution(
    z: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    before: Sequence[int],
    after: Sequence[int],
    dilation: Sequence[int],
) -> Array:
    kernel = weight.shape[3:]
    z = padded(z, before, after)
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(z.shape[3:], kernel, stride, dilation, strict=True)]
    seen = windows(z, kernel, stride, dilation, counts)
    copies, batch, channels = z.shape[:3]
    inputs = weight.shape[2]
    groups = channels // inputs
    seen = seen.reshape(copies, batch, groups, inputs, math.prod(counts), math.prod(kernel))
    taps = weight.reshape(copies, groups, weight.shape[1] // groups, inputs, math.prod(kernel))
    result = np.einsum("kngcpt,kgoct->kngop", seen, taps).reshape(copies, batch, weight.shape[1], *counts)
    return result if bias is None else result + bias.reshape(copies, 1, -1, *(1 for _ in counts))


# Poolings ------------------------------------------------------------------------------------------------------------


def _pooled(
    z: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    counts: Sequence[int],
    dilation: Sequence[int],
    counted: bool,
) -> tuple[Array, Array]:
    """The windows, and where they hold entries (with `counted`: entries or padding, but nothing beyond it)."""
    extra = [
        max(0, (c - 1) * s + d * (k - 1) + 1 - n - 2 * p)
        for n, k, s, p, c, d in zip(z.shape[3:], kernel, stride, padding, counts, dilation, strict=True)
    ]
    after = [p + e for p, e in zip(padding, extra, strict=True)]
    ones = np.ones_like(z[:1, :1, :1])
    if counted:
        mask = padded(padded(ones, padding, padding, 1.0), [0] * len(extra), extra)
    else:
        mask = padded(ones, padding, after)
    flat = (*counts, -1)
    values = windows(padded(z, padding, after), kernel, stride, dilation, counts).reshape(*z.shape[:3], *flat)
    return values, windows(mask, kernel, stride, dilation, counts).reshape(1, 1, 1, *flat).real


def average_pool(
    z: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    counts: Sequence[int],
    counted: bool = True,
) -> Array:
    values, mask = _pooled(z, kernel, stride, padding, counts, [1] * len(kernel), counted)
    return values.sum(axis=-1) / mask.sum(axis=-1)


def max_pool(
    z: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    counts: Sequence[int],
    dilation: Sequence[int] | None = None,
) -> Array:
    values, mask = _pooled(z, kernel, stride, padding, counts, dilation or [1] * len(kernel), counted=False)
    where = np.where(mask > 0, values.real, -np.inf).argmax(axis=-1)
    return np.take_along_axis(values, where[..., None], axis=-1)[..., 0]


# Attention -----------------------------------------------------------------------------------------------------------


def attention(
    queries: Array,
    context: Array,
    arrays: Mapping[str, Array | None],
    heads: int,
    groups: int,
    seen: NDArray[np.bool_],
    kept: NDArray[np.float64],
    rotary: bool,
) -> Array:
    """One head after the other. `seen` and `kept` (batch, ..., heads, queries, keys): what a mask leaves, and the factors of
    dropout."""

    def learned(name: str, z: Array) -> Array:
        weight = arrays[f"{name}.weight"]
        assert weight is not None
        return dense(z, weight, arrays.get(f"{name}.bias"))

    query, key, value = learned("query", queries), learned("key", context), learned("value", context)
    width = query.shape[-1] // heads
    table, found = arrays.get("relative_bias.weight"), []
    offsets = np.subtract.outer(np.arange(queries.shape[-2]), np.arange(context.shape[-2]))
    for head in range(heads):
        group = head // (heads // groups)
        q, k, v = (z[..., at * width : (at + 1) * width] for z, at in ((query, head), (key, group), (value, group)))
        if rotary:
            q, k = turned(q), turned(k)
        scores = np.einsum("...ic,...jc->...ij", q, k) / math.sqrt(width)
        if table is not None:
            bias = table[:, head, queries.shape[-2] - 1 - offsets]
            scores = scores + bias.reshape(len(bias), *(1,) * (scores.ndim - 3), *bias.shape[1:])
        mask = seen[..., head, :, :]
        weights = np.where(mask, np.exp(scores - scores.real.max(axis=-1, keepdims=True)), 0)
        weights = weights / weights.sum(axis=-1, keepdims=True) * kept[..., head, :, :]
        found.append(np.einsum("...ij,...jc->...ic", weights, v))
    return learned("out", np.concatenate(found, axis=-1))


def turned(z: Array) -> Array:
    """Rotary embeddings, as products of complex numbers would be; z itself may be complex."""
    half = z.shape[-1] // 2
    angles = np.outer(np.arange(z.shape[-2]), 10_000.0 ** (-np.arange(half) / half))
    a, b = z[..., :half], z[..., half:]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1)


# Normalisation -------------------------------------------------------------------------------------------------------


def batchnorm(z: Array, eps: float, form: str, positions: bool) -> Array:
    axes = (1, *range(3, z.ndim)) if positions else (1,)
    centred = z - z.mean(axis=axes, keepdims=True)
    variance = (centred * centred).mean(axis=axes, keepdims=True)
    return centred / (np.sqrt(variance + eps) if form == "sqrt" else eps + np.sqrt(variance))


def layernorm(z: Array, eps: float, axes: int) -> Array:
    rows = z.reshape(*z.shape[: z.ndim - axes], -1)
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return (centred * ((centred**2).mean(axis=-1, keepdims=True) + eps) ** -0.5).reshape(z.shape)


def affine(z: Array, gain: Array, shift: Array, after: int) -> Array:
    """`after`: axes of z behind those of the gain."""
    before = z.ndim - len(gain.shape[1:]) - after - 1
    shape = (gain.shape[0], *(1,) * before, *gain.shape[1:], *(1,) * after)
    return gain.reshape(shape) * z + shift.reshape(shape)


# Losses --------------------------------------------------------------------------------------------------------------


def logistic(z: Array, labels: NDArray[np.int64]) -> Array:
    top = z.real.max(axis=-1, keepdims=True)
    whole = np.log(np.exp(z - top).sum(axis=-1)) + top[..., 0]
    picked = np.take_along_axis(z, np.broadcast_to(labels[None, :, None], (*z.shape[:2], 1)), axis=-1)[..., 0]
    return (whole - picked).mean(axis=1)


def squared(z: Array, target: Array) -> Array:
    difference = (z - target).reshape(z.shape[0], -1)
    return (difference * difference).sum(axis=1) / (2 * z.shape[1])


# Layers known by their constants: members of the class that reach them ------------------------------------------------


def slice_by_slice(
    inputs: Sequence[Array],
    shape: Sequence[int],
    axes: Sequence[Sequence[int]],
    act: Callable[[Sequence[Array], int], Array],
) -> Array:
    """A result of that shape whose slices each come from those of the inputs at the same index; `axes` of the result, then of each
    input. `act` is handed slices (copies, ...) and the number of entries that it is to make; it may be another map for each."""
    result = np.zeros(shape, dtype=complex)
    for index in np.ndindex(*(shape[axis] for axis in axes[0])):
        places: list[tuple[int | slice, ...]] = []
        for array, own in zip((result, *inputs), axes, strict=True):
            where = dict(zip(own, index, strict=True))
            places.append(tuple(where.get(axis, slice(None)) for axis in range(array.ndim)))
        into, *read = places
        made = act([z[place] for z, place in zip(inputs, read, strict=True)], result[into][0].size)
        result[into] = made.reshape(result[into].shape)
    return result


def unit(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    vector = rng.normal(size=size)
    return vector / np.linalg.norm(vector)


def wave(z: Array, into: int, amplitude: float, frequency: float, phase: float, rng: np.random.Generator) -> Array:
    """amplitude e sin(frequency <q, z> + phase) with unit vectors e, q: l = amplitude frequency, L = amplitude frequency^2."""
    flat = z.reshape(z.shape[0], -1)
    along = flat @ unit(rng, flat.shape[1])
    return amplitude * np.sin(frequency * along + phase)[:, None] * unit(rng, into)


def known_map(
    z: Array,
    into: int,
    lipschitz: float | None,
    smoothness: float | None,
    at_zero: float | None,
    sup: float | None,
    rng: np.random.Generator,
) -> Array:
    amplitude = sup if sup is not None else 2 * at_zero if at_zero else 3.0
    if amplitude == 0:
        return np.zeros((z.shape[0], into), dtype=complex)
    frequencies = [] if lipschitz is None else [lipschitz / amplitude]
    frequencies += [] if smoothness is None else [math.sqrt(smoothness / amplitude)]
    phase = math.pi / 2 if at_zero is None else math.asin(min(1.0, at_zero / amplitude))
    return wave(z, into, amplitude, min(frequencies, default=7.0), phase, rng)


def known_linear(z: Array, into: int, norm: float, rng: np.random.Generator) -> Array:
    flat = z.reshape(z.shape[0], -1)
    matrix = rng.normal(size=(into, flat.shape[1]))
    return flat @ (norm * matrix / np.linalg.norm(matrix, 2)).T


def known_bilinear(f: Array, g: Array, into: int, norm: float, rng: np.random.Generator) -> Array:
    left, right = f.reshape(f.shape[0], -1), g.reshape(g.shape[0], -1)
    product = (left @ unit(rng, left.shape[1])) * (right @ unit(rng, right.shape[1]))
    return norm * product[:, None] * unit(rng, into)


def generic(
    z: Array, parameter: Array, into: int, lipschitz: float, smoothness: float, rng: np.random.Generator
) -> Array:
    """phi(v, z) with the given constants in (v, z) jointly, both reached."""
    joint = np.concatenate([parameter.reshape(z.shape[0], -1), z.reshape(z.shape[0], -1)], axis=1)
    if smoothness == 0:
        return lipschitz * (joint @ unit(rng, joint.shape[1]))[:, None] * unit(rng, into)
    return wave(joint, into, lipschitz**2 / smoothness, smoothness / lipschitz, 0.3, rng)
