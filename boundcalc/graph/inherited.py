"""Fields that hold for every layer inside (radius, spectral, center, frozen, share): the nearest wins, and one that no layer could
use is a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from boundcalc.exact.expression import Expression
from boundcalc.graph.environment import Environment
from boundcalc.language.structure import StepFields
from boundcalc.mistakes import Place

Balls = Expression | Mapping[str, Expression]
Value = TypeVar("Value")
FIELDS = ("radius", "center", "spectral", "frozen")


@dataclass(frozen=True, slots=True)
class Given(Generic[Value]):
    """A value, the environment in which its names are looked up, the path of the step that says it, and what it hides."""

    value: Value
    environment: Environment
    origin: str
    hidden: Given[Value] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Layers below `base` take the arrays of the layers at the same place below `target`."""

    target: str
    base: str
    place: Place
    hidden: Share | None = None


@dataclass(frozen=True, slots=True)
class Inherited:
    """What holds at a place of the network."""

    radius: Given[Balls] | None = None
    center: Given[Balls] | None = None
    spectral: Given[Expression] | None = None
    frozen: Given[bool | Expression] | None = None
    share: Share | None = None

    def overlay(self, fields: StepFields, environment: Environment, origin: str) -> Inherited:
        """What holds inside a step with these fields, which stands at `origin`."""
        changes: dict[str, object] = {}
        for name in FIELDS:
            value = getattr(fields, name)
            if value is not None:
                changes[name] = Given(value, environment, origin, getattr(self, name))
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def sharing(self, target: str, base: str, place: Place) -> Inherited:
        return replace(self, share=Share(target, base, place, self.share))


@dataclass(frozen=True, slots=True)
class Use:
    """That a layer can use what the step at `origin` says: a field, or an array's entry of it."""

    origin: str
    field: str
    array: str | None = None


def uses(given: Given[Any] | Share | None, field: str, array: str | None = None) -> Iterator[Use]:
    """What a layer uses that has this field (for one of its arrays), and what it would use if that were not nearer by."""
    while given is not None:
        if isinstance(given, Share):
            yield Use(given.base, field)
        elif isinstance(given.value, Mapping):
            if array in given.value:
                yield Use(given.origin, field, array)
        else:
            yield Use(given.origin, field)
        given = given.hidden


def said(fields: StepFields, place: Place, origin: str) -> Iterator[tuple[Use, Place]]:
    """Each of these fields that a step says itself, with its place. `share: true` of a repeat is about its own copies."""
    for name in (*FIELDS, "share"):
        value = getattr(fields, name)
        if isinstance(value, Mapping):
            for array, entry in value.items():
                yield Use(origin, name, array), entry.place if isinstance(entry, Expression) else place
        elif isinstance(value, Expression):
            yield Use(origin, name), value.place
        elif isinstance(value, tuple) or (name != "share" and value is not None):
            yield Use(origin, name), place
