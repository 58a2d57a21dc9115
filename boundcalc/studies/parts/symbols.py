"""Symbols that a person names to a study."""

from __future__ import annotations

from boundcalc.arguments import nearest
from boundcalc.bounds.compiled import Bounds
from boundcalc.mistakes import Mistake, Place, SpecError


def require(bounds: Bounds, name: str, place: str) -> None:
    """Raises SpecError at `place` (what the person wrote) for a symbol that the spec does not declare."""
    if name not in bounds.symbols:
        remedy = nearest(name, "symbol", bounds.symbols)
        raise SpecError([Mistake(Place(place), f"unknown symbol '{name}'", remedy, "unknown_symbol")])
