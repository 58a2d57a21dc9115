"""groupnorm: each group of channels (first axis) is centred and scaled in each sample by itself, over all its positions;
instancenorm: each channel.

With M entries a group: l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1), norm of all groups sqrt(rows M)
(catalogue/normalisations.py). The learned gain and shift have an entry for each channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Flag, Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.moves import lower_regrouped
from boundcalc.layers.parts.normalisation import Normalisation


class GroupFields(StepFields):
    """Each of so many groups of channels (first axis) is centred and scaled in each sample by itself, over all positions."""

    value_field = "groups"
    groups: Size
    eps: Term
    affine: Flag = False


class InstanceFields(StepFields):
    """Each channel (first axis) is centred and scaled in each sample by itself, over all positions."""

    value_field = "eps"
    eps: Term
    affine: Flag = False


@dataclass(frozen=True, slots=True)
class Facts:
    groups: sympy.Expr
    alone: bool  # a channel is a group
    normalisation: Normalisation


def place_group(fields: GroupFields, at: At) -> Placed[Facts]:
    _check_axes(at, 1)
    groups = at.size(fields.groups, "the number of groups")
    if not at.divides(at.shape[0], groups):
        finding = f"{at.known(at.shape[0])} channels do not divide into {at.known(groups)} groups"
        raise at.error(finding, "give a number of groups that divides that of the channels")
    return _place(at, groups, fields.eps, fields.affine)


def place_instance(fields: InstanceFields, at: At) -> Placed[Facts]:
    _check_axes(at, 2)
    return _place(at, at.shape[0], fields.eps, fields.affine)


def _check_axes(at: At, least: int) -> None:
    if len(at.shape) < least:
        wanted = "channels (first axis)" if least == 1 else "channels (first axis) over their positions"
        raise at.error(f"'{at.kind}' normalises {wanted}, and its input has {len(at.shape)} axes")


def _place(at: At, groups: sympy.Expr, eps: Term, affine: Flag) -> Placed[Facts]:
    shape = at.shape
    sizes = {"rows": at.batch * groups, "count": size(shape) / groups}
    arrays: dict[str, Shape] = dict.fromkeys(("weight", "bias") if at.flag(affine) else (), (shape[0],))
    facts = Facts(groups, groups == shape[0], Normalisation.of(at, eps, "sqrt", sizes))
    return Placed(shape, facts, arrays, frozenset({"weight"}.intersection(arrays)), features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """The channels of a group become an axis of their own, and join the others again."""
    normalisation, groups, (channels, *rest) = facts.normalisation, facts.groups, lowering.shape
    if facts.alone:
        normalised = normalisation.lower(normalisation.entry, same({0, 1}), inputs[0], lowering)
    else:
        split = (groups, channels / groups, *rest)
        parts = lower_regrouped(inputs[0], lowering.shape, split, lowering)
        image = normalisation.lower(normalisation.entry, same({0, 1}), parts, lowering, split)
        normalised = lower_regrouped(image, split, lowering.shape, lowering)
    most = normalisation.most(
        lowering.batch * size(lowering.shape) / groups, frozenset({0})
    )  # a gain is used in its group of every sample
    return lower_gain((1,), normalised, lowering, most)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    parts = xp.reshape(z, (z.shape[0], int(facts.groups), -1))
    normalised = xp.reshape(facts.normalisation.forward(parts, (2,), xp), z.shape)
    return forward_gain(normalised, arrays, z.ndim - 2, xp)


KINDS = (
    Kind(
        "groupnorm",
        GroupFields,
        place_group,
        lower,
        forward,
        diagonal="weight",
        example=example("conv1d: {channels: 4, kernel: 2}, groupnorm: {groups: 2, eps: 1/10}", "[1, 5]"),
    ),
    Kind(
        "instancenorm",
        InstanceFields,
        place_instance,
        lower,
        forward,
        diagonal="weight",
        example=example("conv1d: {channels: 2, kernel: 2}, instancenorm: 1/10", "[1, 5]"),
    ),
)
