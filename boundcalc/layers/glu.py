"""glu, swiglu, geglu: the halves a and b of an axis (default: the last), a times a gate of b, entry by entry.

The gate is sigmoid (as in torch.nn.functional.glu), silu or gelu. Halves are slices, of norm 1; the product is that of `multiply`,
where the largest entries come in: |a| bounds what the gate's slope does, the gate's largest entry what a does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear
from boundcalc.calculus.views import same
from boundcalc.catalogue.activations import SIGMOID
from boundcalc.catalogue.gates import GELU, SILU
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.arrays import on_arrays
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.moves import along_others, read_alone, read_once
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """The first half of an axis (default: the last), times a gate of the second half."""

    value_field = "axis"
    axis: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    gate: Nonlinearity


@dataclass(frozen=True, slots=True)
class Gated:
    """With one row of the catalogue as the gate."""

    gate: Nonlinearity

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        shape = at.shape
        axis = axis_of(at, len(shape), -1 if fields.axis is None else at.integer(fields.axis, "the axis"))
        if not at.divides(shape[axis], sympy.Integer(2)):
            finding = f"'{at.kind}' halves axis {axis}, and it has {at.known(shape[axis])} entries"
            raise at.error(finding, "give the layer before it twice as many units as there shall be")
        halved = (*shape[:axis], shape[axis] / 2, *shape[axis + 1 :])
        return Placed(halved, Facts(axis, self.gate.instantiate(entries=at.batch * size(halved))))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    view = same(range(len(lowering.shape) + 1))
    window = read_alone(facts.axis) if lowering.shape[facts.axis] == 1 else read_once(facts.axis)
    half = along_others((facts.axis,), len(lowering.shape), (window,))
    first, second = (lowering.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=half)) for _ in range(2))
    gate = lower_map(facts.gate, second, lowering, view)
    return lowering.emit(Bilinear(first, gate, sympy.S.One, entrywise=True, left_view=view, right_view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    half, before = z.shape[facts.axis + 1] // 2, (slice(None),) * (facts.axis + 1)
    assert facts.gate.function is not None
    return z[(*before, slice(None, half))] * on_arrays(facts.gate.function, z[(*before, slice(half, None))], xp)


KINDS = tuple(
    Kind(
        name,
        Fields,
        Gated(gate).place,
        lower,
        forward,
        example=example(f"dense: 6, {name}, dense: 2", "[4]"),
    )
    for name, gate in (("glu", SIGMOID), ("swiglu", SILU), ("geglu", GELU))
)
