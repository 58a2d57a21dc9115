"""squared: 1/2 ||y - target||^2, mean over the batch: L = 1/n; its gradient (z - y)/n grows with z, so l = (labels + m)/n
on ||z|| <= m."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Sum
from boundcalc.catalogue.losses import SQUARED
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, are_equal
from boundcalc.layers.parts.reduction import MEAN, Reduction, lower_loss, own_constants, reduced


class Fields(CombinationFields):
    """1/2 ||y - target||^2, mean (or sum) over the batch; the target is the second operand, or labels of known norm."""

    labels: Term | None = None
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts:
    shape: Shape  # of the predictions
    labels: sympy.Expr
    reduction: str


def place(fields: Fields, at: At) -> Placed[Facts]:
    if len(at.operands) > 2:
        raise at.error(f"'squared' compares two operands, not {len(at.operands)}")
    if len(at.operands) == 2:
        left, right = (operand.shape for operand in at.operands)
        if not are_equal(at, left, right):
            raise at.error(f"'squared' compares {show_shape(left)} with {show_shape(right)}")
        if fields.labels is not None:
            raise at.error("'squared' has two operands and labels as well", "leave one of them out")
        return Placed((), Facts(at.shape, sympy.S.Zero, fields.reduction))
    if fields.labels is None:
        remedy = "labels: E bounds their Euclidean norm over the batch, or squared: {from: [output, target]}"
        raise at.error("'squared' needs the norm of the labels", remedy)
    return Placed((), Facts(at.shape, at.constant(fields.labels, "'labels'"), fields.reduction))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Of two operands, a map of their difference, whose jet is that of a sum."""
    own_constants(SQUARED.instantiate(batch=lowering.batch, labels=facts.labels), lowering, facts.reduction)
    of = inputs[0] if len(inputs) == 1 else lowering.emit(Sum(inputs), facts.shape)
    return lower_loss(SQUARED.instantiate(batch=sympy.S.One, labels=facts.labels), of, lowering, facts.reduction)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Labels of the given norm, all entries equal and negative."""
    z, *others = inputs
    target = others[0] if others else -float(facts.labels) / (z.size if isinstance(z.size, int) else z.numel()) ** 0.5
    difference = z - target
    each = xp.sum(xp.reshape(difference * difference, (z.shape[0], -1)), axis=-1) / 2
    return reduced(each, facts.reduction, xp)


KIND = Kind(
    "squared",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    convex=True,
    example=example("dense: 2", loss="{squared: {labels: 1}}"),
)
