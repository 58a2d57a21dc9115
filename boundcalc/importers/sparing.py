"""Large networks beside their spec: both run on one learned array at a time, which is made or brought to double precision when it is
read.

In place of the module its exported program runs, whose values PyTorch vouches for. A network on the meta device has no values: they
are made up, rows of one random sequence that overlap, so that no two arrays agree and none is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

import torch  # pyright: ignore[reportMissingImports]
from torch.export.graph_signature import OutputKind  # pyright: ignore[reportMissingImports]

_STEPS = (1, 3, 7, 31, 127)  # between entries along the last axis, the one before it, ...
_RATES = frozenset({"dropout", "dropout_p"})  # arguments that are rates of dropout, whatever the operator
_RATE_ALONE = "p"
_SPREAD = 1 << 16  # between the beginnings of arrays in the sequence


@dataclass(frozen=True, slots=True)
class _Stored:
    """A learned array that is not read yet."""

    name: str


class _Sparing(torch.fx.Interpreter):  # pyright: ignore[reportUntypedBaseClass]
    """Reads a learned array where an operator does, and forgets it after. Dropout is off."""

    def __init__(self, program: Any, values: Mapping[str, Any]) -> None:
        super().__init__(program.graph_module)
        self.values = values

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        given, named = torch.fx.node.map_aggregate((args, kwargs), self._read)
        return super().call_function(target, *_without_dropout(target, given, named))

    def output(self, target: Any, args: Any, kwargs: Any) -> Any:
        return torch.fx.node.map_aggregate(args[0], self._read)

    def _read(self, value: Any) -> Any:
        return self.values[value.name] if isinstance(value, _Stored) else value


def _without_dropout(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], Any]:
    schema = getattr(target, "_schema", None)
    if schema is None:
        return args, kwargs
    names = [argument.name for argument in schema.arguments]
    rates = _RATES | ({_RATE_ALONE} if "dropout" in schema.name else set())
    given = tuple(0.0 if name in rates else value for name, value in zip(names, args, strict=False))
    return given, {name: 0.0 if name in rates else value for name, value in kwargs.items()}


def outputs_of(program: Any, values: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Any]:
    """What an exported program gives, of learned arrays by their names, and of inputs by those of their nodes."""
    signature = program.graph_signature
    learned, kept = dict(signature.inputs_to_parameters), {
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }  # fmt: skip
    given: list[Any] = []
    for node in program.graph.nodes:
        if node.op == "placeholder":
            name = node.name
            if name in learned:
                given.append(_Stored(learned[name]))
            elif name in kept:
                held = program.state_dict.get(kept[name])
                given.append(program.constants[kept[name]] if held is None else held)
            else:
                given.append(inputs.get(name))
    with torch.no_grad():
        found = _Sparing(program, values).run(*given)
    results = zip(found, signature.output_specs, strict=True)
    return [value for value, spec in results if spec.kind == OutputKind.USER_OUTPUT]


def made_up(name: str, shape: tuple[int, ...]) -> Any:
    """Values for a learned array, always the same of one name, of a size that keeps what it computes finite."""
    strides = tuple(_STEPS[min(i, len(_STEPS) - 1)] for i in reversed(range(len(shape))))
    fan = math.prod(shape[1:]) if len(shape) > 1 else 1
    offset = crc32(name.encode()) % _SPREAD
    length = offset + 1 + sum(stride * (size - 1) for stride, size in zip(strides, shape, strict=True))
    return _sequence(round(math.log2(fan) / 2), length.bit_length()).as_strided(shape, strides, offset).contiguous()


@cache
def _sequence(halvings: int, bits: int) -> Any:
    source = torch.Generator().manual_seed(bits)
    return torch.randn(1 << bits, generator=source, dtype=torch.float64) / 2**halvings
