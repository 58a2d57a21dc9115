"""split: an axis cut into parts of given sizes, which are read as `name.0`, `name.1` and so on; each is a slice.

The step itself is the array that is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import sympy

from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers import slice as slicing
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """An axis cut into parts of these sizes, read as `name.0`, `name.1` and so on."""

    value_field = "axis"
    axis: Term
    sizes: types.Shape


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), at.integer(fields.axis, "the axis"))
    sizes = [at.size(size, "the size of a part") for size in fields.sizes]
    total = sympy.Add(*sizes)
    if not sizes or not at.same(total, shape[axis]):
        finding = f"the parts have {at.known(total)} entries, and axis {axis} has {at.known(shape[axis])}"
        raise at.error(finding, "give the size of every part: sizes: [A, B]")
    ends = list(accumulate(sizes, initial=sympy.S.Zero))
    parts = [slicing.placed(at, slicing.Facts(axis, start, stop, sympy.S.One)) for start, stop in pairwise(ends)]
    return Placed(shape, Facts(), parts=tuple(parts), row_stochastic=at.operands[0].row_stochastic)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return inputs[0]


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return inputs[0]


KIND = Kind(
    "split",
    Fields,
    place,
    lower,
    forward,
    part=slicing.KIND,
    example=example("dense: 4, {split: {axis: 0, sizes: [1, 3], name: s}}, {dense: {units: 2, from: s.1}}"),
)
