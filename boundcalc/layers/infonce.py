"""infonce: of n pairs of vectors of bounded norm, minus the logarithm of the softmax of <a_i, b_j>/temperature over all b_j at its own
b_i, mean over the pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Concat
from boundcalc.catalogue.pair_losses import INFONCE
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import CombinationFields, vectors_of
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower_whole, reduced
from boundcalc.layers.parts.scores import log_sum_exp


class Fields(CombinationFields):
    """Each vector has to find its partner among those of all samples by their products over `temperature`, mean (or sum) over the
    batch."""

    temperature: Term | None = None
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    shape: Shape  # of both together
    temperature: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    """The constants are those of vectors up to the larger one of two norms. Raises SpecError where they are not known."""
    (features,) = vectors_of(at, 2, "a, b")
    norms = [operand.row_norm for operand in at.operands if operand.row_norm is not None]
    if len(norms) < 2:
        remedy = (
            "normalise both first: {l2norm: 1/10}, or smoothly {rmsnorm: 1/10}, which makes them sqrt(features) long"
        )
        raise at.error("'infonce' reads vectors that are normalised, each by itself", remedy)
    values = {"largest": sympy.Max(*norms)}
    values |= {} if fields.temperature is None else {"temperature": at.term(fields.temperature)}
    mean, sample = instances(INFONCE, values, at)
    temperature = values.get("temperature", sympy.S.One)
    return Placed((), Facts(mean, sample, fields.reduction, (2 * features,), temperature))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_whole(facts, lowering.emit(Concat(inputs, axis=1), facts.shape), lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    a, b = inputs
    scores = xp.matmul(a, xp.permute_dims(b, (1, 0))) / float(facts.temperature)
    own = xp.sum(a * b, axis=-1) / float(facts.temperature)
    return reduced(log_sum_exp(scores, xp) - own, facts.reduction, xp)


KIND = Kind(
    "infonce",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    loss=True,
    example=example(
        "{l2norm: {eps: 1/2, name: a}}, {dense: 2}, {l2norm: {eps: 1/2, name: b}}",
        loss="{infonce: {from: [a, b], temperature: 2}}",
        shape="[2]",
    ),
)
