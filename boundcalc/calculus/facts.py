"""The catalogue's facts as numbers of a jet."""

from __future__ import annotations

from boundcalc.calculus.extended import Extended, Unbounded
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.program.ir import Arena, Scalar


def lifted(arena: Arena, fact: Fact) -> Extended:
    """A constant of a map; infinite, with the reason, where there is none."""
    return Unbounded(fact.reason) if fact.value is None else arena.leaf(fact.value)


def most_of(arena: Arena, fact: Fact | None) -> Scalar | None:
    """What bounds the image whatever the argument, where something does."""
    return None if fact is None or fact.value is None else arena.leaf(fact.value)


def growth_of(arena: Arena, entry: Nonlinearity) -> Extended:
    """By how much the slope of a function grows with the norm of its argument, from the slope at zero on."""
    has_kinks = entry.smoothness.value is None and entry.upper is not None
    return lifted(arena, entry.upper if has_kinks and entry.upper is not None else entry.smoothness)
