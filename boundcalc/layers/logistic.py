"""logistic: log-sum-exp of the scores minus the label's score, mean over the batch: l = sqrt(2/n), L = 1/(2n); with labels of which a
part a is spread over K classes sqrt((1 + (1 - a)^2 - a^2/K)/n), with scores over t both by t, and by t^2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue import published
from boundcalc.catalogue.losses import LOGISTIC
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_map, published_map
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower, reduced
from boundcalc.layers.parts.scores import log_sum_exp, scores_of


class Fields(StepFields):
    """Log-sum-exp of the scores over `temperature`, over the last axis, minus their mean by the label, mean (or sum) over the batch.

    `label_smoothing` of a label is spread over all classes; with `soft` labels are distributions.
    """

    label_smoothing: Term | None = None
    temperature: Term | None = None
    soft: Flag = False
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    label_smoothing: sympy.Expr
    temperature: sympy.Expr

    @property
    def plain(self) -> bool:
        """Whether it is the loss of the paper."""
        return self.label_smoothing == 0 and self.temperature == 1 and self.reduction == MEAN


def place(fields: Fields, at: At) -> Placed[Facts]:
    """One label, or one distribution of labels, for each row of scores: the bounds are those of the worst ones."""
    (classes,) = scores_of(at)
    given = {"label_smoothing": fields.label_smoothing, "temperature": fields.temperature}
    values = {name: at.term(value) for name, value in given.items() if value is not None}
    at.flag(fields.soft)
    mean, sample = instances(LOGISTIC, values, at, classes=classes)
    smoothing, temperature = values.get("label_smoothing", sympy.S.Zero), values.get("temperature", sympy.S.One)
    return Placed((), Facts(mean, sample, fields.reduction, smoothing, temperature))


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    if not facts.plain:
        raise lowering.error(
            "the paper has constants of the logistic loss with labels as they are, averaged", "use --constants sharp"
        )
    return lower_map(published_map(facts.mean, constants_of(published.LOGISTIC, lowering)), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Every sample has the first label: the classes are all alike."""
    z = inputs[0] / float(facts.temperature)
    kept = 1 - float(facts.label_smoothing)
    label = kept * z[..., 0] + (1 - kept) * xp.mean(z, axis=-1)
    return reduced(log_sum_exp(z, xp) - label, facts.reduction, xp)


KIND = Kind(
    "logistic",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    loss=True,
    convex=True,
    example=example("dense: 3, tanh, dense: 2", loss="logistic"),
)
