"""argmin: z(v) = argmin_b zeta(b, v) for each sample v, where zeta is mu strongly convex in b, its gradient Lipschitz with constant
lipschitz_gradient and its Hessian with constant lipschitz_hessian, both in (b, v) together.

Dz = -A^-1 B with A = zeta_bb >= mu and B = zeta_bv. Of [A B], rows of the Hessian, A A + B B^T <= lipschitz_gradient^2, so
A^-1 B B^T A^-1 <= lipschitz_gradient^2 A^-2 - 1 and l = sqrt(kappa^2 - 1), kappa = lipschitz_gradient/mu. Differentiated once more,
D^2 z[u, u] = -A^-1 D^3 zeta[(Dz u, u), (Dz u, u), .], so L = lipschitz_hessian (1 + l^2)/mu.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue import gains
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.intervals import at_least
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.families import along, spread
from boundcalc.layers.parts.maps import given_map, lower_map
from boundcalc.layers.parts.operands import given_shape

UNBOUNDED = "how large the minimizer is at 0 is not known: give `at_zero`"


class Fields(StepFields):
    """The minimizer in b of a function of b and of each sample, strongly convex in b; `at_zero` is its norm where the sample is 0."""

    strong_convexity: Term
    lipschitz_gradient: Term
    lipschitz_hessian: Term | None = None
    at_zero: Term | None = None
    shape: types.Shape | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    shape: Shape
    lipschitz: sympy.Expr
    at_zero: sympy.Expr | None
    entry: Nonlinearity


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = given_shape(at, fields.shape)
    convexity = at.constant(fields.strong_convexity, "the strong convexity")
    if at.known(convexity) == 0:
        raise at.error("'argmin' needs a function that is strongly convex", "give a positive `strong_convexity`")
    gradient = at.constant(fields.lipschitz_gradient, "the Lipschitz constant of the gradient")
    if not at.fits(at_least(gradient, convexity)):
        finding = (
            f"no function is {at.known(convexity)} strongly convex with a gradient of constant {at.known(gradient)}"
        )
        raise at.error(finding, "`lipschitz_gradient` is at least `strong_convexity`")
    hessian = None if fields.lipschitz_hessian is None else at.constant(fields.lipschitz_hessian, "`lipschitz_hessian`")
    at_zero = None if fields.at_zero is None else at.constant(fields.at_zero, "`at_zero`")
    lipschitz = sympy.sqrt((gradient / convexity) ** 2 - 1)
    smoothness = None if hessian is None else hessian * (1 + lipschitz**2) / convexity
    together = None if at_zero is None else gains.repeat_norm(at.batch) * at_zero
    entry = replace(
        given_map("argmin", lipschitz, smoothness, together, None, UNBOUNDED),
        lipschitz=Fact(
            lipschitz, "A A + B B^T <= (Lipschitz constant of the gradient)^2", Witness("attained", "quadratics")
        ),
        smoothness=Fact(
            smoothness,
            "-A^-1 D^3 zeta[(Dz u, u), (Dz u, u), .]",
            Witness("upper", "not known to be approached"),
            reason="" if smoothness is not None else "no `lipschitz_hessian` of 'argmin' is given",
        ),
    )
    return Placed(shape, Facts(shape, lipschitz, at_zero, entry), is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(facts.entry, inputs[0], lowering, same({0}))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The minimizer of a quadratic, mu/2 |b|^2 - l mu b_1 v_1 + ... in the directions of constant vectors, that reaches l."""
    (z,) = inputs
    rows = xp.reshape(z, (z.shape[0], -1))
    heights = float(facts.lipschitz) * along(rows, xp)
    if facts.at_zero is not None:
        heights = heights + float(facts.at_zero)
    shape = [int(axis) for axis in facts.shape]
    return xp.reshape(spread(heights, prod(shape), xp), (z.shape[0], *shape))


KIND = Kind(
    "argmin",
    Fields,
    place,
    lower,
    forward,
    example=example(
        "dense: 2, argmin: {strong_convexity: 1, lipschitz_gradient: 3/2, lipschitz_hessian: 1, at_zero: 1}, dense: 2"
    ),
)
