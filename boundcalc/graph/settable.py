"""The fields of layers that are expressions, by the path that `--set` has for them: what a study may vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.graph.environment import Channels, Environment, evaluate
from boundcalc.graph.evaluations import Evaluations
from boundcalc.graph.inherited import Inherited
from boundcalc.language.sizes import size_fields
from boundcalc.language.structure import COMMON_FIELDS, StepFields

if TYPE_CHECKING:
    from boundcalc.graph.at import StepAt
    from boundcalc.graph.layer_graph import Layer


@dataclass(frozen=True, slots=True)
class Settable:
    """What a field says, and where its names are looked up. `entry`: of one array, where the field is a mapping of arrays;
    `size`: whether it is a whole number."""

    expression: Expression
    environment: Environment
    channels: Channels
    size: bool = False
    entry: str = ""

    def value(self, symbols: Mapping[str, sympy.Symbol]) -> sympy.Expr:
        """Raises SpecError for what is no expression in symbols, such as the word of a mode."""
        return evaluate(self.expression, self.environment, Evaluations(symbols), self.channels)


def settable(
    layer: Layer, fields: StepFields, inherited: Inherited, at: StepAt, channels: Channels
) -> Iterator[tuple[str, Settable]]:
    """What a layer says of itself, and the radius and spectral norm that it may have from around it.

    A radius is its own where an array is; one that the kind decides is a field of the kind.
    """
    path, sizes = layer.path.replace(".*", ""), size_fields(type(fields))
    for name, info in type(fields).model_fields.items():
        shown, value = info.alias or name, getattr(fields, name)
        if shown not in COMMON_FIELDS and isinstance(value, Expression):
            yield f"{path}.{shown}", Settable(value, at.environment, channels, name in sizes)
    own = [a for a in layer.arrays if not a.shared and a.name.rpartition(".")[0] not in layer.placed.radii]
    if own and inherited.radius is not None:
        center, given = at.context.graph.balls[own[0].ball].center, inherited.radius
        known = channels if center is None else {**channels, "center": center}
        if isinstance(given.value, Expression):
            yield f"{path}.radius", Settable(given.value, given.environment, known)
        else:
            for entry, value in given.value.items():
                yield f"{path}.radius.{entry}", Settable(value, given.environment, known, entry=entry)
    if layer.spectral is not None and inherited.spectral is not None:
        yield f"{path}.spectral", Settable(inherited.spectral.value, inherited.spectral.environment, channels)
