"""The reference of ONNX in double precision: numbers of attributes as they were meant. What it computes in single precision, has not, or
does otherwise than the specification says is here as that says it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_rnn import RNN_14

from boundcalc.importers.graph import Array
from boundcalc.importers.onnx.numbers import meant

_erf = np.vectorize(math.erf, otypes=[np.float64])


class Erf(OpRun):
    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (_erf(x),)


class Gelu(OpRun):
    op_domain = ""

    def _run(self, x: Array, approximate: str | None = None) -> tuple[Array]:
        if approximate == "tanh":
            return (0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),)
        return (0.5 * x * (1 + _erf(x / math.sqrt(2))),)


class HardSwish(OpRun):
    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (x * np.clip(x / 6 + 0.5, 0, 1),)


class GroupNormalization(OpRun):
    op_domain = ""

    def _run(
        self, x: Array, scale: Array, bias: Array, epsilon: float = 1e-5, num_groups: int = 1, stash_type: int = 1
    ) -> tuple[Array]:
        apart = x.reshape((x.shape[0], num_groups, -1))
        centred = apart - apart.mean(axis=2, keepdims=True)
        found = centred / np.sqrt(np.mean(centred**2, axis=2, keepdims=True) + epsilon)
        channels = (1, -1, *(1,) * (x.ndim - 2))
        return (found.reshape(x.shape) * scale.reshape(channels) + bias.reshape(channels),)


class LRN(OpRun):
    """The library's own sums over the samples where it should over the channels."""

    op_domain = ""

    def _run(
        self,
        x: Array,
        alpha: float = 0.0,
        beta: float = 0.0,
        bias: float = 0.0,
        size: int = 1,
    ) -> tuple[Array]:
        before, after = (size - 1) // 2, size // 2
        squares = np.stack(
            [np.sum(x[:, max(0, c - before) : c + after + 1] ** 2, axis=1) for c in range(x.shape[1])], axis=1
        )
        return (x / (bias + alpha / size * squares) ** beta,)


class RNN(RNN_14):
    """The library's own knows tanh alone."""

    op_domain = ""

    def choose_act(self, name: str, alpha: float | None, beta: float | None) -> Any:
        if name.lower() == "relu":
            return lambda x: np.maximum(x, 0)
        return super().choose_act(name, alpha, beta)


def evaluated(model: ModelProto, results: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
    """Raises whatever the library raises of what it cannot do."""
    evaluator: Any = ReferenceEvaluator(model, new_ops=[Erf, Gelu, GroupNormalization, HardSwish, LRN, RNN])
    for node in evaluator.rt_nodes_:
        for name, value in list(vars(node).items()):
            if isinstance(value, float | np.floating):
                setattr(node, name, meant(float(value)))
            elif isinstance(value, list) and value and all(isinstance(each, float | np.floating) for each in value):
                setattr(node, name, [meant(float(each)) for each in value])
    with np.errstate(all="ignore"):
        return [np.asarray(each) for each in evaluator.run(list(results), dict(feeds))]
