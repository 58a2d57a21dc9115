"""The plots of a report before anybody moves a slider: bounds through the layers, at the spec's values. plot.js draws the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from boundcalc.bounds.pictured import height
from boundcalc.output.report.elements import Html, tag
from boundcalc.output.report.subject import Subject

WIDTH, HEIGHT = 320, 230
LEFT, RIGHT, TOP, BOTTOM = 50, 16, 10, 42  # margins
TICKS = 6  # at most, of an axis
Curve = Sequence[float | None]


def through_layers(subjects: Sequence[Subject]) -> Html:
    """A panel for each quantity, a curve in it for each network."""
    names = list(dict.fromkeys(name for subject in subjects for name in subject.bounds.named))
    return tag("div", *(_panel(subjects, name) for name in names), class_="panels", id="through")


def _panel(subjects: Sequence[Subject], name: str) -> Html:
    curves = [_curve(subject, name) for subject in subjects]
    key, words = f"through-{name}", name.replace("_", " ")
    said = ", ".join(subject.label for subject in subjects)
    return tag(
        "figure",
        tag("figcaption", words),
        tag(
            "svg",
            tag("title", f"{words} through the layers", id=f"{key}-title"),
            tag(
                "desc", f"log10 of the bound up to each layer of {said}; the tables have the numbers.", id=f"{key}-desc"
            ),
            tag("g", *_drawn(curves), class_="drawn"),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            class_="plot",
            role="img",
            aria_labelledby=f"{key}-title {key}-desc",
            data_name=name,
        ),
    )


def _curve(subject: Subject, name: str) -> Curve:
    bounds = subject.bounds
    return [height(bounds.numbers.get(row.named[name])) for row in bounds.layers.values()]


def _drawn(curves: Sequence[Curve]) -> list[Html]:
    heights = [y for curve in curves for y in curve if y is not None]
    if not heights:
        return [tag("text", "no numbers at the spec's values", x=LEFT, y=HEIGHT / 2)]
    low, high = min(heights), max(heights)
    room = max((1 - high + low) / 2, (high - low) / 25)
    low, high = low - room, high + room
    last = max(map(len, curves))

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((x - 1) / (last - 1) if last > 1 else 0.5)

    def down(y: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - y) / (high - low)

    parts: list[Html] = []
    for y in ticks(low, high):
        parts.append(tag("path", d=f"M{LEFT} {down(y):.1f}H{WIDTH - RIGHT}", class_="grid"))
        parts.append(tag("text", f"{y:g}", x=LEFT - 6, y=round(down(y) + 4, 1), class_="tick left"))
    for x in ticks(1, last):
        if x == int(x):
            parts.append(tag("text", f"{x:g}", x=round(across(x), 1), y=HEIGHT - BOTTOM + 16, class_="tick"))
    parts.append(tag("text", "layer", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 6, class_="axis"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(tag("text", "log10", x=12, y=middle, transform=f"rotate(-90 12 {middle:g})", class_="axis"))
    for n, curve in enumerate(curves):
        parts.append(tag("path", d=_path(curve, across, down), class_=f"curve c{n % 6}"))
    return parts


def _path(curve: Curve, across: Callable[[float], float], down: Callable[[float], float]) -> str:
    """Broken where there is no number; one point alone is a dot."""
    path, pen = "", "M"
    for x, y in enumerate(curve, 1):
        if y is None:
            pen = "M"
            continue
        place = f"{across(x):.1f} {down(y):.1f}"
        path += f"M{place}L{place}" if pen == "M" else f"L{place}"
        pen = "L"
    return path


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two."""
    if high <= low:
        return [low]
    size = 10 ** math.floor(math.log10((high - low) / TICKS))
    step = next(size * factor for factor in (1, 2, 5, 10) if (high - low) / (size * factor) <= TICKS)
    return [round(step * n, 10) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
