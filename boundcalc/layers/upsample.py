"""upsample: every axis but the first `factor` times as long. nearest: every entry is repeated; linear: between the two nearest
entries of an axis, as torch has it with align_corners=False.

Along one axis of n entries the weights of an image add up to 1, and those of an entry to the factor f: the norm is at most
sqrt(f) (Schur), reached by a constant input. Over several axes they multiply.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Linear
from boundcalc.catalogue.gains import repeat_norm
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Axes
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.averages import applied
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.moves import along_others, read_once
from boundcalc.layers.parts.windows import per_axis

MODES = ("nearest", "linear")
Mode = Annotated[str, PlainValidator(types.choice(*MODES)), WithJsonSchema({"enum": list(MODES)})]


class Fields(StepFields):
    """Every axis but the first (the channels) `factor` times as long."""

    value_field = "factor"
    factor: Axes
    mode: Mode = "nearest"


@dataclass(frozen=True, slots=True)
class Facts:
    factors: Shape
    mode: str


def place(fields: Fields, at: At) -> Placed[Facts]:
    channels, *places = at.shape or (None,)
    if channels is None or not places:
        raise at.error("'upsample' makes all axes but the first longer, and its input has no others")
    factors = per_axis(at, fields.factor, len(places), "the factor")
    longer = (n * f for n, f in zip(places, factors, strict=True))
    return Placed((channels, *longer), Facts(factors, fields.mode), features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Weights that add up to 1: at one index of the image, no more than the largest of what is read there."""
    norm = repeat_norm(sympy.Mul(*facts.factors))
    lowering.own(operator_norm=norm)
    axes = range(1, len(facts.factors) + 1)
    windows = [read_once(axis, factor) for axis, factor in zip(axes, facts.factors, strict=True)]
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True, view=along_others(axes, len(axes) + 1, windows)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    weights = _nearest if facts.mode == "nearest" else _linear
    for axis, factor in enumerate(facts.factors, start=2):
        if factor != 1:
            z = applied(weights(z.shape[axis], int(factor)), z, axis, xp)
    return z


def _nearest(count: int, factor: int) -> list[list[float]]:
    return [[float(place // factor == entry) for entry in range(count)] for place in range(count * factor)]


def _linear(count: int, factor: int) -> list[list[float]]:
    rows = [[0.0] * count for _ in range(count * factor)]
    for place, row in enumerate(rows):
        source = max((place + 0.5) / factor - 0.5, 0.0)
        first = math.floor(source)
        row[first] += 1 - (source - first)
        row[min(first + 1, count - 1)] += source - first
    return rows


KIND = Kind(
    "upsample",
    Fields,
    place,
    lower,
    forward,
    example=example("conv1d: {channels: 2, kernel: 2}, tanh, {upsample: {factor: 2, mode: linear}}", "[1, 5]"),
)
