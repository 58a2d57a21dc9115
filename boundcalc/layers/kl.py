"""kl: t^2 KL(q || softmax(z/t)) for given distributions q (distillation), mean over the batch: l = t sqrt(2/n), L = 1/(2n)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue.losses import KL
from boundcalc.graph.kind import At, Kind, Placed
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower, reduced
from boundcalc.layers.parts.scores import log_sum_exp, scores_of


class Fields(StepFields):
    """temperature^2 KL(q || softmax of the scores over temperature) for given q, over the last axis, mean (or sum) over the batch."""

    value_field = "temperature"
    temperature: Term | None = None
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    temperature: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    """One distribution for each row of scores: the bounds are those of the worst one."""
    (classes,) = scores_of(at)
    values = {} if fields.temperature is None else {"temperature": at.term(fields.temperature)}
    mean, sample = instances(KL, values, at, classes=classes)
    return Placed((), Facts(mean, sample, fields.reduction, values.get("temperature", sympy.S.One)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """q is the first class, of entropy 0: the classes are all alike."""
    t = float(facts.temperature)
    z = inputs[0] / t
    return reduced(t**2 * (log_sum_exp(z, xp) - z[..., 0]), facts.reduction, xp)


KIND = Kind(
    "kl",
    Fields,
    place,
    lower,
    forward,
    loss=True,
    convex=True,
    example=example("dense: 3, tanh, dense: 2", loss="{kl: 2}"),
)
