"""An answer as people read it, apart from any format: a head, tables, formulas and paragraphs in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby


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


INDENT = "  "  # of a line that is to be read as it stands: a formula, an entry of a list of definitions


def runs(text: str) -> Iterator[tuple[bool, list[str]]]:
    """The lines of a paragraph in runs: those that are indented, which are kept as they are, and others."""
    for is_kept, lines in groupby(text.strip("\n").splitlines(), key=lambda line: line.startswith(INDENT)):
        yield is_kept, [line.removeprefix(INDENT) for line in lines]


@dataclass(frozen=True, slots=True)
class Page:
    """`head`: a line of what was asked. A part that is a text is a paragraph; lines in it stay apart."""

    head: str
    parts: tuple[Part, ...] = ()
