"""scale: every feature times a learned number, which starts at one; layer_scale: which starts at `start`. z -> g z + h.

The features are the entries along the feature axis; the gain is the same for all samples and positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Flag, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.gain import forward_gain, lower_gain


class ScaleFields(StepFields):
    """Every feature times a learned number that starts at one, and with `bias` a learned shift."""

    value_field = "bias"
    bias: Flag = False


class LayerScaleFields(StepFields):
    """Every feature times a learned number that starts at `start`."""

    value_field = "start"
    start: Term


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int  # of the features


def place_scale(fields: ScaleFields, at: At) -> Placed[Facts]:
    names = ("weight", "bias") if at.flag(fields.bias) else ("weight",)
    return _placed(at, names, sympy.S.One)


def place_layer_scale(fields: LayerScaleFields, at: At) -> Placed[Facts]:
    return _placed(at, ("weight",), at.constant(fields.start, "the start"))


def _placed(at: At, names: Sequence[str], start: sympy.Expr) -> Placed[Facts]:
    axis = at.operands[0].features
    if axis is None:
        raise at.error(f"'{at.kind}' has a number for each feature, and its input has no axis")
    arrays: dict[str, Shape] = dict.fromkeys(names, (at.shape[axis],))
    return Placed(at.shape, Facts(axis), arrays, frozenset({"weight"}), start)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_gain((facts.axis + 1,), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return forward_gain(inputs[0], arrays, inputs[0].ndim - facts.axis - 2, xp)


KINDS = (
    Kind(
        "scale",
        ScaleFields,
        place_scale,
        lower,
        forward,
        diagonal="weight",
        example=example("dense: 3, scale: {bias: true}"),
    ),
    Kind(
        "layer_scale",
        LayerScaleFields,
        place_layer_scale,
        lower,
        forward,
        diagonal="weight",
        example=example("{residual: [dense: 3, layer_scale: 1/10]}"),
    ),
)
