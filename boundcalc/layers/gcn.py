"""gcn: z -> P z W^T + b on [..., nodes, features], P a fixed propagation of norm `operator` along the nodes.

||P z W^T|| <= operator ||W|| ||z||: a linear map along the nodes, then dense. D^(-1/2) (A + I) D^(-1/2), of any graph of adjacency
A, has norm 1 (Kipf and Welling, arXiv:1609.02907). The spec does not say which graph: `forward` has a path.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import same
from boundcalc.catalogue import gains
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.fields import Flag, Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import affine
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """A propagation of known norm along the nodes of a graph, then a dense map: of arrays [..., nodes, features]."""

    value_field = "units"
    units: Size
    operator: Term
    bias: Flag = True


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr
    inputs: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    if len(at.shape) < 2:
        found = show_shape(at.shape)
        raise at.error(f"'gcn' reads an array of shape [nodes, features], not {found}", "dense needs no nodes")
    units = at.size(fields.units, "the number of units")
    arrays: dict[str, Shape] = {"weight": (units, at.shape[-1])}
    if at.flag(fields.bias):
        arrays["bias"] = (units,)
    facts = Facts(at.constant(fields.operator, "a norm"), at.shape)
    return Placed((*at.shape[:-1], units), facts, arrays, features=LAST, is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    features = len(lowering.shape)  # the samples are axis 0; the nodes stand before the features
    apart = same(axis for axis in range(features + 1) if axis != features - 1)
    propagated = lowering.emit(Linear(inputs[0], facts.norm, view=apart), facts.inputs)
    return affine.lower_affine(gains.DENSE_NORM, same(range(features)), (features,), propagated, lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    nodes = inputs[0].shape[-2]
    propagated = xp.matmul(xp.asarray(_path(nodes, float(facts.norm)), dtype=inputs[0].dtype), inputs[0])
    image = xp.matmul(propagated, arrays["weight"].T)
    return image + arrays["bias"] if "bias" in arrays else image


def _path(nodes: int, norm: float) -> list[list[float]]:
    """norm D^(-1/2) (A + I) D^(-1/2) of a path: its norm is reached at the roots of the degrees."""
    degrees = [1 + (i > 0) + (i < nodes - 1) for i in range(nodes)]
    return [
        [norm / math.sqrt(degrees[i] * degrees[j]) if abs(i - j) <= 1 else 0.0 for j in range(nodes)]
        for i in range(nodes)
    ]


KIND = Kind(
    "gcn",
    Fields,
    place,
    lower,
    forward,
    channels=-1,
    example=example("gcn: {units: 4, operator: 1}, tanh", "[5, 4]"),
)
