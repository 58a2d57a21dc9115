"""triplet: max(0, ||a - p|| - ||a - n|| + margin) of an anchor, a positive and a negative, mean over the batch: distances, their difference,
and a hinge, each with slope 1. Not smooth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear, Map, Sum
from boundcalc.calculus.views import same
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.pair_losses import DISTANCE, TRIPLET
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, vectors_of
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower_loss, own_constants, reduced


class Fields(CombinationFields):
    """By how much an anchor is not closer to its positive than to its negative by `margin`, mean (or sum) over the batch."""

    margin: Term | None = None
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    shape: Shape
    margin: sympy.Expr
    distance: Nonlinearity


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = vectors_of(at, 3, "anchor, positive, negative")
    values = {} if fields.margin is None else {"margin": at.term(fields.margin)}
    mean, sample = instances(TRIPLET, values, at)
    margin = values.get("margin", sympy.S.One)
    return Placed((), Facts(mean, sample, fields.reduction, shape, margin, DISTANCE.instantiate(rows=at.batch)))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Differences have the jets of sums."""
    own_constants(facts.mean, lowering, facts.reduction)
    anchor, *others = inputs
    each, distances = same((0,)), list[int]()
    for other in others:
        difference = lowering.emit(Sum((anchor, other)), facts.shape)
        distances.append(lowering.emit(Map(difference, facts.distance, each), ()))
    near, far = distances
    less = lowering.emit(Linear(far, sympy.S.One, contracts_sup=True, view=each), ())
    return lower_loss(facts.sample, lowering.emit(Sum((near, less)), ()), lowering, facts.reduction)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    anchor, *others = inputs
    near, far = (_distance(anchor - other, xp) for other in others)
    excess = near - far + float(facts.margin)
    return reduced(xp.where(excess > 0, excess, 0 * excess), facts.reduction, xp)


def _distance(difference: Any, xp: Any) -> Any:
    """The square is held above 0 first: a root has no slope there."""
    square = xp.sum(difference * difference, axis=-1)
    apart = square > 1e-24
    return xp.where(apart, xp.sqrt(xp.where(apart, square, 0 * square + 1)), 0 * square)


KIND = Kind(
    "triplet",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    example=example(
        "{dense: {units: 2, name: a}}, {dense: {units: 2, name: b}}", loss="{triplet: [a, b, input]}", shape="[2]"
    ),
)
