"""An answer as people read it, apart from any format: a head, tables, formulas and paragraphs in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under their heads; the columns named in `right` hold numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A line of mathematics, and the same as text for formats that do not set it."""

    latex: str
    text: str


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that are kept as they are: a file."""

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Parts under a title that opens them, where a format can fold."""

    title: str
    parts: tuple[Part, ...]


Part = Table | Formula | Verbatim | Folded | str


@dataclass(frozen=True, slots=True)
class Page:
    """`head`: a line of what was asked. A part that is a text is a paragraph; lines in it stay apart."""

    head: str
    parts: tuple[Part, ...] = ()
