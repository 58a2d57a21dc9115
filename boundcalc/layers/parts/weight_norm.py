"""weight_norm: weights whose rows are g v/||v||, with a learned gain g and a learned direction v for each row.

The rows act apart, so that the map of all of them has the constants of one (catalogue/normalisations.py). They hold where each |g| is at
most `gain` and each ||v|| at least `least`: hypotheses, of which the second makes a set that is not convex.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Concat, Map
from boundcalc.calculus.views import same
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At, Lowering
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import EXPRESSION_SCHEMA, named

GAIN, DIRECTION = "gain", "direction"
_NAMES = ("gain", "least")

WeightNorm = Annotated[
    Mapping[str, Expression],
    PlainValidator(named(*_NAMES)),
    WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(_NAMES, EXPRESSION_SCHEMA),
            "required": list(_NAMES),
            "additionalProperties": False,
        }
    ),
]

_NOT_CONVEX = (
    "weight_norm: the set where each |gain| is at most `gain` and each row of `direction` has norm `least` or more is not convex; "
    "the constants hold on its convex subsets"
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned arrays of a weight, what they are restricted to (`Placed`), and the map that makes it of them, if there is one."""

    arrays: dict[str, Shape]
    entry: Nonlinearity | None = None
    least: Mapping[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])
    most: Mapping[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])


def place_weights(given: Mapping[str, Expression] | None, at: At, shape: Shape) -> Weights:
    """`shape`: of the weight, its rows first."""
    if given is None:
        return Weights({"weight": shape})
    gain, least = (at.constant(given[name], f"`{name}` of weight_norm") for name in _NAMES)
    if not at.fits(sympy.Gt(least, 0)):
        raise at.error("g v/||v|| is not Lipschitz continuous near v = 0", "give a `least` above 0: the smallest ||v||")
    from boundcalc.catalogue.normalisations import WEIGHTS  # most maps have none

    entry = WEIGHTS.instantiate(gain=gain, least=least, rows=shape[0])
    return Weights({GAIN: shape[:1], DIRECTION: shape}, entry, {DIRECTION: least}, {GAIN: gain})


def lower_weights(entry: Nonlinearity, rows: Shape, lowering: Lowering) -> int:
    """The weight, whose first axes are the rows."""
    if lowering.operator_norms(DIRECTION, sympy.S.One):
        raise lowering.error("`spectral` and `weight_norm` bound the same weight", "leave one of them out")
    lowering.warn(_NOT_CONVEX)
    lowering.assume(entry.assumed)
    gain, direction = lowering.arrays[GAIN], lowering.arrays[DIRECTION]
    of = gain.parameter
    if not gain.joint(direction):
        of = lowering.emit(Concat((gain.parameter, direction.parameter)), rows, batched=False)
    return lowering.emit(Map(of, entry, same(range(len(rows)))), rows, batched=False)


def refuse_published(entry: Nonlinearity | None, lowering: Lowering) -> None:
    if entry is not None:
        raise lowering.error("there are no published constants of `weight_norm`", "use --constants sharp")


def weight_of(arrays: Mapping[str, Any], xp: Any) -> Any:
    """The weight: learned as it is, or made of its gains and directions."""
    if DIRECTION not in arrays:
        return arrays["weight"]
    direction = arrays[DIRECTION]
    rows = xp.reshape(direction, (direction.shape[0], -1))
    unit = rows / xp.sqrt(xp.sum(rows * rows, axis=1, keepdims=True))
    return xp.reshape(xp.reshape(arrays[GAIN], (-1, 1)) * unit, tuple(direction.shape))
