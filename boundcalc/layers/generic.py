"""generic: a layer phi(v, z) known only by the constants of phi in (v, z) jointly: l = l_phi (1 + l_z),
L = l_phi L_z + L_phi (1 + l_z)^2, as in the talk's generic chain.

Along `axes` a slice is phi(v, z_s), with the same v in all of them: 1 is sqrt(slices) in these formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear, Map, Sum
from boundcalc.calculus.views import View
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.families import gathered, reaching
from boundcalc.layers.parts.maps import given_map
from boundcalc.layers.parts.operands import given_shape
from boundcalc.layers.parts.slices import Slices, slices_of

UNBOUNDED = "a generic layer is known by its constants alone: its norm is unbounded"


class Fields(StepFields):
    """A layer phi(v, z) known only by the constants of phi in (v, z) jointly."""

    value_field = "lipschitz"
    lipschitz: Term
    smoothness: Term | None = None
    shape: types.Shape | None = None
    axes: types.Along | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    lipschitz: sympy.Expr
    smoothness: sympy.Expr | None
    read: Shape  # of the operand
    slices: Slices


def place(fields: Fields, at: At) -> Placed[Facts]:
    """One learned array, of unknown size: only its ball matters."""
    lipschitz = at.constant(fields.lipschitz, "'lipschitz'")
    smoothness = None if fields.smoothness is None else at.constant(fields.smoothness, "'smoothness'")
    shape = given_shape(at, fields.shape)
    facts = Facts(lipschitz, smoothness, at.shape, slices_of(at, fields.axes, shape))
    return Placed(shape, facts, {"weight": ()}, is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A map of a sum: the first derivative of (v, z) is bounded by l_v + l_z. Every slice has v: it is repeated along the axes."""
    entry = given_map("generic", facts.lipschitz, facts.smoothness, None, None, UNBOUNDED)
    lowering.own(lipschitz=facts.lipschitz, smoothness=facts.smoothness)
    slices, learned = facts.slices, lowering.arrays["weight"].parameter
    if slices.result:
        copied = View(copied=frozenset(slices.operands[0]))
        learned = lowering.emit(Linear(learned, slices.root, view=copied), facts.read)
    joint = lowering.emit(Sum((learned, inputs[0])), facts.read)
    return lowering.emit(Map(joint, entry, slices.view()))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The entries of (v, z) in order, in every slice, each bent so that both constants are reached."""
    slices = facts.slices
    rows = slices.cut(inputs[0], xp)
    learned = xp.concat([xp.reshape(arrays["weight"], (1, -1))] * rows.shape[0], axis=0)
    entries = gathered(xp.concat([learned, rows], axis=1), slices.entries, xp)
    return slices.joined(reaching(entries, facts.lipschitz, facts.smoothness, None, None, xp), xp)


KIND = Kind(
    "generic", Fields, place, lower, forward, lower, example=example("generic: {lipschitz: 1, smoothness: 1/2}")
)
