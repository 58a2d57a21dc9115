"""Asymptotics of bounds: the leading term in a hyperparameter, and where its regime changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.program.depth.asymptotics import LeadingTerm, Undecided, leading_term
from boundcalc.program.leading import LeadingPower, leading_power

Target = Literal["oo", 0]


@dataclass(frozen=True, slots=True)
class Growth:
    """How one bound grows: leading terms with their conditions, the first that holds counts; or a leading power with the
    other symbols at their values; or why it cannot be told. `upper`: the terms are those of an upper closed form."""

    bound: Bound
    terms: tuple[LeadingTerm, ...] = ()
    power: LeadingPower | None = None
    reason: str | None = None

    @property
    def upper(self) -> bool:
        return bool(self.terms) and bool(self.bound.upper)


def parse_target(text: str) -> tuple[str, Target]:
    """`k` means k -> oo, `1/eps` means eps -> 0."""
    stripped = text.replace(" ", "")
    return (stripped[2:], 0) if stripped.startswith("1/") else (stripped, "oo")


def growths(bounds: Bounds, name: str, at: Target) -> dict[str, Growth]:
    """For the norm, l and L. Raises KeyError for an unknown symbol."""
    if name not in bounds.symbols:
        raise KeyError(name)
    symbol = bounds.symbols[name]
    quantities = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    return {key: _growth(bounds, quantity, symbol, at) for key, quantity in quantities.items()}


def _growth(bounds: Bounds, bound: Bound, symbol: sympy.Symbol, at: Target) -> Growth:
    if not bound.finite:
        return Growth(bound, reason=f"infinite: {bound.reason}")
    if bound.scalar is None:
        return Growth(bound, reason="there is no closed form for so many blocks; use --blocks total")
    expression = bound.expression
    if expression is not None:
        found = leading_term(expression, symbol, at)
        if not isinstance(found, Undecided):
            return Growth(bound, terms=found)
        reason = found.reason
    else:
        reason = bound.forms.reason(bound.scalar) or "the closed form is too long"
    if not bound.free_symbols - {symbol} <= bounds.values.keys():
        missing = sorted(s.name for s in bound.free_symbols - {symbol} - bounds.values.keys())
        return Growth(bound, reason=f"{reason}; with values for {', '.join(missing)} a leading power can be computed")
    power = leading_power(bound.scalar, symbol, at, bounds.values)
    if isinstance(power, Undecided):
        return Growth(bound, reason=f"{reason}; {power.reason}")
    return Growth(bound, power=power)
