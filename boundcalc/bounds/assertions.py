"""What a person demands of bounds: smoothness <= 1e6."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from boundcalc.arguments import nearest
from boundcalc.bounds.answer import short
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import without_value
from boundcalc.exact import decimals
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.expression import Expression, parse
from boundcalc.exact.printing import to_str
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown

DEMAND = re.compile(r"\s*(?P<name>[A-Za-z_][\w. ]*?)\s*(?P<sign><=|<)(?!=)(?P<most>.+)", re.DOTALL)
HOW = "write such as 'smoothness <= 1000000', or 'lipschitz <= 2*R'"


@dataclass(frozen=True, slots=True)
class Demand:
    """A bound of the network that is to be at most (`strict`: below) the value of an expression in the spec's symbols."""

    text: str
    name: str
    bound: Bound
    strict: bool
    most: Expression


def read_demands(texts: Sequence[str], bounds: Bounds) -> list[Demand]:
    """Raises SpecError with every one that is none: not of this form, of an unknown bound or symbol."""
    mistakes = Mistakes()
    found: list[Demand] = []
    for text in texts:
        try:
            found.append(_read(text, bounds))
        except SpecError as error:
            mistakes.extend(error)
    mistakes.raise_if_any()
    return found


def _read(text: str, bounds: Bounds) -> Demand:
    place = Place(f"--assert {shown(text)}")
    match = DEMAND.fullmatch(text)
    if match is None:
        raise SpecError([Mistake(place, "this is no upper limit of a bound", HOW)])
    known = {name.replace(" ", "_"): bound for name, bound in bounds.totals.items()}
    name = "_".join(match["name"].split())
    if name not in known:
        remedy = nearest(name, "bound", known)
        raise SpecError([Mistake(place, f"unknown bound '{name}'", remedy, "unknown_bound")])
    most = parse(match["most"].strip(), place)
    unknown = sorted(most.names - bounds.symbols.keys())
    if unknown:
        remedy = nearest(unknown[0], "symbol", bounds.symbols)
        raise SpecError([Mistake(place, f"unknown symbol '{unknown[0]}'", remedy, "unknown_symbol")])
    return Demand(text, name, known[name], match["sign"] == "<", most)


def broken(demands: Sequence[Demand], bounds: Bounds) -> list[str]:
    """Why a demand is not met, for each that is not certainly met. Raises SpecError where symbols have no value."""
    return [reason for demand in demands if (reason := _broken(demand, bounds)) is not None]


def _broken(demand: Demand, bounds: Bounds) -> str | None:
    if not demand.bound.finite:
        return f"{demand.text}: {demand.name} is infinite: {demand.bound.reason}"
    values = bounds.values
    names = {symbol.name for symbol in demand.bound.free_symbols} | demand.most.names
    if missing := [name for name in without_value(bounds.graph.conditions, values) if name in names]:
        how = f"give it with --set {missing[0]}=1"
        place = Place(f"--assert {shown(demand.text)}")
        raise SpecError([Mistake(place, f"no value for {', '.join(missing)}: nothing can be told", how, "no_value")])
    most = demand.most.evaluate({name: values[symbol] for name, symbol in bounds.symbols.items() if symbol in values})
    number, limit = demand.bound.certified(values), from_sympy(most)
    if number < limit or (not demand.strict and number <= limit):
        return None
    return f"{demand.text}: {demand.name} is at most {short(decimals.upper_decimal(number, 6))}, not {_shown(most)}"


def _shown(most: sympy.Expr) -> str:
    text = to_str(most)
    return text if len(text) <= 24 else short(decimals.nearest_decimal(from_sympy(most), 6))
