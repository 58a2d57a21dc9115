"""matrix_factorisation: ||A B - Y||^2/2 of two matrices, mean over the batch: a product and a squared loss, ||Y|| at most `target`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear
from boundcalc.calculus.views import moved
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import show_shape
from boundcalc.language.fields import Term
from boundcalc.layers import squared
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, pair_of
from boundcalc.layers.parts.reduction import MEAN, Reduction


class Fields(CombinationFields):
    """Half the squared distance of the product of two matrices from a target of norm at most `target`, mean (or sum) over the batch."""

    target: Term
    reduction: Reduction = MEAN


def place(fields: Fields, at: At) -> Placed[squared.Facts]:
    left, right = pair_of(at)
    if len(left) != 2 or len(right) != 2 or not at.same(left[1], right[0]):
        found = f"{show_shape(left)} and {show_shape(right)}"
        raise at.error(f"'matrix_factorisation' multiplies two matrices that fit, not {found}")
    target = at.constant(fields.target, "'target'")
    return Placed((), squared.Facts((left[0], right[1]), target, fields.reduction))


def lower(facts: squared.Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    views = moved([(0, 0), (1, 1)]), moved([(0, 0), (2, 2)])
    product = Bilinear(inputs[0], inputs[1], sympy.S.One, left_view=views[0], right_view=views[1])
    return squared.lower(facts, (lowering.emit(product, facts.shape),), lowering)


def forward(facts: squared.Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return squared.forward(facts, arrays, (xp.matmul(*inputs),), xp)


KIND = Kind(
    "matrix_factorisation",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    example=example(
        "{dense: {units: 2, name: a}}", loss="{matrix_factorisation: {from: [a, input], target: 1}}", shape="[2, 2]"
    ),
)
