"""A slider and a field for every symbol, one for all networks that have the same symbol at the same value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from boundcalc.bounds.options import Json
from boundcalc.exact.printing import to_str
from boundcalc.output.report.elements import Html, tag
from boundcalc.output.report.subject import Subject

DECADES = 4  # below and above the value of a positive number
WHOLE_FACTOR, WHOLE_LEAST = 20, 100  # up to which multiple of its value a whole number goes, and how far at least
LINEAR = 10  # from a value that may be negative, to either side at least
STEPS = 100  # of a decade
LARGEST = 1e290  # where a slider stands; fields take any number


@dataclass(frozen=True, slots=True)
class Slider:
    """`start`: the text of its value at first, None where the spec computes it. It has `count` steps between two values, of equal
    ratios where `logarithmic`, and stands at `place` of them. `formula`: by which the spec computes it; `note`: what has to be told."""

    name: str
    label: str
    start: str | None
    low: float
    high: float
    count: int
    place: int
    logarithmic: bool
    whole: bool
    formula: str | None
    note: str

    def to_dict(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "label": self.label,
            "start": self.start,
            "low": self.low,
            "high": self.high,
            "count": self.count,
            "place": self.place,
            "logarithmic": self.logarithmic,
            "whole": self.whole,
        }


def sliders_of(subjects: Sequence[Subject]) -> tuple[list[Slider], list[list[int]]]:
    """The sliders, and for each network the slider of each of its symbols, in order. Networks share one where name, value and range
    are the same in all that have the symbol."""
    alike: dict[str, set[tuple[object, ...]]] = {}
    for subject in subjects:
        for name in subject.start:
            alike.setdefault(name, set()).add(_kind(subject, name))
    found: dict[tuple[str, int | None], Slider] = {}
    of: list[list[int]] = []
    for subject in subjects:
        own: list[int] = []
        for name in subject.start:
            shared = len(alike[name]) == 1
            key = name, None if shared else subject.number
            if key not in found:
                found[key] = _slider(subject, name, name if shared else f"{name} of {subject.label}")
            own.append(list(found).index(key))
        of.append(own)
    return list(found.values()), of


def _kind(subject: Subject, name: str) -> tuple[object, ...]:
    symbol = subject.bounds.symbols[name]
    formula = subject.bounds.graph.conditions.declared.get(symbol)
    assumed = symbol.is_integer, symbol.is_positive, symbol.is_nonnegative
    return (*assumed, subject.start[name], None if formula is None else to_str(formula))


def _slider(subject: Subject, name: str, label: str) -> Slider:
    bounds, start = subject.bounds, subject.start[name]
    symbol = bounds.symbols[name]
    formula = None if start is not None else to_str(bounds.graph.conditions.declared[symbol])
    value = _value(subject, symbol)
    low, high, count, logarithmic = _range(symbol, value)
    part = math.log(value / low) / math.log(high / low) if logarithmic else (value - low) / (high - low)
    free = symbol not in bounds.graph.conditions.declared
    note = "no value in the spec: the page begins at one of its own" if free else ""
    whole = bool(symbol.is_integer)
    return Slider(name, label, start, low, high, count, round(part * count), logarithmic, whole, formula, note)


def _value(subject: Subject, symbol: sympy.Symbol) -> float:
    """About where the slider stands at first."""
    start = subject.start[symbol.name]
    value = subject.bounds.values.get(symbol, sympy.S.One) if start is None else sympy.Rational(start)
    if value == 0:
        return 0.0
    try:
        size = float(abs(value))
    except OverflowError:  # of a rational that no double holds
        size = LARGEST
    return math.copysign(min(max(size, 1 / LARGEST), LARGEST), 1 if value > 0 else -1)


def _range(symbol: sympy.Symbol, value: float) -> tuple[float, float, int, bool]:
    """The ends of a slider, its steps, and whether it is logarithmic."""
    if not symbol.is_nonnegative:
        reach = float(math.ceil(max(LINEAR, 4 * abs(value))))
        return -reach, reach, round(2 * reach) if symbol.is_integer else STEPS * DECADES, False
    if symbol.is_integer:
        high = float(max(WHOLE_LEAST, WHOLE_FACTOR * value))
        return (1.0, high, STEPS * DECADES, True) if symbol.is_positive else (0.0, high, round(high), False)
    if value <= 0:
        return 0.0, float(LINEAR), STEPS * DECADES, False
    return value / 10**DECADES, value * 10**DECADES, 2 * STEPS * DECADES, True


def control(slider: Slider, number: int) -> Html:
    """The slider, its field, and what it is."""
    key = f"s{number}"
    whole = [" ", tag("small", "whole number")] if slider.whole else []
    follows = (
        tag(
            "label",
            tag("input", type="checkbox", id=f"{key}-follows", checked=True),
            f" follows {slider.name} = {slider.formula}",
            class_="follows",
        )
        if slider.formula is not None
        else Html("")
    )
    return tag(
        "div",
        tag("label", slider.label, *whole, for_=f"{key}-range"),
        tag(
            "input",
            type="range",
            id=f"{key}-range",
            min=0,
            max=slider.count,
            value=slider.place,
            aria_valuetext=slider.start,
            aria_describedby=f"{key}-said",
            disabled=slider.formula is not None,
        ),
        tag(
            "input",
            type="text",
            inputmode="decimal",
            id=f"{key}-text",
            value=slider.start or "",
            size=8,
            autocomplete="off",
            spellcheck="false",
            aria_label=f"value of {slider.label}",
            aria_describedby=f"{key}-said",
            disabled=slider.formula is not None,
        ),
        follows,
        tag("small", slider.note, id=f"{key}-said"),
        class_="control",
        data_slider=number,
    )
