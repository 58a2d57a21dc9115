"""One layer against an operator of torch, with the same arrays: the network of a spec that has this layer alone, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import yaml

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.layers.index import VOCABULARY

MOST = 1e-10
Arrays = Mapping[str, Any]
Expected = Callable[..., Any]  # of the learned arrays of the layer by name, and of its inputs


@dataclass(frozen=True)
class Case:
    """`step` as a spec has it; several inputs are called a, b and c. `tokens`: how many, where the inputs are no real numbers."""

    step: str
    shapes: tuple[tuple[int, ...], ...]
    expected: Expected
    tokens: int = 0

    @property
    def kind(self) -> str:
        return self.step.partition(":")[0]

    @property
    def fields(self) -> set[str]:
        """Those that the step sets, also that of a bare value."""
        (value,) = yaml.safe_load(f"{{{self.step}}}").values()
        if isinstance(value, dict):
            return set(value) - {"from"}
        return {str(VOCABULARY[self.kind].fields.value_field)}

    @property
    def text(self) -> str:
        names = ("input",) if len(self.shapes) == 1 else "abc"[: len(self.shapes)]
        bound = f"tokens: {self.tokens}" if self.tokens else "norm: 1"
        inputs = ", ".join(
            f"{name}: {{shape: {list(shape)}, {bound}}}" for name, shape in zip(names, self.shapes, strict=True)
        )
        is_loss = VOCABULARY[self.kind].loss
        layers = (
            "layers: [identity]\nloss: "
            if is_loss and len(self.shapes) == 1
            else "layers: [identity: {from: a}]\nloss: "
        )
        steps = f"{layers}{{{self.step}}}" if is_loss else f"layers: [{{{self.step}}}]"
        return f"batch: 3\ninputs: {{{inputs}}}\nradius: 3\n{steps}\n"


def computed(case: Case, precision: type[np.floating] = np.float64) -> tuple[Any, Arrays, tuple[Any, ...]]:
    """What the network gives, its learned arrays and its inputs."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    network = bc.network(bc.loads(case.text))
    rng = np.random.default_rng(7)
    inputs, learned, arrays = dict[str, Any](), dict[str, Any](), dict[str, Any]()
    for path, shape in network.shapes.items():
        name = path.partition(".")[2]
        is_token = bool(case.tokens) and not name
        drawn = rng.integers(case.tokens, size=shape) if is_token else rng.normal(size=shape, scale=1 if name else 3)
        arrays[path] = torch.asarray(drawn if is_token else np.asarray(drawn, dtype=precision))
        (learned if name else inputs)[name or path] = arrays[path]
    found = network.run(arrays, namespace_of(*arrays.values()))[network.loss or network.outputs[0]]
    return found, learned, tuple(inputs.values())


def compare(case: Case) -> None:
    torch = pytest.importorskip("torch")
    found, learned, inputs = computed(case)
    wanted = case.expected(learned, *inputs)
    assert found.dtype == wanted.dtype == torch.float64, case.step
    assert found.shape == wanted.shape, case.step
    assert torch.allclose(found, wanted, rtol=MOST, atol=MOST * float(wanted.abs().max())), case.step
