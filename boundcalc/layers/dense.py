"""dense: z -> W z + b on the last axis.

||W z|| <= ||W|| ||z|| in Frobenius norm, whatever the number of samples and positions; the bias is added at each of them.
With `weight_norm` W is made of a learned gain and direction for each unit (parts/weight_norm.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.calculus.views import same
from boundcalc.catalogue import gains, published
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Flag, Size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import affine
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.weight_norm import WeightNorm, place_weights, refuse_published, weight_of


class Fields(StepFields):
    """z -> W z + b on the last axis."""

    value_field = "units"
    units: Size
    bias: Flag = True
    weight_norm: WeightNorm | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    normed: Nonlinearity | None = None  # the map that makes the weight, if it is not learned as it is


def place(fields: Fields, at: At) -> Placed[Facts]:
    if not at.shape:
        raise at.error("'dense' acts on the last axis, and its input has none")
    units = at.size(fields.units, "the number of units")
    weights = place_weights(fields.weight_norm, at, (units, at.shape[-1]))
    arrays: dict[str, Shape] = {**weights.arrays, **({"bias": (units,)} if at.flag(fields.bias) else {})}
    shape, facts = (*at.shape[:-1], units), Facts(weights.entry)
    return Placed(shape, facts, arrays, least=weights.least, most=weights.most, features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    row = len(lowering.shape)
    return affine.lower_affine(gains.DENSE_NORM, same(range(row)), (row,), inputs[0], lowering, normed=facts.normed)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    refuse_published(facts.normed, lowering)
    return affine.lower_published(published.DENSE, inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    image = xp.matmul(inputs[0], weight_of(arrays, xp).T)
    return image + arrays["bias"] if "bias" in arrays else image


KIND = Kind(
    "dense",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    channels=-1,
    spectral="weight",
    example=example("dense: 4, softplus, dense: 2"),
)
