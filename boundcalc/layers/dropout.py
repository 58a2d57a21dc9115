"""dropout: entries kept with probability 1 - p and multiplied by 1/(1 - p), a linear map of norm 1/(1 - p); in
`mode: eval` the identity. stochastic_depth: the same for whole samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import same
from boundcalc.catalogue.gains import dropout_norm
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example

MODES = ("train", "eval")
Mode = Annotated[str, PlainValidator(types.choice(*MODES)), WithJsonSchema({"enum": list(MODES)})]


class Fields(StepFields):
    """Entries kept with probability 1 - p and multiplied by 1/(1 - p); the identity in `mode: eval`."""

    value_field = "p"
    p: Term
    mode: Mode = "train"


class DepthFields(StepFields):
    """Samples kept with probability 1 - p and multiplied by 1/(1 - p): at the end of a branch."""

    value_field = "p"
    p: Term


@dataclass(frozen=True, slots=True)
class Facts:
    norm: sympy.Expr


def place(fields: Fields, at: At) -> Placed[Facts]:
    if fields.mode == "eval":
        return Placed(at.shape, Facts(sympy.S.One))
    return Placed(at.shape, Facts(scale_of(at, fields.p)), is_one_of_many=True)


def place_depth(fields: DepthFields, at: At) -> Placed[Facts]:
    return Placed(at.shape, Facts(scale_of(at, fields.p)), is_one_of_many=True)


def scale_of(at: At, probability: Term) -> sympy.Expr:
    """1/(1 - p). Raises SpecError where it is not 0 <= p < 1."""
    p = at.constant(probability, "the probability p")
    try:
        dropout_norm(at.known(p))
        scale = dropout_norm(p)
    except ValueError as error:
        raise at.error(str(error), place=probability.place) from None
    at.assume(sympy.Lt(p, 1))
    return scale


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    lowering.own(operator_norm=facts.norm)
    return lowering.emit(Linear(inputs[0], facts.norm, view=same(range(len(lowering.shape) + 1))))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """All kept: the draw that reaches the norm."""
    return inputs[0] * float(facts.norm)


KINDS = (
    Kind(
        "dropout",
        Fields,
        place,
        lower,
        forward,
        example=example("dense: 4, tanh, dropout: 1/2, dense: 2"),
    ),
    Kind(
        "stochastic_depth",
        DepthFields,
        place_depth,
        lower,
        forward,
        example=example("{residual: [dense: 3, stochastic_depth: 1/5]}"),
    ),
)
