"""Activations: a scalar function of every entry. Each is a row of the catalogue and nothing else; its fields are the
parameters of its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue.elementwise import ACTIVATIONS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.arrays import on_arrays
from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At, Kind, Lowering, Placed, Smoothed
from boundcalc.graph.shape import size
from boundcalc.language.smoothing import SOFTPLUS
from boundcalc.language.structure import StepFields, optional_terms
from boundcalc.language.words import Entry, Shelf
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_map, outside, published_map


@dataclass(frozen=True, slots=True)
class Facts:
    entry: Nonlinearity
    parameters: Mapping[str, sympy.Expr]  # those that were given, and the defaults


def fields_of(entry: Nonlinearity) -> type[StepFields]:
    """A field for each parameter of the row."""
    return optional_terms(entry.name, entry.title, [parameter.name for parameter in entry.parameters], __name__)


def place_entry(entry: Nonlinearity, given: Mapping[str, Expression], at: At) -> Placed[Facts]:
    return place_values(entry, {name: at.term(expression) for name, expression in given.items()}, at)


def place_values(entry: Nonlinearity, values: Mapping[str, sympy.Expr], at: At) -> Placed[Facts]:
    """The constants must hold for the expressions, and for the values that they have."""
    entries = at.batch * size(at.shape)
    try:
        instance = entry.instantiate(at.pinned, entries=entries, **values)
        known = {name: at.known(value) for name, value in values.items()}
        if known != values:
            entry.instantiate(entries=entries, **known)
    except ValueError as error:
        raise at.error(str(error)) from None
    defaults = {row.name: row.default for row in entry.parameters if row.default is not None}
    return Placed(at.shape, Facts(instance, {**defaults, **values}))


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(facts.entry, inputs[0], lowering, same(range(len(lowering.shape) + 1)))


def lower_published(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    row = facts.entry.published
    assert row is not None
    if row.holds_if != sympy.true:
        raise outside(row, lowering)
    return lower_map(published_map(facts.entry, constants_of(row, lowering)), inputs[0], lowering)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    assert facts.entry.function is not None
    return on_arrays(facts.entry.function, inputs[0], xp)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the catalogue as a layer."""

    entry: Nonlinearity

    def place(self, fields: StepFields, at: At) -> Placed[Facts]:
        own = {parameter.name for parameter in self.entry.parameters}
        given = {name: value for name, value in fields if name in own and isinstance(value, Expression)}
        return place_entry(self.entry, given, at)


def activation(entry: Nonlinearity) -> Kind[StepFields, Facts]:
    """The kind of one row of the catalogue."""
    published = None if entry.published is None else lower_published
    shown = example(f"dense: 3, {entry.name}, dense: 2")
    return Kind(entry.name, fields_of(entry), Row(entry).place, lower, forward, published, example=shown)


def smoothed_relu(facts: Facts, at: At, mu: sympy.Expr | None) -> Smoothed:
    """0 <= softplus(z) - relu(z) <= log 2, largest at 0; 0 <= relu(z) - moreau_relu(z) <= mu, from 2 mu on."""
    if mu is None:
        kind, entry = KINDS[SOFTPLUS], ACTIVATIONS[SOFTPLUS]
        return Smoothed(kind, place_values(entry, {}, at), sympy.log(2))
    from boundcalc.catalogue.smoothings import MOREAU_RELU  # only who smooths needs it

    return Smoothed(_kept(MOREAU_RELU), place_values(MOREAU_RELU, {"mu": mu}, at), mu)


_kept = cache(activation)  # a model of fields takes milliseconds to make, and a network has many layers


def _kind(name: str, entry: Entry) -> Kind[StepFields, Facts]:
    kind = activation(ACTIVATIONS[name])
    return replace(kind, smoothed=smoothed_relu) if name == "relu" else kind


KINDS = Shelf({name: Entry("activation") for name in ACTIVATIONS}, _kind)


def __getattr__(name: str) -> type[StepFields]:
    """The models of the fields by the names of their kinds: where pickle looks for them."""
    if name in KINDS:
        return KINDS[name].fields
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
