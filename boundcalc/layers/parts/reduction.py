"""A loss of each sample, and what becomes of them all: their mean, or their sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Average, Linear
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.kind import Lowering
from boundcalc.language import fields as types

MEAN, SUM = "mean", "sum"
Reduction = Annotated[str, PlainValidator(types.choice(MEAN, SUM)), WithJsonSchema({"enum": [MEAN, SUM]})]


def lower_loss(entry: Nonlinearity, of: int, lowering: Lowering, reduction: str, *, even: bool = False) -> int:
    """The loss of all samples, from the constants of one sample's: a sum is `batch` times the mean. `even`: the slope at zero is
    that of one sample too, the same for all."""
    lowering.assume(entry.assumed)
    if even and entry.derivative_at_zero is not None:
        entry = replace(entry, derivative_at_zero=entry.derivative_at_zero * sympy.sqrt(lowering.batch))
    mean = lowering.emit(Average(of, entry, lowering.batch, frozenset({0}), even), ())
    return mean if reduction == MEAN else lowering.emit(Linear(mean, lowering.batch), ())


def own_constants(mean: Nonlinearity, lowering: Lowering, reduction: str) -> None:
    """Report the constants of the loss, from those of the mean."""
    times = sympy.S.One if reduction == MEAN else lowering.batch
    own = {"lipschitz": mean.lipschitz.value, "smoothness": mean.smoothness.value}
    lowering.own(**{name: None if value is None else value * times for name, value in own.items()})


def reduced(losses: Any, reduction: str, xp: Any) -> Any:
    """Of the losses of the samples, on arrays."""
    return xp.mean(losses) if reduction == MEAN else xp.sum(losses)
