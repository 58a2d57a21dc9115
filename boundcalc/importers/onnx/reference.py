"""The reference of ONNX in double precision: numbers of attributes as they were meant, and in double precision what it computes in
single precision by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto  # pyright: ignore[reportMissingImports]
from onnx.reference import ReferenceEvaluator  # pyright: ignore[reportMissingImports]
from onnx.reference.op_run import OpRun  # pyright: ignore[reportMissingImports]

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


def evaluated(model: ModelProto, results: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
    """Raises whatever the library raises of what it cannot do."""
    evaluator: Any = ReferenceEvaluator(model, new_ops=[Erf, Gelu, HardSwish])
    for node in evaluator.rt_nodes_:
        for name, value in list(vars(node).items()):
            if isinstance(value, float):
                setattr(node, name, meant(value))
            elif isinstance(value, list) and value and all(isinstance(each, float) for each in value):
                setattr(node, name, [meant(each) for each in value])
    with np.errstate(all="ignore"):
        return [np.asarray(each) for each in evaluator.run(list(results), dict(feeds))]
