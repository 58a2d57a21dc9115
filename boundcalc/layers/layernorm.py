"""layernorm: the slice over the last axes is centred and scaled at each position by itself, as in torch.

With M entries a slice: l = eps^(-1/2), L = 48/(25 sqrt 5) M^(-1/2) eps^(-1), norm of all rows sqrt(rows M)
(catalogue/normalisations.py). The learned gain and shift have the shape of a slice, and are the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.calculus.views import same
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Flag, Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.gain import forward_gain, lower_gain
from boundcalc.layers.parts.normalisation import Normalisation


class Fields(StepFields):
    """The slice over the last `axes` axes is centred and scaled at each position by itself."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    axes: Size | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axes: int  # of a slice
    normalisation: Normalisation


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axes = 1 if fields.axes is None else at.integer(fields.axes, "the number of axes")
    if not 1 <= axes <= len(shape):
        finding = f"'layernorm' cannot normalise the last {axes} axes of an array of {len(shape)}"
        raise at.error(finding, "give a number of axes that its input has")
    rest, slice_ = shape[:-axes], shape[-axes:]
    rows = {"rows": at.batch * size(rest), "count": size(slice_)}
    arrays: dict[str, Shape] = {"weight": slice_, "bias": slice_} if at.flag(fields.affine) else {}
    facts = Facts(axes, Normalisation.of(at, fields.eps, "sqrt", rows))
    return Placed(shape, facts, arrays, frozenset({"weight"}.intersection(arrays)), features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    normalisation = facts.normalisation
    rank = len(lowering.shape) + 1
    slices = same(range(rank - facts.axes))
    normalised = normalisation.lower(normalisation.entry, slices, inputs[0], lowering)
    return lower_gain(range(rank - facts.axes, rank), normalised, lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    axes = range(z.ndim - facts.axes, z.ndim)
    return forward_gain(facts.normalisation.forward(z, axes, xp), arrays, 0, xp)


KIND = Kind("layernorm", Fields, place, lower, forward, channels=-1, aliases=("LayerNormalization",))
