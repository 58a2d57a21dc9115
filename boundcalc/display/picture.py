"""Pictures as data: what is drawn, apart from the library that draws it.

Heights are log10 of positive numbers unless said otherwise: bounds have any magnitude, and doubles do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """`y`: a height for each x, None where there is none."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Lines:
    """Curves over numbers, or over places that have names (`ticks`, at 0, 1, 2...). `marks`: numbers at which something happens."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_x: bool = False
    ticks: Sequence[str] = ()
    marks: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """A group of bars for each name, one of each series; their lengths are plain numbers."""

    title: str
    x_label: str
    names: Sequence[str]
    series: tuple[tuple[str, Sequence[float]], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Panels from left to right under one title."""

    title: str
    panels: tuple[Lines | Bars, ...]
