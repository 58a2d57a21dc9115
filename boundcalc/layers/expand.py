"""expand: axes of one entry are repeated to a shape, axes in front of all others are made, as in torch. squeeze and unsqueeze:
an axis of one entry goes or comes.

Every copy reads the same place: norm sqrt(copies) of the whole, 1 of what is measured at each copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import Axes, View
from boundcalc.catalogue import gains
from boundcalc.graph.features import of_new, with_new, without
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.windows import axis_of


class ExpandFields(StepFields):
    """Axes of one entry are repeated to this shape, and axes in front are made; -1 keeps an axis."""

    value_field = "shape"
    shape: types.Shape


class AxisFields(StepFields):
    """An axis of one entry."""

    value_field = "axis"
    axis: Term


@dataclass(frozen=True, slots=True)
class Facts:
    """`kept`: the axis of the operand that an axis of the image is, if it is one. `copied`: axes of the image along which one
    entry is repeated. All axes count the batch."""

    shape: Shape
    axes: int  # of the operand
    kept: tuple[int | None, ...]
    copied: Axes


def place_expand(fields: ExpandFields, at: At) -> Placed[Facts]:
    before, new = at.shape, len(fields.shape) - len(at.shape)
    if new < 0:
        finding = f"'expand' makes axes and takes none away: {show_shape(before)} has more than its new shape"
        raise at.error(finding, "-1 keeps an axis")
    shape: list[sympy.Expr] = []
    copied: set[int] = set()
    for axis, expression in enumerate(fields.shape):
        own = before[axis - new] if axis >= new else None
        if at.term(expression) == -1:
            if own is None:
                raise at.error("an axis that is made needs a size, not -1", place=expression.place)
            shape.append(own)
            continue
        wanted = at.size(expression, "an axis")
        shape.append(wanted)
        if own is None or (own == 1 and wanted != 1):
            copied.add(axis + 1)
        elif not at.same(own, wanted):
            if not at.same(own, sympy.S.One):
                finding = f"{show_shape(before)} does not fit into the new shape: {own} entries are not {wanted}"
                raise at.error(finding, "only an axis of one entry is repeated; -1 keeps an axis", expression.place)
            copied.add(axis + 1)
    kept = tuple(None if 0 < axis <= new else max(axis - new, 0) for axis in range(len(shape) + 1))
    features = at.operands[0].features
    moved_to = of_new(len(shape)) if features is None else features + new
    return Placed(tuple(shape), Facts(tuple(shape), len(before) + 1, kept, frozenset(copied)), features=moved_to)


def place_squeeze(fields: AxisFields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape), at.integer(fields.axis, "the axis"))
    if not at.same(shape[axis], sympy.S.One):
        finding = f"'squeeze' takes away an axis of one entry, and axis {axis} has {at.known(shape[axis])}"
        raise at.error(finding, "use mean, slice or reshape for an axis of more")
    left = (*shape[:axis], *shape[axis + 1 :])
    kept = tuple(i for i in range(len(shape) + 1) if i != axis + 1)
    features = without(at.operands[0].features, axis, len(shape))
    return Placed(left, Facts(left, len(shape) + 1, kept, frozenset()), features=features)


def place_unsqueeze(fields: AxisFields, at: At) -> Placed[Facts]:
    shape = at.shape
    axis = axis_of(at, len(shape) + 1, at.integer(fields.axis, "the axis"))
    longer = (*shape[:axis], sympy.S.One, *shape[axis:])
    kept = tuple(None if i == axis + 1 else i - (i > axis + 1) for i in range(len(longer) + 1))
    features = with_new(at.operands[0].features, axis)
    return Placed(longer, Facts(longer, len(shape) + 1, kept, frozenset()), features=features)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = gains.repeat_norm(sympy.Mul(*(facts.shape[axis - 1] for axis in sorted(facts.copied))))
    if facts.copied:
        lowering.own(operator_norm=norm)
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True, view=_view(facts)))


def _view(facts: Facts) -> View:
    """An axis of one entry that goes, or that is repeated, belongs to the axis before it: its index says nothing."""
    kept = [(to, of) for to, of in enumerate(facts.kept) if of is not None and to not in facts.copied]
    ends = (*(of for _, of in kept[1:]), facts.axes)
    groups = ((frozenset({to}), frozenset(range(of, end))) for (to, of), end in zip(kept, ends, strict=True))
    return View(tuple(groups), copied=facts.copied)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    whole = (z.shape[0], *(int(axis) for axis in facts.shape))
    single = tuple(1 if axis in facts.copied else size for axis, size in enumerate(whole))
    copies = xp.reshape(z, single)
    return copies if single == whole else copies + xp.zeros(whole, dtype=z.dtype)


KINDS = (
    Kind(
        "expand",
        ExpandFields,
        place_expand,
        lower,
        forward,
        example=example("mean: 0, expand: [2, 3]", "[2, 3]"),
    ),
    Kind(
        "squeeze", AxisFields, place_squeeze, lower, forward, lower, example=example("dense: 3, squeeze: 0", "[1, 3]")
    ),
    Kind(
        "unsqueeze",
        AxisFields,
        place_unsqueeze,
        lower,
        forward,
        lower,
        example=example("dense: 3, unsqueeze: 0"),
    ),
)
