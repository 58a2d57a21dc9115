"""map: a map that a person knows by its constants; one that is left out is unknown, and a bound that needs it is infinite.

The constants hold on the whole batch, or on each slice along `axes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from boundcalc.calculus.primitives import Map
from boundcalc.catalogue.fact import Fact
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.families import along, reaching, spread
from boundcalc.layers.parts.maps import GIVEN, given_map
from boundcalc.layers.parts.operands import given_shape
from boundcalc.layers.parts.slices import Slices, slices_of

UNBOUNDED = "a map without at_zero or sup has an unbounded norm"


class Fields(StepFields):
    """A map known by its constants; one that is left out is unknown, and a bound that needs it is infinite."""

    lipschitz: Term | None = None
    smoothness: Term | None = None
    at_zero: Term | None = None
    sup: Term | None = None
    shape: types.Shape | None = None
    axes: types.Along | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    lipschitz: sympy.Expr | None
    smoothness: sympy.Expr | None
    at_zero: sympy.Expr | None
    sup: sympy.Expr | None
    slices: Slices


def place(fields: Fields, at: At) -> Placed[Facts]:
    def constant(expression: Expression | None, name: str) -> sympy.Expr | None:
        return None if expression is None else at.constant(expression, f"'{name}'")

    shape = given_shape(at, fields.shape)
    facts = Facts(
        constant(fields.lipschitz, "lipschitz"),
        constant(fields.smoothness, "smoothness"),
        constant(fields.at_zero, "at_zero"),
        constant(fields.sup, "sup"),
        slices_of(at, fields.axes, shape),
    )
    return Placed(shape, facts, is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Without `at_zero` nothing is known of the image of zero, so only `sup` can bound the norm."""
    slices = facts.slices
    at_zero, sup = (slices.all_together(norm) for norm in (facts.at_zero, facts.sup))
    entry = given_map("map", facts.lipschitz, facts.smoothness, at_zero, sup, UNBOUNDED)
    if slices.result and facts.sup is not None:  # an entry is at most its slice
        entry = replace(entry, sup=Fact(facts.sup, GIVEN))
    lowering.own(lipschitz=facts.lipschitz, smoothness=facts.smoothness)
    return lowering.emit(Map(inputs[0], entry, slices.view()))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Along one direction of each slice, a function that reaches the constants where they can be reached together."""
    slices = facts.slices
    heights = along(slices.cut(inputs[0], xp), xp)
    bent = reaching(heights, facts.lipschitz, facts.smoothness, facts.at_zero, facts.sup, xp)
    return slices.joined(spread(bent, slices.entries, xp), xp)


KIND = Kind(
    "map",
    Fields,
    place,
    lower,
    forward,
    lower,
    example=example("dense: 3, map: {lipschitz: 1, smoothness: 2, at_zero: 0, sup: 1}, dense: 2"),
)
