"""l2norm: z/max(||z||, eps) of every slice along an axis, as torch.nn.functional.normalize has it.

It is the projection onto the ball of radius eps, divided by eps: l = 1/eps, with a kink where ||z|| = eps (catalogue/normalisations.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.normalisations import UNIT
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.windows import axis_of


class Fields(StepFields):
    """Every slice along an axis (the last) divided by its norm, or by `eps` where that is larger."""

    value_field = "eps"
    eps: Term
    axis: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    axis: int
    eps: sympy.Expr
    entry: Nonlinearity


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), -1 if fields.axis is None else at.integer(fields.axis, "an axis"))
    eps = at.constant(fields.eps, "eps")
    if not at.fits(sympy.Gt(eps, 0)):
        raise at.error("z/||z|| is not Lipschitz continuous: it is undefined at 0", "give an eps above 0")
    rows = at.batch * size((*shape[:axis], *shape[axis + 1 :]))
    facts = Facts(axis, eps, UNIT.instantiate(eps=eps, rows=rows))
    return Placed(shape, facts, row_norm=sympy.S.One if axis == len(shape) - 1 else None)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    rows = frozenset(range(len(lowering.shape) + 1)) - {facts.axis + 1}
    return lower_map(facts.entry, inputs[0], lowering, same(sorted(rows)))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The square is held above eps^2 first: a root has no slope at 0."""
    (z,), least = inputs, float(facts.eps)
    square = xp.sum(z * z, axis=facts.axis + 1, keepdims=True)
    far = square > least * least
    return xp.where(far, z / xp.sqrt(xp.where(far, square, 0 * square + least * least)), z / least)


KIND = Kind(
    "l2norm",
    Fields,
    place,
    lower,
    forward,
    example=example("dense: 4, l2norm: 1/10", "[3, 4]"),
)
