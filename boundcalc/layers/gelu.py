"""gelu: x Phi(x), or with `approximate: tanh` what frameworks compute in its place. Two rows of the catalogue."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from boundcalc.catalogue.gates import GELU, GELU_TANH
from boundcalc.graph.kind import At, Kind, Placed
from boundcalc.language import fields as types
from boundcalc.language.structure import StepFields
from boundcalc.layers.activation import Facts, forward, lower, place_entry
from boundcalc.layers.parts.example import example

_ROWS = {"none": GELU, "tanh": GELU_TANH}
Approximation = Annotated[str, PlainValidator(types.choice(*_ROWS)), WithJsonSchema({"enum": list(_ROWS)})]


class Fields(StepFields):
    """x Phi(x), exact or approximated with a hyperbolic tangent."""

    value_field = "approximate"
    approximate: Approximation = "none"


def place(fields: Fields, at: At) -> Placed[Facts]:
    return place_entry(_ROWS[fields.approximate], {}, at)


KIND = Kind("gelu", Fields, place, lower, forward, example=example("dense: 3, gelu: tanh, dense: 2"))
