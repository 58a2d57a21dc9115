"""linear: a fixed linear map that a person knows by its operator norm, on the whole batch or on slices along `axes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.families import partial_isometry
from boundcalc.layers.parts.operands import given_shape
from boundcalc.layers.parts.slices import Slices, slices_of

UNITS = 8  # a whole number from here on looks like the width of a layer


class Fields(StepFields):
    """A fixed linear map of known operator norm."""

    value_field = "norm"
    norm: Term
    shape: types.Shape | None = None
    axes: types.Along | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    slices: Slices


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = given_shape(at, fields.shape)
    norm = at.constant(fields.norm, "a norm")
    if isinstance(norm, sympy.Integer) and norm >= UNITS:
        at.warn(f"'linear: {norm}' is a fixed map of norm {norm}; a learned layer of {norm} units is dense: {norm}")
    return Placed(shape, Facts(norm, slices_of(at, fields.axes, shape)), is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(operator_norm=facts.norm)
    return lowering.emit(Linear(inputs[0], facts.norm, view=facts.slices.view()))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    slices = facts.slices
    rows = partial_isometry(slices.cut(inputs[0], xp), slices.entries, xp)
    return float(facts.norm) * slices.joined(rows, xp)


KIND = Kind(
    "linear", Fields, place, lower, forward, lower, example=example("dense: 3, linear: {norm: 1/2, shape: [2]}")
)
