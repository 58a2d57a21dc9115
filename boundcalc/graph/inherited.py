"""Fields that hold for every layer inside (radius, spectral, center, frozen, share): the nearest wins, and one that no layer could
use is a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from boundcalc.exact.expression import Expression
from boundcalc.graph.environment import Environment
from boundcalc.graph.kind import Kind, Vocabulary
from boundcalc.language.fields import CenterNorms
from boundcalc.language.structure import StepFields
from boundcalc.mistakes import Mistake, Place

Balls = Expression | Mapping[str, Expression]
Centers = Expression | CenterNorms | Mapping[str, Expression | CenterNorms]
Value = TypeVar("Value")
FIELDS = ("radius", "center", "spectral", "frozen")


@dataclass(frozen=True, slots=True)
class Given(Generic[Value]):
    """A value, the environment in which its names are looked up, the place of the step that says it, and what it hides."""

    value: Value
    environment: Environment
    place: Place
    hidden: Given[Value] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Layers below `base` take the arrays of the layers at the same place below `target`; `outside` is what holds around."""

    target: str
    base: str
    place: Place
    outside: Inherited

    @property
    def hidden(self) -> Share | None:
        return self.outside.share


@dataclass(frozen=True, slots=True)
class Inherited:
    """What holds at a place of the network."""

    radius: Given[Balls] | None = None
    center: Given[Centers] | None = None
    spectral: Given[Expression] | None = None
    frozen: Given[bool | Expression] | None = None
    share: Share | None = None

    def overlay(self, fields: StepFields, environment: Environment, place: Place) -> Inherited:
        """What holds inside a step with these fields."""
        changes: dict[str, object] = {}
        for name in FIELDS:
            value = getattr(fields, name)
            if value is not None:
                changes[name] = Given(value, environment, place, getattr(self, name))
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def sharing(self, target: str, base: str, place: Place) -> Inherited:
        return replace(self, share=Share(target, base, place, self))


@dataclass(frozen=True, slots=True)
class Use:
    """A field, or an array's entry of it, where it is written: that of all copies of a step, and of all calls of its module.

    A flag has the place of its step, so its value tells it from one that is put in its place.
    """

    place: Place
    field: str
    array: str | None = None
    flag: bool | None = None


def uses(given: Given[Any] | Share | None, field: str, array: str | None = None) -> Iterator[Use]:
    """What a layer uses that has this field (for one of its arrays), and what it would use if that were not nearer by."""
    while given is not None:
        if isinstance(given, Share):
            yield Use(given.place, field)
        elif isinstance(given.value, Mapping):
            if array in given.value:
                yield Use(given.value[array].place, field, array)
        else:
            yield _use(given.value, field, given.place)
        given = given.hidden


def said(fields: StepFields, place: Place) -> Iterator[Use]:
    """Each of these fields that a step says itself. `share: true` of a repeat is about its own copies."""
    for name in FIELDS:
        value = getattr(fields, name)
        if isinstance(value, Mapping):
            yield from (Use(entry.place, name, array) for array, entry in value.items())
        elif value is not None:
            yield _use(value, name, place)
    if isinstance(fields.share, Mapping):
        yield from (Use(at, "share", array) for array, (_, at) in fields.share.items())
    elif isinstance(fields.share, tuple):
        yield Use(fields.share[1], "share")


def _use(value: Expression | CenterNorms | bool, field: str, place: Place) -> Use:
    return Use(place, field, flag=value) if isinstance(value, bool) else Use(value.place, field)


def without_effect(name: str, kind: Kind[Any, Any] | None, use: Use, vocabulary: Vocabulary) -> Mistake:
    """The mistake of a field that no layer inside a step can use; `kind`: of a step that is a layer."""
    field = f"`{use.field}`" if use.array is None else f"`{use.field}` of '{use.array}'"
    if use.field == "spectral":
        needs = "linear map whose norm it could bound"
        remedy = (
            f"leave it out; it is a field of {', '.join(name for name, known in vocabulary.items() if known.spectral)}"
        )
    elif use.field == "share":
        needs, remedy = "learned array that it could share", "leave it out"
    else:
        needs, remedy = "learned array of its own", "leave it out; a shared array has the fields of its owner"
    finding = f"no layer inside '{name}' has a {needs}" if kind is None else f"'{name}' has no {needs}"
    return Mistake(use.place, f"{field} has no effect: {finding}", remedy, "no_effect")
