"""batchnorm: each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions.

With M entries a channel: form sqrt l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1); form additive l = 1/eps,
L = 2 M^(-1/2) eps^(-2) (catalogue/normalisations.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.views import View, same
from boundcalc.catalogue import published, symbols
from boundcalc.catalogue.normalisations import FORMS
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language import fields as types
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.maps import constants_of, outside, published_map
from boundcalc.layers.parts.normalisation import Normalisation

Form = Annotated[str, PlainValidator(types.choice(*FORMS)), WithJsonSchema({"enum": list(FORMS)})]


class Fields(StepFields):
    """Each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    form: Form = "sqrt"
    positions: Flag = True


@dataclass(frozen=True, slots=True)
class Facts:
    pooled: bool  # one mean for all positions of a channel
    normalisation: Normalisation


def place(fields: Fields, at: At) -> Placed[Facts]:
    """M = batch x positions entries for each channel (frameworks), M = batch with `positions: false`: then every
    position is a channel of its own."""
    shape = at.shape
    if not shape:
        raise at.error("'batchnorm' normalises the channels (first axis), and its input has no axes")
    positions = size(shape[1:])
    pooled = at.flag(fields.positions)
    count, channels = (at.batch * positions, shape[0]) if pooled else (at.batch, size(shape))
    normalisation = Normalisation.of(at, fields.eps, fields.form, {"count": count, "channels": channels})
    arrays: dict[str, Shape] = {"weight": (shape[0],), "bias": (shape[0],)} if at.flag(fields.affine) else {}
    facts = Facts(pooled, normalisation)
    return Placed(shape, facts, arrays, frozenset({"weight"}.intersection(arrays)), features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation = facts.normalisation
    normalised = normalisation.lower(normalisation.entry, _channels(facts, lowering), inputs[0], lowering)
    return lower_gain((1,), normalised, lowering)


def _channels(facts: Facts, lowering: Lowering) -> View:
    return same({1} if facts.pooled else range(1, len(lowering.shape) + 1))


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation = facts.normalisation
    if normalisation.form != "sqrt":
        raise outside(published.BATCHNORM, lowering)
    row = constants_of(published.BATCHNORM, lowering, {symbols.eps: normalisation.eps})
    entry = None if normalisation.entry is None else published_map(normalisation.entry, row)
    return lower_gain((1,), normalisation.lower(entry, _channels(facts, lowering), inputs[0], lowering), lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    axes = (0, *range(2, z.ndim)) if facts.pooled else (0,)
    return forward_gain(facts.normalisation.forward(z, axes, xp), arrays, z.ndim - 2, xp)


KIND = Kind(
    "batchnorm",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    aliases=("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "BatchNormalization"),
)
