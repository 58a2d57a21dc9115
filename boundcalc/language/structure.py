"""What the grammar itself knows of steps: the fields that all have, residuals, repeats, calls of modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from boundcalc.language.fields import (
    Center,
    Flag,
    Name,
    Passes,
    Radius,
    RawMapping,
    RawOperands,
    RawSteps,
    Shape,
    Share,
    StepName,
    Term,
)


class StepFields(BaseModel):
    """The fields that every step has. `radius`, `spectral`, `center` and `frozen` hold for all layers inside."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False, defer_build=True
    )
    value_field: ClassVar[str | None] = None  # the field that a bare value `- kind: VALUE` fills

    name: StepName | None = None
    sources: RawOperands | None = Field(default=None, alias="from")
    radius: Radius | None = None
    spectral: Term | None = None
    center: Center | None = None
    frozen: Flag | None = None
    share: Share | None = None


COMMON_FIELDS = frozenset(field.alias or name for name, field in StepFields.model_fields.items())


class Residual(StepFields):
    """`add: [[], layers]`."""

    value_field = "layers"
    layers: RawSteps


class Repeat(StepFields):
    """`layers` one after another, `times` times; with `carry` and `each` a scan."""

    value_field = "times"
    times: Passes
    layers: RawSteps
    index: Name | None = None
    carry: RawMapping | None = None
    each: RawMapping | None = None
    collect: Flag = False


class FixedPoint(StepFields):
    """The array that `layers` map to itself: they read it by the name `state`, and the step's own input as a repeat does."""

    state: Name
    shape: Shape
    layers: RawSteps


def optional_terms(name: str, title: str, names: Sequence[str], module: str) -> type[StepFields]:
    """A model of fields that are expressions and may be left out; a bare value is the first.

    `module` is where pickle finds the model, by its name.
    """
    terms: dict[str, Any] = dict.fromkeys(names, (Term | None, None))
    model = create_model(name, __base__=StepFields, __doc__=title, __module__=module, **terms)
    model.value_field = names[0] if names else None
    return model


class Call(StepFields):
    """The call of a module: its arguments stand beside the common fields."""

    model_config = ConfigDict(extra="allow")


class InputNorm(BaseModel):
    """A bound of the input: of the whole batch, of each sample, or of each entry; exactly one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)
    batch: Term | None = None
    sample: Term | None = None
    entry: Term | None = None


End = Literal["first", "last"]  # where the feature axis of an input is
ENDS: tuple[End, ...] = ("first", "last")

CONSTRUCTS: Mapping[str, type[StepFields]] = {
    "residual": Residual,
    "repeat": Repeat,
    "fixed_point": FixedPoint,
}  # steps that make no layer of their own
