"""dense: z -> W z + b on the last axis.

||W z|| <= ||W|| ||z|| in Frobenius norm, whatever the number of samples and positions; the bias is added at each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.calculus.views import same
from boundcalc.catalogue import gains, published
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Flag, Size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import affine
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """z -> W z + b on the last axis."""

    value_field = "units"
    units: Size
    bias: Flag = True


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    if not at.shape:
        raise at.error("'dense' acts on the last axis, and its input has none")
    units = at.size(fields.units, "the number of units")
    arrays: dict[str, Shape] = {"weight": (units, at.shape[-1])}
    if at.flag(fields.bias):
        arrays["bias"] = (units,)
    return Placed((*at.shape[:-1], units), Facts(), arrays, features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    row = len(lowering.shape)
    return affine.lower_affine(gains.DENSE_NORM, same(range(row)), (row,), inputs[0], lowering)


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return affine.lower_published(published.DENSE, inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    image = xp.matmul(inputs[0], arrays["weight"].T)
    return image + arrays["bias"] if "bias" in arrays else image


KIND = Kind(
    "dense",
    Fields,
    place,
    lower,
    forward,
    lower_published,
    channels=-1,
    spectral=True,
    example=example("dense: 4, softplus, dense: 2"),
    aliases=("Linear", "fc", "fully_connected", "Gemm", "inner_product"),
)
