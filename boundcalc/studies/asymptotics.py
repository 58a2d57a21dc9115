"""Asymptotics of bounds: the leading term in a hyperparameter, and where its regime changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.answer import short
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.forms import CLOSED_CAP
from boundcalc.bounds.guards import guards, is_broken
from boundcalc.bounds.options import Json
from boundcalc.bounds.replaced import replaced
from boundcalc.exact import decimals
from boundcalc.exact.intervals import shown
from boundcalc.exact.printing import to_str
from boundcalc.exact.values import NoValue, substitute
from boundcalc.program.growth.asymptotics import LeadingTerm, Undecided, leading_term
from boundcalc.program.growth.leading import LeadingPower, leading_power
from boundcalc.program.tree_size import expression_size
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.symbols import require

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


def asymptotics(bounds: Bounds, target: str) -> Report:
    """The study of `asymptotics --in TARGET`: for each constant terms with conditions (the first that holds counts), or a
    power, or the reason. Raises SpecError for an unknown symbol."""
    symbol, at = parse_target(target)
    require(bounds, symbol, f"--in {target}")
    found = growths(bounds, symbol, at)
    return Report(
        study="asymptotics",
        specs=(bounds.name,),
        options=bounds.options,
        subject=f"leading terms as {symbol} -> {'0' if at == 0 else 'infinity'}",
        parts=tuple(line for name, growth in found.items() for line in _lines(name, growth, symbol)),
        rows=lambda: [{"bound": name, **_one(growth)} for name, growth in found.items()],
        more=lambda: {
            **of_one(bounds.name, bounds.options),
            "symbol": symbol,
            "to": "0" if at == 0 else "oo",
            "asymptotics": {name: _one(growth) for name, growth in found.items()},
        },
        answered=any(growth.reason is None for growth in found.values()),
    )


def parse_target(text: str) -> tuple[str, Target]:
    """`k` means k -> oo, `1/eps` means eps -> 0."""
    stripped = text.replace(" ", "")
    return (stripped[2:], 0) if stripped.startswith("1/") else (stripped, "oo")


def growths(bounds: Bounds, name: str, at: Target) -> dict[str, Growth]:
    """For each quantity of the network. A symbol whose value the spec computes from this one (`d_ff: 4*d`) moves with it.

    Raises KeyError for an unknown symbol.
    """
    symbol = bounds.symbols[name]
    moved = _moved(bounds.graph.conditions.declared, symbol)
    return {key: _growth(bounds, quantity, symbol, moved, at) for key, quantity in bounds.named.items()}


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


def _one(growth: Growth) -> dict[str, Json]:
    power = growth.power
    return {
        "terms": [{"term": to_str(term.term), "condition": str(term.condition)} for term in growth.terms],
        "upper": growth.upper,
        "coefficient": None if power is None else decimals.upper_decimal(power.coefficient),
        "exponent": None if power is None else str(power.exponent),
        "reason": growth.reason,
    }


def _lines(name: str, growth: Growth, symbol: str) -> Iterator[str]:
    if growth.power is not None:
        yield f"  {name} ~ {_power(growth.power, symbol)}   (other symbols at their values)"
    elif growth.reason is not None:
        yield f"  {name}: {growth.reason}"
    elif len(growth.terms) == 1 and growth.terms[0].condition == sympy.true:
        yield f"  {name} {_sign(growth)} {to_str(growth.terms[0].term)}"
    else:
        yield f"  {name} {_sign(growth)}"
        yield from (f"    {to_str(term.term)}   {_condition(term.condition)}" for term in growth.terms)


def _sign(growth: Growth) -> str:
    return "is at most ~" if growth.upper else "~"


def _condition(condition: Boolean) -> str:
    return "otherwise" if condition == sympy.true else f"if {condition}"


def _power(power: LeadingPower, symbol: str) -> str:
    number = short(decimals.upper_decimal(power.coefficient, 4))
    return number if power.exponent == 0 else f"{number} * {symbol}**({power.exponent})"
