"""generic: a layer phi(v, z) known only by the constants of phi in (v, z) jointly: l = l_phi (1 + l_z),
L = l_phi L_z + L_phi (1 + l_z)^2, as in the talk's generic chain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Map, Sum
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.families import gathered, reaching
from boundcalc.layers.parts.maps import given_map
from boundcalc.layers.parts.operands import given_shape

UNBOUNDED = "a generic layer is known by its constants alone: its norm is unbounded"


class Fields(StepFields):
    """A layer phi(v, z) known only by the constants of phi in (v, z) jointly."""

    value_field = "lipschitz"
    lipschitz: Term
    smoothness: Term | None = None
    shape: types.Shape | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    lipschitz: sympy.Expr
    smoothness: sympy.Expr | None
    shape: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    """One learned array, of unknown size: only its ball matters."""
    lipschitz = at.constant(fields.lipschitz, "'lipschitz'")
    smoothness = None if fields.smoothness is None else at.constant(fields.smoothness, "'smoothness'")
    shape = given_shape(at, fields.shape)
    return Placed(shape, Facts(lipschitz, smoothness, shape), {"weight": ()})


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A map of a sum: the first derivative of (v, z) is bounded by l_v + l_z."""
    entry = given_map("generic", facts.lipschitz, facts.smoothness, None, None, UNBOUNDED)
    lowering.own(lipschitz=facts.lipschitz, smoothness=facts.smoothness)
    joint = lowering.emit(Sum((lowering.arrays["weight"].parameter, inputs[0])))
    return lowering.emit(Map(joint, entry))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The entries of (v, z) in order, each bent so that both constants are reached."""
    (z,) = inputs
    joint = xp.concat([xp.reshape(arrays["weight"], (-1,)), xp.reshape(z, (-1,))], axis=0)
    shape = (z.shape[0], *(int(axis) for axis in facts.shape))
    entries = gathered(joint, math.prod(shape), xp)
    return xp.reshape(reaching(entries, facts.lipschitz, facts.smoothness, None, None, xp), shape)


KIND = Kind("generic", Fields, place, lower, forward, lower)
