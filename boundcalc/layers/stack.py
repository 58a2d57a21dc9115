"""stack: arrays of one shape side by side along a new axis (default 0). Norms, l and L by Pythagoras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Concat
from boundcalc.graph.features import with_new
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, common_shape
from boundcalc.layers.parts.windows import axis_of


class Fields(CombinationFields):
    """Arrays of one shape side by side along a new axis."""

    axis: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = common_shape(at)
    axis = axis_of(at, len(shape) + 1, 0 if fields.axis is None else at.integer(fields.axis, "the axis"))
    count = sympy.Integer(len(at.operands))
    features = with_new(at.operands[0].features, axis)
    return Placed((*shape[:axis], count, *shape[axis:]), Facts(axis), features=features)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lowering.emit(Concat(inputs, facts.axis + 1))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.stack(list(inputs), axis=facts.axis + 1)


KIND = Kind(
    "stack",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("{stack: [[dense: 3], [dense: 3, tanh]]}"),
)
