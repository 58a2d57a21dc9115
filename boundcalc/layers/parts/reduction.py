"""A loss of each sample, and what becomes of them all: their mean, or their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Average, Linear
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.kind import At, Lowering
from boundcalc.language import fields as types

MEAN, SUM = "mean", "sum"
Reduction = Annotated[str, PlainValidator(types.choice(MEAN, SUM)), WithJsonSchema({"enum": [MEAN, SUM]})]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What is known of a loss that acts sample by sample."""

    mean: Nonlinearity  # over all samples
    sample: Nonlinearity  # of one
    reduction: str


def instances(
    row: Nonlinearity, values: Mapping[str, sympy.Expr], at: At, **sizes: sympy.Expr
) -> tuple[Nonlinearity, Nonlinearity]:
    """A loss as the mean over the samples, and of one of them. Raises SpecError where its constants do not hold."""

    def of(batch: sympy.Expr, given: Mapping[str, sympy.Expr]) -> Nonlinearity:
        return row.instantiate(at.pinned, batch=batch, **sizes, **given)

    try:
        of(sympy.S.One, {name: at.known(value) for name, value in values.items()})
        return of(at.batch, values), of(sympy.S.One, values)
    except ValueError as error:
        raise at.error(str(error)) from None


def lower(facts: Sampled, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A loss of one operand."""
    own_constants(facts.mean, lowering, facts.reduction)
    return lower_loss(facts.sample, inputs[0], lowering, facts.reduction)


def lower_loss(entry: Nonlinearity, of: int, lowering: Lowering, reduction: str, *, even: bool = False) -> int:
    """The loss of all samples, from the constants of one sample's: a sum is `batch` times the mean. `even`: the slope at zero is
    that of one sample too, the same for all."""
    lowering.assume(entry.assumed)
    if even and entry.derivative_at_zero is not None:
        entry = replace(entry, derivative_at_zero=entry.derivative_at_zero * sympy.sqrt(lowering.batch))
    mean = lowering.emit(Average(of, entry, lowering.batch, frozenset({0}), even), ())
    return mean if reduction == MEAN else lowering.emit(Linear(mean, lowering.batch), ())


def lower_whole(facts: Sampled, of: int, lowering: Lowering) -> int:
    """A loss of all samples together, divided by their number: the loss of one depends on all others."""
    own_constants(facts.mean, lowering, facts.reduction)
    lowering.assume(facts.mean.assumed)
    mean = lowering.emit(Average(of, facts.mean, sympy.S.One, frozenset()), ())
    return mean if facts.reduction == MEAN else lowering.emit(Linear(mean, lowering.batch), ())


def own_constants(mean: Nonlinearity, lowering: Lowering, reduction: str) -> None:
    """Report the constants of the loss, from those of the mean."""
    times = sympy.S.One if reduction == MEAN else lowering.batch
    own = {"lipschitz": mean.lipschitz.value, "smoothness": mean.smoothness.value}
    lowering.own(**{name: None if value is None else value * times for name, value in own.items()})


def reduced(losses: Any, reduction: str, xp: Any) -> Any:
    """Of the losses of the samples, on arrays."""
    return xp.mean(losses) if reduction == MEAN else xp.sum(losses)
