"""What a report is about: networks under the same options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import reference, unchecked
from boundcalc.exact.printing import to_str
from boundcalc.output.javascript.network import Script, script_of
from boundcalc.output.report.moving import Moving, moving_of
from boundcalc.studies.parts.asked import Asked


@dataclass(frozen=True, slots=True)
class Subject:
    """One network. `label` tells it from the others; `beside`: the same under the other options that a text shows; `start`: the values
    at which the page begins, as texts that it reads, None for symbols that the spec computes from others; `moving`: of the shares of
    its layers, None where they stay."""

    number: int
    label: str
    bounds: Bounds
    beside: Sequence[Bounds]
    script: Script
    start: Mapping[str, str | None]
    moving: Moving | None

    @property
    def identifier(self) -> str:
        return f"n{self.number}"


def subjects_of(asked: Asked, beside: Sequence[Sequence[Bounds]]) -> list[Subject]:
    """`beside`: of each network."""
    return [
        Subject(number, label, bounds, others, script_of(bounds), _start(bounds), moving_of(bounds))
        for number, (label, bounds, others) in enumerate(zip(asked.labels, asked.bounds, beside, strict=True))
    ]


def _start(bounds: Bounds) -> dict[str, str | None]:
    """The spec's values; of symbols without one those at which a choice is made."""
    conditions = bounds.graph.conditions
    own = reference(conditions)
    free = [name for name, symbol in conditions.symbols.items() if symbol not in conditions.declared]
    values = unchecked(conditions, {name: own[conditions.symbols[name]] for name in free})
    return {
        name: None if _is_computed(bounds, symbol) else _text(values[symbol])
        for name, symbol in conditions.symbols.items()
    }


def _is_computed(bounds: Bounds, symbol: sympy.Symbol) -> bool:
    value = bounds.graph.conditions.declared.get(symbol)
    return value is not None and bool(value.free_symbols)


def _text(value: sympy.Expr) -> str:
    """A number as the page reads it: exact where it is rational."""
    return to_str(value) if isinstance(value, sympy.Rational) else repr(float(value))
