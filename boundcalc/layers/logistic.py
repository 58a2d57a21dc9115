"""logistic: log-sum-exp of the scores minus the label's score, mean over the batch: l = sqrt(2/n), L = 1/(2n)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue import published
from boundcalc.catalogue.losses import LOGISTIC
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import show_shape
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_loss, lower_map, published_map


class Fields(StepFields):
    """Log-sum-exp over the last axis minus the label's score, mean over the batch."""


@dataclass(frozen=True, slots=True)
class Facts:
    entry: Nonlinearity
    sample: Nonlinearity  # of one sample


def place(fields: Fields, at: At) -> Placed[Facts]:
    """One label for each row of scores."""
    if len(at.shape) != 1:
        remedy = f"flatten or average it to [classes] first; the input has shape {show_shape(at.shape)}"
        raise at.error("'logistic' reads one row of scores for each sample", remedy)
    if at.operands[0].row_stochastic:
        at.warn("logistic contains the softmax; the softmax before it makes a double softmax")
    return Placed((), Facts(_entry(at.batch, at.shape[0]), _entry(sympy.S.One, at.shape[0])))


def _entry(batch: sympy.Expr, classes: sympy.Expr) -> Nonlinearity:
    return LOGISTIC.instantiate(batch=batch, classes=classes)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(lipschitz=facts.entry.lipschitz.value, smoothness=facts.entry.smoothness.value)
    return lower_loss(facts.sample, inputs[0], lowering)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(published_map(facts.entry, constants_of(published.LOGISTIC, lowering)), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Every sample has the first label: the classes are all alike."""
    (z,) = inputs
    top = xp.max(z, axis=-1, keepdims=True)
    whole = xp.log(xp.sum(xp.exp(z - top), axis=-1)) + top[..., 0]
    return xp.mean(whole - z[..., 0])


KIND = Kind(
    "logistic",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    loss=True,
    aliases=(
        "CrossEntropyLoss",
        "cross_entropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "SoftmaxCrossEntropyLoss",
        "NLLLoss",
    ),
    example=example("dense: 3, tanh, dense: 2", loss="logistic"),
)
