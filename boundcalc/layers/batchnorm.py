"""batchnorm: each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions.

With M entries a channel: form sqrt l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1); form additive l = 1/eps,
L = 2 M^(-1/2) eps^(-2) (catalogue/normalisations.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Map
from boundcalc.calculus.views import same
from boundcalc.catalogue import published, symbols
from boundcalc.catalogue.index import NORMALISATIONS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.normalisations import FORMS
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language import fields as types
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.maps import constants_of, lower_map, outside, published_map, unknown_map

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
    positions: sympy.Expr
    pooled: bool  # one mean for all positions of a channel
    form: str
    eps: sympy.Expr
    entry: Nonlinearity | None  # None where eps is 0


INFINITE = "batchnorm with eps = 0 is not Lipschitz continuous: it is undefined where the variance is 0"


def place(fields: Fields, at: At) -> Placed[Facts]:
    """M = batch x positions entries for each channel (frameworks), M = batch with `positions: false`: then every
    position is a channel of its own."""
    shape = at.shape
    if not shape:
        raise at.error("'batchnorm' normalises the channels (first axis), and its input has no axes")
    eps = at.constant(fields.eps, "eps")
    positions = size(shape[1:])
    pooled = at.flag(fields.positions)
    entry = None
    if at.known(eps) != 0:
        count = at.batch * positions if pooled else at.batch
        channels = shape[0] if pooled else size(shape)
        entry = NORMALISATIONS["batchnorm", fields.form].instantiate(eps=eps, count=count, channels=channels)
    arrays: dict[str, Shape] = {"weight": (shape[0],), "bias": (shape[0],)} if at.flag(fields.affine) else {}
    facts = Facts(positions, pooled, fields.form, eps, entry)
    return Placed(shape, facts, arrays, frozenset({"weight"}.intersection(arrays)), features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return _with_gain(facts, _normalised(facts.entry, facts.pooled, inputs[0], lowering), lowering)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    if facts.form != "sqrt":
        raise outside(published.BATCHNORM, lowering)
    row = constants_of(published.BATCHNORM, lowering, {symbols.eps: facts.eps})
    entry = None if facts.entry is None else published_map(facts.entry, row)
    return _with_gain(facts, _normalised(entry, facts.pooled, inputs[0], lowering), lowering)


def _normalised(entry: Nonlinearity | None, pooled: bool, of: int, lowering: Lowering) -> int:
    if entry is not None:
        channels = same({1} if pooled else range(1, len(lowering.shape) + 1))
        return lower_map(entry, of, lowering, channels)
        lowering.own(lipschitz=None, smoothness=None)
    return lowering.emit(Map(of, unknown_map("batchnorm", INFINITE)))


def _with_gain(facts: Facts, of: int, lowering: Lowering) -> int:
    return lower_gain(facts.positions, of, lowering) if lowering.arrays else of


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    axes = (0, *range(2, z.ndim)) if facts.pooled else (0,)
    centred = z - xp.mean(z, axis=axes, keepdims=True)
    variance = xp.mean(centred * centred, axis=axes, keepdims=True)
    eps = float(facts.eps)
    normalised = centred / (xp.sqrt(variance + eps) if facts.form == "sqrt" else eps + xp.sqrt(variance))
    return forward_gain(normalised, arrays, xp) if arrays else normalised


KIND = Kind("batchnorm", Fields, place, lower, forward, lower_published)
