"""Asymptotics of bounds: the leading term in a hyperparameter, and where its regime changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.guards import guards, is_broken
from boundcalc.program.depth.asymptotics import LeadingTerm, Undecided, leading_term
from boundcalc.program.leading import LeadingPower, leading_power
from boundcalc.spec.exact import NoValue, substitute
from boundcalc.spec.intervals import shown

Target = Literal["oo", 0]
FAR = sympy.Integer(2) ** 64 * sympy.ilcm(*range(1, 65))


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


def _outside(bounds: Bounds, symbol: sympy.Symbol, at: Target) -> str | None:
    """A condition that fails on the way to the limit; one on divisors holds at numbers with many of them."""
    conditions = bounds.graph.conditions
    broken: list[list[Boolean]] = []
    for far in (FAR, FAR**2):
        values = {symbol: far if at == "oo" else 1 / far}
        for other, value in conditions.declared.items():
            if other != symbol:
                try:
                    values[other] = substitute(value, values)
                except NoValue:
                    return None
        known = {name: value for name, value in values.items() if not value.free_symbols}
        broken.append([c for c in guards(conditions, known) if is_broken(c, known)])
    return next((shown(condition) for condition in broken[0] if condition in broken[1]), None)


def _growth(bounds: Bounds, bound: Bound, symbol: sympy.Symbol, at: Target) -> Growth:
    if not bound.finite:
        return Growth(bound, reason=f"infinite: {bound.reason}")
    if bound.scalar is None:
        return Growth(bound, reason="there is no closed form for so many blocks; use --blocks total")
    outside = _outside(bounds, symbol, at)
    if outside is not None:
        target = "infinity" if at == "oo" else "0"
        return Growth(bound, reason=f"it holds only if {outside}, which fails as {symbol} -> {target}")
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
