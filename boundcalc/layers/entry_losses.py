"""Losses that are sums of a scalar function over the entries of each sample: of margins (binary_logistic, hinge, squared_hinge,
smoothed_hinge) and of residuals (huber, pseudo_huber, log_cosh). Each is a row of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Sum
from boundcalc.catalogue.entry_losses import MARGINS, RESIDUALS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.arrays import on_arrays
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape, size
from boundcalc.language.fields import Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.operands import are_equal
from boundcalc.layers.parts.reduction import MEAN, Reduction, Sampled, instances, lower_loss, own_constants, reduced


class Fields(StepFields):
    """A sum over the entries of each sample, mean over the batch."""

    reduction: Reduction = MEAN


class WidthFields(Fields):
    """The smoothed hinge of every margin."""

    value_field = "width"
    width: Term | None = None


class DeltaFields(Fields):
    """A distance that grows linearly from `delta` on."""

    value_field = "delta"
    delta: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts(Sampled):
    shape: Shape  # of the predictions
    parameters: Mapping[str, sympy.Expr]  # those that were given, and the defaults


@dataclass(frozen=True, slots=True)
class _Row:
    entry: Nonlinearity
    operands: int

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        """Of residuals the second operand, if there is one, is what the first is compared with."""
        shapes = [operand.shape for operand in at.operands]
        if len(shapes) > self.operands:
            wanted = "two operands at most" if self.operands == 2 else "one operand, the scores"
            raise at.error(f"'{self.entry.name}' reads {wanted}, not {len(shapes)}")
        if len(shapes) == 2 and not are_equal(at, *shapes):
            raise at.error(f"'{self.entry.name}' compares {show_shape(shapes[0])} with {show_shape(shapes[1])}")
        given = {"width": fields.width} if isinstance(fields, WidthFields) else {}
        given |= {"delta": fields.delta} if isinstance(fields, DeltaFields) else {}
        values = {name: at.term(value) for name, value in given.items() if value is not None}
        mean, sample = instances(self.entry, values, at, size=size(at.shape))
        defaults = {row.name: row.default for row in self.entry.parameters if row.default is not None}
        return Placed((), Facts(mean, sample, fields.reduction, at.shape, {**defaults, **values}))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    own_constants(facts.mean, lowering, facts.reduction)
    of = inputs[0] if len(inputs) == 1 else lowering.emit(Sum(inputs), facts.shape)
    return lower_loss(facts.sample, of, lowering, facts.reduction, even=True)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """All labels are 1 of margins, and 0 of predictions that are compared with none."""
    assert facts.sample.function is not None
    argument = inputs[0] if len(inputs) == 1 else inputs[0] - inputs[1]
    each = on_arrays(facts.sample.function, argument, xp)
    return reduced(xp.sum(xp.reshape(each, (each.shape[0], -1)), axis=-1), facts.reduction, xp)


_FIELDS = {"smoothed_hinge": WidthFields, "huber": DeltaFields, "pseudo_huber": DeltaFields}
KINDS = tuple(
    Kind(
        entry.name,
        _FIELDS.get(entry.name, Fields),
        _Row(entry, operands).place,
        lower,
        forward,
        operands=None,
        loss=True,
        convex=True,
        example=example("dense: 2", loss=entry.name),
    )
    for rows, operands in ((MARGINS, 1), (RESIDUALS, 2))
    for entry in rows
)
