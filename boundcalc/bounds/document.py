"""The answer that every output prints: what was asked, and every quantity with its forms and its number.

The records are frozen and read as plain values. What can take long (numbers in deep loops, closed forms) is found when an
output first asks for it: LaTeX needs no number, and a table of numbers no closed form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.answer import Answer
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.missing import missing_values
from boundcalc.bounds.options import SCHEMA, Json, Options
from boundcalc.bounds.records import Record, records
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact import decimals
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.printing import to_str
from boundcalc.graph.grouping import is_pattern
from boundcalc.graph.layer_graph import Replaced
from boundcalc.graph.shape import Shape
from boundcalc.language.conditions import Conditions

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds


@dataclass(frozen=True, slots=True)
class Searched:
    """A constant that was searched for: between which numbers it is, and where it is reached or approached."""

    low: str
    high: str
    witness: Witness

    def to_dict(self) -> dict[str, Json]:
        point = self.witness.point
        place = None if point is None else to_str(point)
        return {"enclosure": [self.low, self.high], "point": place, "witness": self.witness.kind}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row(Shown):
    """One layer: its own constants, and the quantities of the network up to it."""

    path: str
    kind: str
    shape: Shape
    parameters: sympy.Expr
    radius: sympy.Expr | Mapping[str, sympy.Expr] | None
    own: Mapping[str, sympy.Expr | None]
    replaces: Replaced | None
    quantities: Mapping[str, Answer]
    searched: Mapping[str, Searched]

    def _page_(self) -> Page:
        return Page(f"<row of {self.path}: {self.kind}>")

    def to_dict(self) -> dict[str, Json]:
        radius = self.radius
        return {
            "path": self.path,
            "kind": self.kind,
            **_replaces(self.replaces),
            "shape": [_size(axis) for axis in self.shape],
            "parameters": _size(self.parameters),
            "radius": {name: to_str(value) for name, value in radius.items()}
            if isinstance(radius, Mapping)
            else (None if radius is None else to_str(radius)),
            "own": {name: None if value is None else to_str(value) for name, value in self.own.items()},
            **({"searched": {name: found.to_dict() for name, found in self.searched.items()}} if self.searched else {}),
            **_quantities(self.quantities),
        }


@dataclass(frozen=True, eq=False, repr=False)
class Document(Shown):
    """Bounds as outputs read them. `assumed`: the symbols and what they stand for."""

    name: str
    options: Options
    warnings: tuple[str, ...]
    assumed: Conditions
    conditions: tuple[Boolean, ...]
    rows: tuple[Row, ...]
    network: Mapping[str, Answer]
    objective: Mapping[str, Answer] | None
    _of: Bounds

    def _page_(self) -> Page:
        return Page(f"<document of {self.name}: {len(self.rows):,} rows>")

    @property
    def symbols(self) -> Mapping[str, sympy.Symbol]:
        return self.assumed.symbols

    @property
    def grouping(self) -> Mapping[str, Sequence[str]] | None:
        """The balls and inputs of each block, where blocks are given by patterns."""
        if not is_pattern(self.options.blocks):
            return None
        return {name: block.members for name, block in self._of.primitives.blocks.items()}

    @property
    def grouping_data(self) -> dict[str, Json]:
        return {} if self.grouping is None else {"grouping": {name: list(own) for name, own in self.grouping.items()}}

    @cached_property
    def symbol_values(self) -> Mapping[str, str | None]:
        """The exact value of every symbol, as text; None where it is free."""
        return self._of.symbol_values

    @cached_property
    def chosen_at(self) -> Mapping[str, str] | None:
        """The values at which closed forms in mixed norms are the smallest; None in euclidean norms."""
        values = self._of.chosen_at
        return None if values is None else {symbol.name: to_str(value) for symbol, value in values.items()}

    @property
    def kept(self) -> str:
        """What a person has to know of closed forms; empty in euclidean norms."""
        if self.chosen_at is None:
            return ""
        at = ", ".join(f"{name} = {value}" for name, value in self.chosen_at.items())
        return f"one way through the norms is kept, the smallest at {at}" if at else "one way through the norms is kept"

    @cached_property
    def per_sample(self) -> Mapping[str, Answer] | None:
        """By layer, the gradient of one sample's loss; None where the network is large and nobody asked for mixed norms."""
        objective, bounds = self._of.objective, self._of
        if objective is None or not (bounds.is_small or self.options.norms == "mixed"):
            return None
        of = objective.per_sample.items()
        return {path: Answer(bound.name, bound, bounds, is_apart=True) for path, bound in of}

    @cached_property
    def totals(self) -> Mapping[str, Answer]:
        """The quantities of the network as a whole, as a person calls them."""
        objective = {} if self.objective is None else self.objective
        return {**self.network, **{f"objective {name}": quantity for name, quantity in objective.items()}}

    @property
    def missing(self) -> list[str]:
        """The symbols for want of whose values the bounds of the network are no numbers."""
        return missing_values(self._of)

    @property
    def quantities(self) -> list[Answer]:
        return [*(quantity for row in self.rows for quantity in row.quantities.values()), *self.totals.values()]

    @property
    def has_numbers(self) -> bool:
        """Whether all symbols of the network's first quantity have values."""
        return next(iter(self.network.values())).number is not None

    @cached_property
    def definitions(self) -> list[tuple[str, sympy.Expr]]:
        """Every quantity in terms of those before it: (name, expression) in order."""
        return self._of.definitions

    def has_many(self, names: Collection[str], count: int) -> bool:
        """Whether some definitions are made of more than `count` others: told without any of them."""
        return self._of.norm.forms.has_many(names, count)

    def _objective(self, quantities: Mapping[str, Answer]) -> dict[str, Json]:
        samples = self.per_sample
        return {**_quantities(quantities), "per_sample": None if samples is None else _quantities(samples)}

    @property
    def records(self) -> Sequence[Record]:
        """A flat row for each layer, then one for the network, and one for its objective."""
        whole = {"network": self.network, "objective": self.objective}
        return records(
            [
                *(row.to_dict() for row in self.rows),
                *({"path": "", "kind": name, **_quantities(of)} for name, of in whole.items() if of is not None),
            ],
            self.options,
        )

    def to_dict(self) -> dict[str, Json]:
        """The JSON of `boundcalc bounds --format json`."""
        network = _quantities(self.network)  # numbers that take too long are refused before closed forms are sought
        return {
            "schema": SCHEMA,
            "name": self.name,
            **self.options.to_dict(),
            **self.grouping_data,
            "certified": self.options.certified,
            "warnings": list(self.warnings),
            "symbols": self.symbol_values,
            "conditions": [str(condition) for condition in self.conditions],
            **({} if self.chosen_at is None else {"chosen_at": dict(self.chosen_at)}),
            "definitions": [[name, text] for name, text in self._of.written_definitions],
            "bounds": network,
            "objective": None if self.objective is None else self._objective(self.objective),
            "layers": [row.to_dict() for row in self.rows],
        }


def document(bounds: Bounds) -> Document:
    """The document of some bounds."""

    def quantities(found: Mapping[str, Bound], path: str = "") -> Mapping[str, Answer]:
        return {name: Answer(name, bound, bounds, path) for name, bound in found.items()}

    rows = (
        Row(
            path=row.path,
            kind=row.layer.label,
            shape=row.layer.shape,
            parameters=row.layer.parameters,
            radius=row.radius,
            own=row.own,
            replaces=row.layer.replaces,
            quantities=quantities(row.named, row.path),
            searched={name: _searched(fact) for name, fact in row.searched.items()},
        )
        for row in bounds.layers.values()
    )
    return Document(
        name=bounds.name,
        options=bounds.options,
        warnings=bounds.warnings,
        assumed=bounds.graph.conditions,
        conditions=bounds.conditions,
        rows=tuple(rows),
        network=quantities(bounds.named),
        objective=None if bounds.objective is None else quantities(bounds.objective.named),
        _of=bounds,
    )


def _quantities(found: Mapping[str, Answer]) -> dict[str, Json]:
    return {name: quantity.to_dict() for name, quantity in found.items()}


def _searched(fact: Fact) -> Searched:
    assert fact.enclosure is not None
    assert fact.witness is not None
    low, high = (decimals.enclosure(from_sympy(end))[side] for side, end in enumerate(fact.enclosure))
    return Searched(low, high, fact.witness)


def _replaces(replaced: Replaced | None) -> dict[str, Json]:
    if replaced is None:
        return {}
    error = None if replaced.error is None else to_str(replaced.error)
    return {"replaces": {"kind": replaced.kind, "error": error}}


def _size(value: sympy.Expr) -> int | str:
    return int(value) if value.is_Integer and value < 10**18 else to_str(value)
