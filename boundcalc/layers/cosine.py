"""cosine: 1 - <a, b>/(||a|| ||b||), mean over the batch; norms below `least` count as `least`: l = 1/(sqrt(n) least) by a and by b,
and L = 2/(sqrt(3) n least^2) of ||da|| + ||db|| where no norm is below `least`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Sum
from boundcalc.catalogue.pair_losses import COSINE
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, vectors_of
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower_loss, own_constants, reduced

WHERE = (
    "on convex sets of parameters where no vector that is compared is shorter than 'least' (beside it there is a kink)"
)


class Fields(CombinationFields):
    """One minus the cosine of the angle of two vectors, mean (or sum) over the batch; norms below `least` count as `least`."""

    least: Term
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    shape: Shape
    least: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = vectors_of(at, 2, "a, b")
    least = at.term(fields.least)
    mean, sample = instances(COSINE, {"least": least}, at)
    return Placed((), Facts(mean, sample, fields.reduction, shape, least), smooth_where=WHERE)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """The constants are those of ||da|| + ||db||, which is what the jet of a sum bounds."""
    own_constants(facts.mean, lowering, facts.reduction)
    lowering.warn(f"cosine: the smoothness holds {WHERE}; the Lipschitz constant holds everywhere")
    return lower_loss(facts.sample, lowering.emit(Sum(inputs), facts.shape), lowering, facts.reduction)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    a, b = inputs
    product = xp.sum(a * b, axis=-1)
    for vector in (a, b):
        product = product / _length(vector, float(facts.least), xp)
    return reduced(1 - product, facts.reduction, xp)


def _length(vector: Any, least: float, xp: Any) -> Any:
    """The square is held above that of `least` first: a root has no slope at 0."""
    square = xp.sum(vector * vector, axis=-1)
    floor = 0 * square + least * least
    return xp.sqrt(xp.where(square > least * least, square, floor))


KIND = Kind(
    "cosine",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    example=example("{dense: {units: 2, name: a}}", loss="{cosine: {from: [a, input], least: 1/2}}", shape="[2]"),
)
