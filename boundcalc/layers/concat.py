"""concat: arrays joined along an axis (default 0, the channels). Norms, l and L by Pythagoras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Concat
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import show_shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, are_equal
from boundcalc.layers.parts.windows import axis_of


class Fields(CombinationFields):
    """Arrays joined along an axis."""

    axis: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int


def place(fields: Fields, at: At) -> Placed[Facts]:
    first, *others = (operand.shape for operand in at.operands)
    if not first:
        raise at.error("'concat' joins along an axis, and its first operand has none")
    axis = axis_of(at, len(first), 0 if fields.axis is None else at.integer(fields.axis, "the axis"))
    for shape in others:
        rest = (*shape[:axis], *shape[axis + 1 :])
        if len(shape) != len(first) or not are_equal(at, (*first[:axis], *first[axis + 1 :]), rest):
            found = f"{show_shape(first)} and {show_shape(shape)}"
            raise at.error(f"the operands of 'concat' differ outside axis {axis}: {found}")
    joined = sympy.Add(*(operand.shape[axis] for operand in at.operands))
    return Placed((*first[:axis], joined, *first[axis + 1 :]), Facts(axis))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0] if len(inputs) == 1 else lowering.emit(Concat(inputs, facts.axis + 1))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.concat(list(inputs), axis=facts.axis + 1)


KIND = Kind(
    "concat",
    Fields,
    place,
    lower,
    forward,
    lower,
    operands=None,
    example=example("{concat: [[dense: 2, tanh], [dense: 2]]}"),
)
