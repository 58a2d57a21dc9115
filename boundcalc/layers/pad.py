"""pad: an axis made longer at both ends: by zeros, or by its entries reflected, replicated or round and round, as in torch.

An entry that is at most k times in the image along an axis gives the norm sqrt(k); a zero changes no norm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Linear
from boundcalc.catalogue.gains import repeat_norm
from boundcalc.exact.expression import Expression
from boundcalc.exact.intervals import at_least
from boundcalc.exact.values import minimum
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language import fields as types
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.moves import along_others, read_once

MODES = ("zeros", "reflect", "replicate", "circular")
Mode = Annotated[str, PlainValidator(types.choice(*MODES)), WithJsonSchema({"enum": list(MODES)})]


class Fields(StepFields):
    """So many places more before and after the entries of each axis: a number for both, or a list of two."""

    value_field = "amounts"
    amounts: types.Pairs
    mode: Mode = "zeros"


@dataclass(frozen=True, slots=True)
class Facts:
    inputs: Shape
    ends: tuple[tuple[sympy.Expr, sympy.Expr], ...]  # of each axis, before and after
    mode: str
    touches: Shape  # how often an entry is in the image, along each axis


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    if len(fields.amounts) != len(shape):
        finding = f"the amounts are of {len(fields.amounts)} axes, and the input has {len(shape)}"
        raise at.error(finding, "give a number or a list of two for each axis, 0 where nothing is added")
    ends = tuple(_pair(at, given) for given in fields.amounts)
    touches = tuple(_touches(at, fields.mode, n, *pair) for n, pair in zip(shape, ends, strict=True))
    longer = tuple(n + before + after for n, (before, after) in zip(shape, ends, strict=True))
    return Placed(longer, Facts(shape, ends, fields.mode, touches), features=at.operands[0].features)


def _pair(at: At, given: tuple[Expression, ...]) -> tuple[sympy.Expr, sympy.Expr]:
    if len(given) not in (1, 2):
        raise at.error(f"an axis has two ends, not {len(given)}", "give one number for both, or a list of two")
    first, *_, last = (at.size(each, "an amount", 0) for each in (given[0], given[-1]))
    return first, last


def _touches(at: At, mode: str, entries: sympy.Expr, before: sympy.Expr, after: sympy.Expr) -> sympy.Expr:
    """Zeros read nothing. Replicated, the first and the last entry have copies of their own. Else an entry has one on each side
    where there is padding, and both only where the two paddings together reach all entries."""
    if mode == "zeros" or (before == 0 and after == 0):
        return sympy.S.One
    if mode == "replicate":
        return 1 + (sympy.Max(before, after) if at.pinned(sympy.Ge(entries, 2)) else before + after)
    reach = entries - 1 if mode == "reflect" else entries
    for amount in (before, after):
        if not at.fits(at_least(reach - amount, sympy.S.Zero)):
            finding = f"`mode: {mode}` adds at most {at.known(reach)} places here, not {at.known(amount)}"
            raise at.error(finding, "use a smaller amount, or mode: replicate")
    alone = (
        [sympy.Gt(reach, before + after), sympy.Le(entries, 2)]
        if mode == "reflect"
        else [sympy.Ge(reach, before + after)]
    )
    if any(at.pinned(condition) for condition in alone):
        return sympy.Integer(2)
    return 1 + minimum((sympy.S.One, before)) + minimum((sympy.S.One, after))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = repeat_norm(sympy.Mul(*facts.touches))
    lowering.own(operator_norm=norm)
    padded = [axis for axis, pair in enumerate(facts.ends) if pair != (0, 0)]
    view = along_others(padded, len(lowering.shape), [read_once(axis, facts.touches[axis]) for axis in padded])
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True, view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    for axis, (before, after) in enumerate(facts.ends, start=1):
        count = z.shape[axis]
        places = [_source(facts.mode, i, count) for i in range(-int(before), count + int(after))]
        if len(places) > count:
            lead = (slice(None),) * axis
            zero = xp.zeros((*z.shape[:axis], 1, *z.shape[axis + 1 :]), dtype=z.dtype)
            z = xp.concat([zero if i is None else z[(*lead, slice(i, i + 1))] for i in places], axis=axis)
    return z


def _source(mode: str, place: int, count: int) -> int | None:
    """Which entry is there, counted from the first; None where it is zero."""
    if 0 <= place < count:
        return place
    match mode:
        case "zeros":
            return None
        case "replicate":
            return 0 if place < 0 else count - 1
        case "circular":
            return place % count
        case _:
            return -place if place < 0 else 2 * (count - 1) - place


KIND = Kind(
    "pad",
    Fields,
    place,
    lower,
    forward,
    example=example("{pad: {amounts: [0, 1], mode: reflect}}, {conv1d: {channels: 2, kernel: 3}}", "[1, 5]"),
)
