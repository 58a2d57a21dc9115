"""brier: ||softmax(z) - e||^2/2 with e the label's unit vector, mean over the batch: l = 8 sqrt(2)/(27 sqrt(n)), L = 0.31/n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boundcalc.catalogue.brier import BRIER
from boundcalc.graph.kind import At, Kind, Placed
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower, reduced
from boundcalc.layers.parts.scores import scores_of


class Fields(StepFields):
    """Half the squared distance of the softmax of the scores from the label, over the last axis, mean (or sum) over the batch."""

    reduction: Reduction = MEAN


def place(fields: Fields, at: At) -> Placed[Sampled]:
    (classes,) = scores_of(at)
    mean, sample = instances(BRIER, {}, at, classes=classes)
    return Placed((), Sampled(mean, sample, fields.reduction))


def forward(facts: Sampled, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Every sample has the first label: the classes are all alike."""
    (z,) = inputs
    weights = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    p = weights / xp.sum(weights, axis=-1, keepdims=True)
    each = (xp.sum(p * p, axis=-1) - 2 * p[..., 0] + 1) / 2
    return reduced(each, facts.reduction, xp)


KIND = Kind(
    "brier",
    Fields,
    place,
    lower,
    forward,
    loss=True,
    example=example("dense: 3, tanh, dense: 2", loss="brier"),
)
