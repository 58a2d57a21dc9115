"""contrastive: with d = a - b, ||d||^2/2 of like pairs and max(0, margin - ||d||)^2/2 of unlike ones, mean over the batch: l = (margin
sqrt(n) + ||d||)/n, not smooth, upper curvature 1/n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Sum
from boundcalc.catalogue.pair_losses import CONTRASTIVE
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, vectors_of
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower_loss, own_constants, reduced


class Fields(CombinationFields):
    """Of pairs of vectors, half the squared distance, or of unlike pairs of what it lacks to `margin`, mean (or sum) over the batch."""

    margin: Term | None = None
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    shape: Shape
    margin: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = vectors_of(at, 2, "a, b")
    values = {} if fields.margin is None else {"margin": at.term(fields.margin)}
    mean, sample = instances(CONTRASTIVE, values, at)
    return Placed((), Facts(mean, sample, fields.reduction, shape, values.get("margin", sympy.S.One)))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A map of the difference, whose jet is that of a sum."""
    own_constants(facts.mean, lowering, facts.reduction)
    return lower_loss(facts.sample, lowering.emit(Sum(inputs), facts.shape), lowering, facts.reduction, even=True)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The pairs are unlike and like in turn, the first one unlike. A square is held above 0 first: a root has no slope there."""
    a, b = inputs
    square, margin = xp.sum((a - b) * (a - b), axis=-1), float(facts.margin)
    apart = square > 1e-24
    distance = xp.where(apart, xp.sqrt(xp.where(apart, square, 0 * square + 1)), 0 * square)
    short = margin - distance
    unlike = xp.where(short > 0, short * short, 0 * short)
    each = xp.concat([(square if i % 2 else unlike)[i : i + 1] for i in range(square.shape[0])], axis=0) / 2
    return reduced(each, facts.reduction, xp)


KIND = Kind(
    "contrastive",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    example=example("{dense: {units: 2, name: a}}", loss="{contrastive: {from: [a, input], margin: 2}}", shape="[2]"),
)
