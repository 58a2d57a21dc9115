"""Fields that hold for every layer inside (radius, spectral, center, frozen, share): the nearest wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from boundcalc.graph.environment import Environment
from boundcalc.spec.expression import Expression
from boundcalc.spec.kinds import StepFields
from boundcalc.spec.mistakes import Place

Balls = Expression | Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Share:
    """Layers below `base` take the arrays of the layers at the same place below `target`."""

    target: str
    base: str
    place: Place


@dataclass(frozen=True, slots=True)
class Inherited:
    """Each value stands with the environment in which its names are looked up."""

    radius: tuple[Balls, Environment] | None = None
    center: tuple[Balls, Environment] | None = None
    spectral: tuple[Expression, Environment] | None = None
    frozen: tuple[bool | Expression, Environment] | None = None
    share: Share | None = None

    def overlay(self, fields: StepFields, environment: Environment) -> Inherited:
        """What holds inside a step with these fields."""
        changes: dict[str, object] = {}
        for name in ("radius", "center", "spectral", "frozen"):
            value = getattr(fields, name)
            if value is not None:
                changes[name] = (value, environment)
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def sharing(self, target: str, base: str, place: Place) -> Inherited:
        return replace(self, share=Share(target, base, place))
