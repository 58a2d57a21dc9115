"""A network at other values of its symbols and fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy

from boundcalc.arguments import nearest
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.missing import missing_values, no_numbers
from boundcalc.bounds.values import resolve
from boundcalc.exact.balls import Number
from boundcalc.graph.kind import Kind
from boundcalc.language.architecture import Architecture
from boundcalc.language.override import override
from boundcalc.mistakes import Mistakes, Place
from boundcalc.studies.parts.asked import Asked, Compiled
from boundcalc.studies.parts.over import Point


@dataclass(frozen=True, eq=False)
class Movable:
    """`compiled`: its bounds, under the options that were asked for. `moved`: the symbols and fields whose values change."""

    name: str
    spec: Architecture[Kind[Any, Any]]
    bounds: Bounds
    compiled: Compiled
    moved: tuple[str, ...]
    _known: dict[tuple[Fraction, ...], Mapping[str, Number]] = field(default_factory=dict[Any, Any])

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Those of the moved that the spec has."""
        return tuple(name for name in self.moved if "." in name or name in self.bounds.symbols)

    @cached_property
    def is_compiled_once(self) -> bool:
        """Whether the bounds are a function of what moves: of symbols, unless they count copies."""
        unrolled = {symbol.name for symbol in self.bounds.graph.conditions.unrolled}
        return all("." not in name and name not in unrolled for name in self.own)

    def is_whole(self, name: str) -> bool:
        symbol = self.bounds.symbols.get(name)
        return symbol is not None and symbol.is_integer is True

    def at(self, point: Point) -> Bounds:
        """The bounds at a point, as bounds of their own. Raises SpecError."""
        values = {name: sympy.Rational(point[name].numerator, point[name].denominator) for name in self.own}
        return self.compiled(override(self.spec, values))

    def numbers(self, point: Point) -> Mapping[str, Number]:
        """Certified numbers of the quantities at a point, by name: those that are finite and whose symbols have values.

        Raises ValueError where the bounds do not hold, SpecError.
        """
        key = tuple(point[name] for name in self.own)
        if key not in self._known:
            self._known[key] = self._numbers(point)
        return self._known[key]

    def _numbers(self, point: Point) -> Mapping[str, Number]:
        if not self.is_compiled_once:
            bounds = self.at(point)
            return _named(bounds, bounds.numbers_at(bounds.totals.values(), bounds.values))
        given = {name: point[name] for name in self.own}
        values = resolve(self.bounds.graph.conditions, given)
        return _named(self.bounds, self.bounds.numbers_at(self.bounds.totals.values(), values))

    @property
    def without_values(self) -> list[str]:
        """The symbols that keep a bound from being a number, once what moves has values."""
        return missing_values(
            self.bounds, (self.bounds.symbols[name] for name in self.own if name in self.bounds.symbols)
        )


def movables(asked: Asked, moved: Iterable[str], option: str) -> list[Movable]:
    """The specs that were asked about. Raises SpecError at `option` for a symbol that none of them has, and for others without
    a value."""
    names = tuple(moved)
    each = zip(asked.labels, asked.specs, asked.bounds, strict=True)
    found = [Movable(label, spec, bounds, asked.compiled, names) for label, spec, bounds in each]
    known = {name: None for each in found for name in each.bounds.symbols}
    mistakes = Mistakes()
    for name in names:
        if not any(name in each.own for each in found):
            mistakes.add(
                Place(f"{option} {name}"), f"unknown symbol '{name}'", nearest(name, "symbol", known), "unknown_symbol"
            )
    mistakes.raise_if_any()
    for each in found:
        if free := each.without_values:
            mistakes.extend([no_numbers(each.bounds, free)])
    mistakes.raise_if_any()
    return found


def _named(bounds: Bounds, numbers: Mapping[Any, Number]) -> Mapping[str, Number]:
    return {name: numbers[bound] for name, bound in bounds.totals.items() if bound in numbers}
