"""constant: a fixed array that reads nothing and is not learned: the same for every sample, so n copies of it, norm sqrt(n) `norm`.

Known are its Euclidean norm and its largest entry e: it is e times an array whose entries are at most one, a linear map of one number
of norm `norm`/e that makes no entry larger than the number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Constant, Linear
from boundcalc.calculus.views import View
from boundcalc.catalogue import gains
from boundcalc.exact.values import minimum
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example


class Fields(StepFields):
    """A fixed array that reads nothing: its shape, its Euclidean norm, and its largest entry where that is known."""

    value_field = "shape"
    shape: types.Shape
    norm: Term
    entry: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    batch: sympy.Expr
    norm: sympy.Expr
    entry: sympy.Expr | None
    entries: sympy.Expr
    shape: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = tuple(at.size(axis, "an axis") for axis in fields.shape)
    norm, entries = at.constant(fields.norm, "the norm"), size(shape)
    if fields.entry is None:
        return Placed(shape, Facts(at.batch, norm, None, entries, shape), is_one_of_many=True)
    entry = at.constant(fields.entry, "the largest entry")
    norm = minimum((norm, entry * sympy.sqrt(entries)))  # so many entries of this size have no larger one
    return Placed(shape, Facts(at.batch, norm, entry, entries, shape), is_one_of_many=True)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    copies, once = gains.repeat_norm(facts.batch), View(copied=frozenset({0}))
    lowering.own(norm=copies * facts.norm)
    if facts.entry is None or facts.entry == 0:
        whole = lowering.emit(Constant(facts.norm))
        return lowering.emit(Linear(whole, copies, contracts_sup=True, view=once))
    number = lowering.emit(Constant(facts.entry), ())
    return lowering.emit(Linear(number, copies * facts.norm / facts.entry, contracts_sup=True, view=once))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Entries of the largest size, as many as the norm allows, and one of the rest; without it all of one size."""
    shape, norm, count = tuple(int(axis) for axis in facts.shape), float(facts.norm), int(facts.entries)
    most = norm / math.sqrt(count) if facts.entry is None else float(facts.entry)
    full = min(count, int(norm * norm / (most * most) * (1 + 1e-12))) if most else 0
    rest = math.sqrt(max(norm * norm - full * most * most, 0.0))
    entries = [most] * full + [rest] * (full < count) + [0.0] * (count - full - 1)
    return xp.stack([xp.reshape(xp.asarray(entries), shape)] * int(facts.batch), axis=0)


KIND = Kind(
    "constant",
    Fields,
    place,
    lower,
    forward,
    operands=0,
    example=example("{add: [[dense: 3], [constant: {shape: [3], norm: 1}]]}"),
)
