"""lora: z -> W z + B (A z) on the last axis, W of shape [units, features] frozen, A and B learned, of `rank` rows and columns.

Three maps with a ball each, `base`, `down` and `up`; the base is bounded, not differentiated. `radius: {base: 0, down: R, up: R}` leaves the two
factors alone. A scale alpha/rank belongs into the radius of `up`. Bilinear maps of norm 1, as in dense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Sum
from boundcalc.calculus.views import moved, same
from boundcalc.catalogue import gains
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example

BASE, DOWN, UP = (f"{name}.weight" for name in ("base", "down", "up"))


class Fields(StepFields):
    """A frozen dense map and a learned one of low rank, added."""

    value_field = "units"
    units: Size
    rank: Size


@dataclass(frozen=True, slots=True)
class Facts:
    rank: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    if not at.shape:
        raise at.error("'lora' acts on the last axis, and its input has none")
    units, rank, features = at.size(fields.units, "the number of units"), at.size(fields.rank, "the rank"), at.shape[-1]
    arrays = {BASE: (units, features), DOWN: (rank, features), UP: (units, rank)}
    return Placed((*at.shape[:-1], units), Facts(rank), arrays, frozen=frozenset({"base"}), features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    row = len(lowering.shape)

    def product(name: str, of: int, units: sympy.Expr) -> int:
        parameter, rows = lowering.arrays[name].parameter, moved([(row, 0)])
        read = same(range(row))
        map_ = Bilinear(parameter, of, gains.DENSE_NORM, is_matrix=True, left_view=rows, right_view=read)
        return lowering.emit(map_, (*lowering.shape[:-1], units))

    lowering.own(operator_norm=gains.DENSE_NORM)
    low = product(UP, product(DOWN, inputs[0], facts.rank), lowering.shape[-1])
    return lowering.emit(Sum((product(BASE, inputs[0], lowering.shape[-1]), low)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    return xp.matmul(z, arrays[BASE].T) + xp.matmul(xp.matmul(z, arrays[DOWN].T), arrays[UP].T)


KIND = Kind(
    "lora",
    Fields,
    place,
    lower,
    forward,
    channels=-1,
    example=example("lora: {units: 4, rank: 2}", "[4]"),
)
