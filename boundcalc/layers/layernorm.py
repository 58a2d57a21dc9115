"""layernorm: the slice over the last axes is centred and scaled at each position by itself, as in torch; rmsnorm: scaled alone.

With M entries a slice: l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1), norm of all rows sqrt(rows M)
(catalogue/normalisations.py). The learned gain, and the shift of layernorm, have the shape of a slice, and are the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Flag, Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.normalisation import Normalisation


class LayerFields(StepFields):
    """The slice over the last `axes` axes is centred and scaled at each position by itself."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    axes: Size | None = None


class RmsFields(StepFields):
    """The slice over the last `axes` axes is divided by the root of its mean square, at each position by itself."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    axes: Size | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axes: int  # of a slice
    normalisation: Normalisation


def place_layer(fields: LayerFields, at: At) -> Placed[Facts]:
    return _place(at, fields.eps, fields.axes, ("weight", "bias") if at.flag(fields.affine) else (), centred=True)


def place_rms(fields: RmsFields, at: At) -> Placed[Facts]:
    return _place(at, fields.eps, fields.axes, ("weight",) if at.flag(fields.affine) else (), centred=False)


def _place(at: At, eps: Term, given: Size | None, arrays: Sequence[str], *, centred: bool) -> Placed[Facts]:
    shape = at.shape
    axes = 1 if given is None else at.integer(given, "the number of axes")
    if not 1 <= axes <= len(shape):
        finding = f"'{at.kind}' cannot normalise the last {axes} axes of an array of {len(shape)}"
        raise at.error(finding, "give a number of axes that its input has")
    rest, slice_ = shape[:-axes], shape[-axes:]
    rows = {"rows": at.batch * size(rest), "count": size(slice_)}
    learned: dict[str, Shape] = dict.fromkeys(arrays, slice_)
    facts = Facts(axes, Normalisation.of(at, eps, "sqrt", rows, centred=centred))
    bounded = facts.normalisation.entry is not None and axes == 1 and not learned
    return Placed(
        shape,
        facts,
        learned,
        frozenset({"weight"}.intersection(learned)),
        features=LAST,
        row_norm=sympy.sqrt(shape[-1]) if bounded else None,
    )


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation, shape = facts.normalisation, (lowering.batch, *lowering.shape)
    rows = range(len(shape) - facts.axes)
    normalised = normalisation.lower(normalisation.entry, same(rows), inputs[0], lowering)
    most = normalisation.most(size(shape), frozenset(rows))  # a gain is used in every row
    return lower_gain(range(len(rows), len(shape)), normalised, lowering, most)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    axes = range(z.ndim - facts.axes, z.ndim)
    return forward_gain(facts.normalisation.forward(z, axes, xp), arrays, 0, xp)


KINDS = (
    Kind(
        "layernorm",
        LayerFields,
        place_layer,
        lower,
        forward,
        channels=-1,
        diagonal="weight",
        example=example("dense: 4, layernorm: {eps: 1/10, affine: true}", "[3, 4]"),
    ),
    Kind(
        "rmsnorm",
        RmsFields,
        place_rms,
        lower,
        forward,
        channels=-1,
        diagonal="weight",
        example=example("dense: 4, rmsnorm: {eps: 1/10, affine: true}", "[3, 4]"),
    ),
)
