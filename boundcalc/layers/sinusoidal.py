"""sinusoidal: the fixed table of positions of Vaswani et al. (arXiv:1706.03762), sin and cos of t/10000^(2i/d) side by side.

It reads nothing and is learned from nothing. A pair (sin, cos) has norm 1 at each place, so that a position of d features has norm
sqrt(d/2): every position is that at t = 0 with its pairs turned, an isometry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Constant, Linear
from boundcalc.calculus.views import View
from boundcalc.catalogue import gains
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language import fields as types
from boundcalc.language.structure import StepFields

BASE = 10_000


class Fields(StepFields):
    """Sinusoidal positions [positions, features]: a fixed table that reads nothing."""

    value_field = "shape"
    shape: types.Shape


@dataclass(frozen=True, slots=True)
class Facts:
    shape: Shape
    batch: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = tuple(at.size(axis, "an axis") for axis in fields.shape)
    if len(shape) != 2:
        raise at.error(f"'sinusoidal' has the shape [positions, features], not {show_shape(shape)}")
    if not at.divides(shape[1], sympy.Integer(2)):
        finding = f"'sinusoidal' has pairs of features, and {at.known(shape[1])} is odd"
        raise at.error(finding, "give an even number of features")
    return Placed(shape, Facts(shape, at.batch), features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    positions, features = facts.shape
    first = lowering.emit(Constant(sympy.sqrt(features / 2)), (features,))
    turned = gains.repeat_norm(facts.batch * positions)
    return lowering.emit(Linear(first, turned, view=View(copied=frozenset({0, 1}))))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    positions, features = (int(axis) for axis in facts.shape)
    rates = [BASE ** (-2 * i / features) for i in range(features // 2)]
    row = [[wave(t * rate) for rate in rates for wave in (math.sin, math.cos)] for t in range(positions)]
    return xp.stack([xp.asarray(row)] * int(facts.batch), axis=0)


KIND = Kind(
    "sinusoidal",
    Fields,
    place,
    lower,
    forward,
    operands=0,
    example="input: {shape: [8], tokens: 100}\nradius: 1\nlayers: [embedding: 4, {add: [[], [sinusoidal: [8, 4]]]}]\n",
)
