"""kmeans, convex_clustering and spectral_clustering of the samples of a batch: how far they are from being few. The loss of one depends on
all others (catalogue/cluster_losses.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue.cluster_losses import CONVEX_CLUSTERING, KMEANS, SPECTRAL
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.points import by_groups, by_representatives, by_singular_values
from boundcalc.layers.parts.reduction import MEAN, SUM, Reduction, Sampled, instances, lower_whole


class GroupFields(StepFields):
    """Half the squared distance of the samples from the nearest ones that are `k` points, or have rank `k`; over the number of samples,
    or not (sum)."""

    value_field = "k"
    k: Term
    reduction: Reduction = MEAN


class WeightFields(StepFields):
    """The least of half the squared distance to representatives plus `weight` times the sum of their distances; over the number of
    samples, or not (sum)."""

    value_field = "weight"
    weight: Term
    reduction: Reduction = MEAN


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    number: sympy.Expr  # k, or the weight


def _place(
    entry: Nonlinearity, values: Mapping[str, sympy.Expr], number: sympy.Expr, reduction: str, at: At
) -> Placed[Facts]:
    mean, sample = instances(entry, values, at)
    return Placed((), Facts(mean, sample, reduction, number))


def _count(k: Expression, at: At) -> sympy.Expr:
    return at.size(k, "the number of groups, or the rank,")


def place_kmeans(fields: GroupFields, at: At) -> Placed[Facts]:
    return _place(KMEANS, {}, _count(fields.k, at), fields.reduction, at)


def place_spectral(fields: GroupFields, at: At) -> Placed[Facts]:
    return _place(SPECTRAL, {}, _count(fields.k, at), fields.reduction, at)


def place_convex(fields: WeightFields, at: At) -> Placed[Facts]:
    weight = at.term(fields.weight)
    return _place(CONVEX_CLUSTERING, {"weight": weight}, weight, fields.reduction, at)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_whole(facts, inputs[0], lowering)


def forward_kmeans(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return _reduced(facts, by_groups(_points(inputs[0], xp), float(facts.number), xp), inputs[0], xp)


def forward_convex(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return _reduced(facts, by_representatives(_points(inputs[0], xp), float(facts.number), xp), inputs[0], xp)


def forward_spectral(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return _reduced(facts, by_singular_values(_points(inputs[0], xp), float(facts.number), xp), inputs[0], xp)


def _points(z: Any, xp: Any) -> Any:
    return xp.reshape(z, (z.shape[0], -1))


def _reduced(facts: Facts, total: Any, z: Any, xp: Any) -> Any:
    return total if facts.reduction == SUM else total / z.shape[0]


_LAYERS = "dense: 3, tanh, dense: 2"
KINDS = (
    Kind(
        "kmeans",
        GroupFields,
        place_kmeans,
        lower,
        forward_kmeans,
        loss=True,
        example=example(_LAYERS, loss="{kmeans: 1}", more="batch: 3"),
    ),
    Kind(
        "convex_clustering",
        WeightFields,
        place_convex,
        lower,
        forward_convex,
        loss=True,
        convex=True,
        example=example(_LAYERS, loss="{convex_clustering: 1/4}", more="batch: 3"),
    ),
    Kind(
        "spectral_clustering",
        GroupFields,
        place_spectral,
        lower,
        forward_spectral,
        loss=True,
        example=example(_LAYERS, loss="{spectral_clustering: 1}", more="batch: 3"),
    ),
)
