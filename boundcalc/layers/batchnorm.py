"""batchnorm: each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions.

With M entries a channel: form sqrt l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1); form additive l = 1/eps,
L = 2 M^(-1/2) eps^(-2) (catalogue/normalisations.py).

`mode: eval`: mean and variance are numbers that training left, (z - mean)/sqrt(variance + eps) = s z - t is affine. Of them are known
`slope`, the largest s, and `offset`, the Euclidean norm of t over the channels: norm `slope`, plus sqrt(n P) `offset`. No sample
reads another one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sympy
from flint import arb, ctx
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Constant, Linear, Sum
from boundcalc.calculus.views import View, same
from boundcalc.catalogue import gains, published, symbols
from boundcalc.catalogue.normalisations import FORMS
from boundcalc.exact.balls import ball, maximum
from boundcalc.exact.decimals import MEASURED_DIGITS, upper_decimal
from boundcalc.exact.enclosures import to_number
from boundcalc.exact.intervals import at_least
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language import fields as types
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.maps import constants_of, outside, published_map
from boundcalc.layers.parts.normalisation import Normalisation

MEAN, VARIANCE = "running_mean", "running_var"  # of the statistics that training left
MODES = ("train", "eval")
Mode = Annotated[str, PlainValidator(types.choice(*MODES)), WithJsonSchema({"enum": list(MODES)})]
Form = Annotated[str, PlainValidator(types.choice(*FORMS)), WithJsonSchema({"enum": list(FORMS)})]


class Fields(StepFields):
    """Each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions; in `mode: eval` by
    fixed statistics, known by the largest 1/sqrt(variance + eps) and the norm of mean/sqrt(variance + eps) over the channels."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    form: Form = "sqrt"
    positions: Flag = True
    mode: Mode = "train"
    slope: Term | None = None
    offset: Term | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of given ones: the largest factor, and the norm of what is subtracted, one number for each mean."""

    slope: sympy.Expr
    offset: sympy.Expr


@dataclass(frozen=True, slots=True)
class Facts:
    pooled: bool  # one mean for all positions of a channel
    normalisation: Normalisation
    given: Statistics | None


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
    facts = Facts(pooled, normalisation, _given(fields, at, normalisation))
    gains = frozenset({"weight"}.intersection(arrays))
    mean = shape[:1] if pooled else shape
    buffers: dict[str, Shape] = {} if facts.given is None else {MEAN: mean, VARIANCE: mean}
    return Placed(shape, facts, arrays, gains, features=FIRST, buffers=buffers, is_one_of_many=bool(buffers))


def _given(fields: Fields, at: At, normalisation: Normalisation) -> Statistics | None:
    if fields.mode == "train":
        for name, value in (("slope", fields.slope), ("offset", fields.offset)):
            if value is not None:
                finding = f"`{name}` is of given statistics, and 'batchnorm' computes its own here"
                raise at.error(finding, "say `mode: eval`, or leave it out", value.place)
        return None
    if fields.slope is None or fields.offset is None:
        remedy = (
            "give `slope`, the largest 1/sqrt(variance + eps), and `offset`, the norm of mean/sqrt(variance + eps), "
            "or both in a file of values (NAME.slope: 3)"
        )
        at.lacks("'batchnorm' in `mode: eval` needs the statistics that training left", remedy)
        return Statistics(sympy.S.Zero, sympy.S.Zero)
    slope, offset = at.constant(fields.slope, "the slope"), at.constant(fields.offset, "the offset")
    power = 2 if normalisation.form == "sqrt" else 1
    if not at.fits(at_least(sympy.S.One, slope**power * normalisation.eps)):
        finding = f"a slope of {at.known(slope)} is above that of variance 0, with eps {at.known(normalisation.eps)}"
        raise at.error(finding, "the slope is the largest 1/sqrt(variance + eps)", fields.slope.place)
    return Statistics(slope, offset)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation = facts.normalisation
    if facts.given is not None:
        return lower_gain((1,), _lower_given(facts, facts.given, inputs[0], lowering), lowering)
    normalised = normalisation.lower(normalisation.entry, _channels(facts, lowering), inputs[0], lowering)
    entries = lowering.batch * size(lowering.shape[1:])  # of a channel
    return lower_gain((1,), normalised, lowering, normalisation.most(entries))


def _lower_given(facts: Facts, given: Statistics, of: int, lowering: Lowering) -> int:
    """s z - t, with t repeated along the axes that have one mean."""
    shape = (lowering.batch, *lowering.shape)
    axes = frozenset(range(len(shape)))
    copied = axes - {1} if facts.pooled else frozenset({0})
    copies = gains.repeat_norm(sympy.Mul(*(shape[axis] for axis in sorted(copied))))
    lowering.own(operator_norm=given.slope, offset=copies * given.offset)
    lowering.warn("batchnorm in evaluation mode: its statistics are fixed, bounded by `slope` and `offset` of the spec")
    scaled = lowering.emit(Linear(of, given.slope, view=same(axes)))
    shift = lowering.emit(Constant(given.offset), ())
    return lowering.emit(Sum((scaled, lowering.emit(Linear(shift, copies, view=View(copied=copied))))))


def _channels(facts: Facts, lowering: Lowering) -> View:
    return same({1} if facts.pooled else range(1, len(lowering.shape) + 1))


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation = facts.normalisation
    if normalisation.form != "sqrt" or facts.given is not None:
        raise outside(published.BATCHNORM, lowering)
    row = constants_of(published.BATCHNORM, lowering, {symbols.eps: normalisation.eps})
    entry = None if normalisation.entry is None else published_map(normalisation.entry, row)
    return lower_gain((1,), normalisation.lower(entry, _channels(facts, lowering), inputs[0], lowering), lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    if facts.given is not None:
        learned = {name: array for name, array in arrays.items() if name not in (MEAN, VARIANCE)}
        evaluated = _by_statistics(facts, arrays, z, xp) if MEAN in arrays else _evaluated(facts, facts.given, z, xp)
        return forward_gain(evaluated, learned, z.ndim - 2, xp)
    axes = (0, *range(2, z.ndim)) if facts.pooled else (0,)
    return forward_gain(facts.normalisation.forward(z, axes, xp), arrays, z.ndim - 2, xp)


def measured(facts: Facts, arrays: Mapping[str, Sequence[float]]) -> Mapping[str, str]:
    """The slope and the offset of given statistics."""
    form, given = facts.normalisation.form, facts.normalisation.eps
    means, variances = arrays[MEAN], arrays[VARIANCE]
    if given.free_symbols:
        raise ValueError("an eps without a value")
    least = min(variances)
    if least < 0 or (least == 0 and facts.normalisation.entry is None):
        raise ValueError(f"a variance of {least}")
    with ctx.workprec(128):
        eps = ball(to_number(given))
        roots = [(eps + v).sqrt() if form == "sqrt" else eps + arb(v).sqrt() for v in variances]
        slope = upper_decimal(maximum(1 / root for root in roots), MEASURED_DIGITS)
        offset = sum(((arb(m) / root) ** 2 for m, root in zip(means, roots, strict=True)), arb(0)).sqrt()
        if not arb(slope) * (eps.sqrt() if form == "sqrt" else eps) <= 1:  # rounded above that of variance 0
            slope = f"1/sqrt({given})" if form == "sqrt" else f"1/({given})"
        return {"slope": slope, "offset": upper_decimal(offset, MEASURED_DIGITS)}


def _by_statistics(facts: Facts, arrays: Mapping[str, Any], z: Any, xp: Any) -> Any:
    eps = float(facts.normalisation.eps)
    shape = (1, *z.shape[1:2], *(1,) * (z.ndim - 2)) if facts.pooled else (1, *z.shape[1:])
    mean, variance = (xp.reshape(arrays[name], shape) for name in (MEAN, VARIANCE))
    return (z - mean) / (xp.sqrt(variance + eps) if facts.normalisation.form == "sqrt" else eps + xp.sqrt(variance))


def _evaluated(facts: Facts, given: Statistics, z: Any, xp: Any) -> Any:
    """All factors the largest, all means the same: statistics that reach both constants."""
    means = z.shape[1] if facts.pooled else math.prod(z.shape[1:])
    return float(given.slope) * z - xp.full(z.shape[1:], float(given.offset) / math.sqrt(means), dtype=z.dtype)


KIND = Kind(
    "batchnorm",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    diagonal="weight",
    example=example("conv1d: {channels: 2, kernel: 2}, batchnorm: {eps: 1/10, affine: true}", "[1, 5]"),
    measured=measured,
    buffers=(MEAN, VARIANCE, "num_batches_tracked"),
)
