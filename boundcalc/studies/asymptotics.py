"""Asymptotics of bounds: the leading term in a hyperparameter, and where its regime changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.forms import CLOSED_CAP, replaced
from boundcalc.bounds.guards import guards, is_broken
from boundcalc.exact.intervals import shown
from boundcalc.exact.values import NoValue, substitute
from boundcalc.program.growth.asymptotics import LeadingTerm, Undecided, leading_term
from boundcalc.program.growth.leading import LeadingPower, leading_power
from boundcalc.program.tree_size import expression_size

Target = Literal["oo", 0]
FAR = sympy.Integer(2) ** 64 * sympy.ilcm(*range(1, 65))
DEEPEST = 16  # levels of what moves; what SymPy asks of a product or a power of it takes twice as long with each level


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
    """For the norm, l and L. A symbol whose value the spec computes from this one (`d_ff: 4*d`) moves with it.

    Raises KeyError for an unknown symbol.
    """
    symbol = bounds.symbols[name]
    moved = _moved(bounds.graph.conditions.declared, symbol)
    quantities = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    return {key: _growth(bounds, quantity, symbol, moved, at) for key, quantity in quantities.items()}


Moved = Mapping[sympy.Symbol, sympy.Expr | None]


def _moved(declared: Mapping[sympy.Symbol, sympy.Expr], symbol: sympy.Symbol) -> Moved:
    """The symbols that move with one of them, in terms of it and of those that do not; None where that is too long."""
    moved: dict[sympy.Symbol, sympy.Expr | None] = {}
    for dependent, value in declared.items():
        if dependent != symbol and not value.free_symbols.isdisjoint([symbol, *moved]):
            moved[dependent] = _put_in(value, moved)
    return moved


def _put_in(expression: sympy.Expr, moved: Moved) -> sympy.Expr | None:
    """An expression with what moves written out; None where it is longer than a closed form may be."""
    used = {s: value for s, value in moved.items() if s in expression.free_symbols}
    known = {s: value for s, value in used.items() if value is not None}
    size = expression_size(expression) + sum(expression.count(s) * expression_size(v) for s, v in known.items())
    if len(known) < len(used) or size > CLOSED_CAP or any(_depth(value) > DEEPEST for value in known.values()):
        return None
    return replaced(expression, dict(known.items()))


def _depth(expression: sympy.Basic) -> int:
    return 1 + max(map(_depth, expression.args), default=0)


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


def _growth(bounds: Bounds, bound: Bound, symbol: sympy.Symbol, moved: Moved, at: Target) -> Growth:
    if not bound.finite:
        return Growth(bound, reason=f"infinite: {bound.reason}")
    copies = bounds.graph.conditions.unrolled.intersection([symbol, *moved])
    if copies:
        names = ", ".join(sorted(s.name for s in copies))
        return Growth(bound, reason=f"a repeat is unrolled into {names} copies; use --blocks total")
    if bound.scalar is None:
        return Growth(bound, reason="there is no closed form for so many blocks; use --blocks total")
    outside = _outside(bounds, symbol, at)
    if outside is not None:
        target = "infinity" if at == "oo" else "0"
        return Growth(bound, reason=f"it holds only if {outside}, which fails as {symbol} -> {target}")
    expression = bound.expression
    written_out = None if expression is None else _put_in(expression, moved)
    if written_out is not None:
        found = leading_term(written_out, symbol, at)
        if not isinstance(found, Undecided):
            return Growth(bound, terms=found)
        reason = found.reason
    elif expression is not None:
        reason = f"the closed form is too long with what moves with {symbol} written out"
    else:
        reason = bound.forms.reason(bound.scalar) or "the closed form is too long"
    fixed = {s: value for s, value in bounds.values.items() if s != symbol and s not in moved}
    written = [_put_in(s, moved) for s in bound.free_symbols]
    needed = frozenset[sympy.Basic]().union(*(value.free_symbols for value in written if value is not None))
    missing = sorted(str(s) for s in needed - {symbol} - fixed.keys())
    if missing:
        return Growth(bound, reason=f"{reason}; with values for {', '.join(missing)} a leading power can be computed")
    power = leading_power(bound.scalar, symbol, at, fixed, lambda leaf: _put_in(leaf, moved))
    if isinstance(power, Undecided):
        return Growth(bound, reason=f"{reason}; {power.reason}")
    return Growth(bound, power=power)
