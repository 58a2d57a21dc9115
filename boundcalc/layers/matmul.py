"""matmul: the product of the last two axes of two operands; the other axes must agree. ||P Z|| <= ||P||_op ||Z||.

Of a row-stochastic P of N rows, ||P||^2 <= (largest column sum)(largest row sum) <= N (Schur), however many columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.calculus.views import moved
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import show_shape
from boundcalc.language.fields import Flag
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, are_equal, pair_of


class Fields(CombinationFields):
    """The product of the last two axes of two operands; the other axes must agree."""

    transpose_left: Flag = False
    transpose_right: Flag = False


@dataclass(frozen=True, slots=True)
class Facts:
    left_norm: sympy.Expr | None  # operator norm of the left factor; its transpose has the same
    transpose_left: bool
    transpose_right: bool
    axes: int  # of the product, the batch among them


def place(fields: Fields, at: At) -> Placed[Facts]:
    left, right = pair_of(at)
    if len(left) < 2 or len(right) < 2:
        raise at.error(f"'matmul' multiplies the last two axes of {show_shape(left)} and {show_shape(right)}")
    left_norm = sympy.sqrt(left[-2]) if at.operands[0].row_stochastic else None
    facts = Facts(left_norm, at.flag(fields.transpose_left), at.flag(fields.transpose_right), len(left) + 1)
    if facts.transpose_left:
        left = (*left[:-2], left[-1], left[-2])
    if facts.transpose_right:
        right = (*right[:-2], right[-1], right[-2])
    if not are_equal(at, left[:-2], right[:-2]) or not at.same(left[-1], right[-2]):
        raise at.error(f"'matmul' cannot multiply {show_shape(left)} by {show_shape(right)}")
    features = at.operands[0].features
    if facts.transpose_left and features is not None and features >= len(left) - 2:
        features = 2 * len(left) - 3 - features  # the other one of the last two
    return Placed((*left[:-1], right[-1]), facts, features=features)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    rows, columns = facts.axes - 2, facts.axes - 1
    batch = [(axis, axis) for axis in range(rows)]
    return lowering.emit(
        Bilinear(
            inputs[0],
            inputs[1],
            sympy.S.One,
            left_norm=facts.left_norm,
            stochastic=facts.left_norm is not None and not facts.transpose_left,
            left_view=moved([*batch, (rows, columns if facts.transpose_left else rows)]),
            right_view=moved([*batch, (columns, rows if facts.transpose_right else columns)]),
        )
    )


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    left, right = (
        xp.permute_dims(z, (*range(z.ndim - 2), z.ndim - 1, z.ndim - 2)) if transposed else z
        for z, transposed in zip(inputs, (facts.transpose_left, facts.transpose_right), strict=True)
    )
    return xp.matmul(left, right)


KIND = Kind(
    "matmul",
    Fields,
    place,
    lower,
    forward,
    lower,
    channels=-1,
    operands=None,
    example=example("{matmul: [[dense: 3], [parameter: [3, 2]]]}", "[2, 3]"),
)
