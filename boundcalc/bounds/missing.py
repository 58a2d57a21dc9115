"""Symbols that keep a bound from being a number, and what a person is told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sympy

from boundcalc.mistakes import Mistake, Place

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds


def missing_values(bounds: Bounds, moved: Iterable[sympy.Symbol] = ()) -> list[str]:
    """The names of the symbols without a value that the network's bounds are functions of, once those that move have one."""
    known = {*bounds.values, *moved}
    known |= {s for s, value in bounds.graph.conditions.declared.items() if value.free_symbols <= known}
    used = {symbol for bound in bounds.totals.values() for symbol in bound.free_symbols}
    return [name for name, symbol in bounds.symbols.items() if symbol in used - known]


def assignments(names: Iterable[str]) -> str:
    """What gives them values on the command line."""
    return " ".join(f"--set {name}=1" for name in names)


def gives_numbers(names: Sequence[str]) -> str:
    """R has no value: `--set R=1` gives numbers."""
    has = "has no value" if len(names) == 1 else "have no values"
    return f"{', '.join(names)} {has}: `{assignments(names)}` gives numbers"


def no_numbers(bounds: Bounds, names: Iterable[str]) -> Mistake:
    """Where numbers are needed, and these symbols have no value."""
    finding = f"the bounds are no numbers: no value for {', '.join(names)}"
    return Mistake(Place(bounds.architecture.source), finding, f"give some with {assignments(names)}", "no_value")
