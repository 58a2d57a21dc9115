"""What the guarantees of an objective say of themselves: the numbers that are there at once, and for notebooks what each guarantees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sympy

from boundcalc.bounds.answer import DIGITS, short
from boundcalc.bounds.letters import letter, spaced
from boundcalc.bounds.said import conditions, header
from boundcalc.bounds.shown import LATER, cell_of
from boundcalc.bounds.soon import soon
from boundcalc.bounds.targets import NAMES
from boundcalc.display.page import Folded, Formula, Page, Part, Table
from boundcalc.exact.printing import Latex, to_str

if TYPE_CHECKING:
    from boundcalc.bounds.guarantee import Guarantee
    from boundcalc.bounds.guarantees import Guarantees

OTHERS = "steps by layer: .steps, .spectral; kernel: .kernel; step of the prox-linear model: .prox_linear_step"


def brief_page(of: Guarantees) -> Page:
    said = {name: to_str(getattr(of.targets, name)) for name in NAMES}
    targets = ", ".join(name if name == value else f"{name} = {value}" for name, value in said.items())
    parts = (_table(of), *_reasons(of), f"asked for: {targets}", conditions(of.bounds.document), OTHERS)
    return Page(header(of.bounds.document, "guarantees"), tuple(part for part in parts if part))


def whole_page(of: Guarantees) -> Page:
    notes: tuple[Part, ...] = tuple(f"{_words(each)}: {each.note}" for each in of.named.values())
    brief = brief_page(of)
    formulas = tuple(_formula(of, each) for each in of.named.values() if each.finite)
    return Page(brief.head, (*brief.parts, Folded("closed forms", formulas), Folded("what they guarantee", notes)))


def _formula(of: Guarantees, each: Guarantee) -> Formula:
    """In terms of what bends F: L, or the upper curvature."""
    bend = sympy.Symbol(of.bend.name)
    names = {symbol: spaced(symbol) for symbol in each.conditions.symbols} | {bend.name: letter(bend.name)}
    form = each.in_terms_of(bend)
    called = rf"\text{{{_words(each)}}}"
    return Formula(f"{called} = {Latex(names).doprint(form)}", f"{_words(each)} = {to_str(form)}")


def _table(of: Guarantees) -> Table:
    values = of.bounds.values
    asked = {"lipschitz": of.lipschitz, "smoothness": of.smoothness}
    if of.upper_curvature is not None:
        asked["upper curvature"] = of.upper_curvature
    known = soon(list(asked.values()), values)
    rows = [(name, cell_of(bound, known)) for name, bound in asked.items()]
    for each in of.named.values():
        quick = not each.bound.finite or known.get(of.bend) is not None or not each.free_symbols <= values.keys()
        number, reason = each.at(values) if quick else (None, None)
        text = "none" if reason is not None else "symbolic" if quick else LATER
        rows.append((_words(each), text if number is None else short(each.safe(number, DIGITS))))
    return Table(("", "number"), rows, right=("number",))


def _reasons(of: Guarantees) -> Iterator[str]:
    for each in of.named.values():
        if each.reason is not None:
            yield f"no {_words(each)}: {each.reason}"


def _words(each: Guarantee) -> str:
    return each.name.replace("_", " ")
