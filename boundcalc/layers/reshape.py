"""reshape: a new shape with as many entries, in the same order; one axis may be -1. An isometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.graph.features import reshaped
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape, size
from boundcalc.language import fields as types
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.moves import lower_regrouped


class Fields(StepFields):
    """A new shape with as many entries; one axis may be -1."""

    value_field = "shape"
    shape: types.Shape


@dataclass(frozen=True, slots=True)
class Facts:
    before: Shape
    shape: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    free = [i for i, axis in enumerate(fields.shape) if at.term(axis) == -1]
    if len(free) > 1:
        raise at.error("only one axis of a shape can be -1", place=fields.shape[free[1]].place)
    axes = [sympy.S.One if i in free else at.size(axis, "an axis") for i, axis in enumerate(fields.shape)]
    entries = size(at.shape)
    if free:
        filled = sympy.Mul(*axes)
        axes[free[0]] = entries / filled
        if not at.divides(entries, filled):
            raise at.error(f"{at.known(entries)} entries do not fill the other axes of the new shape")
    elif not at.same(entries, size(tuple(axes))):
        raise at.error(f"{show_shape(at.shape)} and {show_shape(tuple(axes))} have different numbers of entries")
    before, after = (tuple(at.known(axis) for axis in shape) for shape in (at.shape, axes))
    features = reshaped(at.operands[0].features, before, after)
    return Placed(tuple(axes), Facts(at.shape, tuple(axes)), features=features)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_regrouped(inputs[0], facts.before, facts.shape, lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.reshape(inputs[0], (inputs[0].shape[0], *(int(axis) for axis in facts.shape)))


KIND = Kind(
    "reshape",
    Fields,
    place,
    lower,
    forward,
    lower,
    example=example("dense: 6, reshape: [2, 3], dense: 2"),
)
