"""Plain text: tables as wide as they need to be in a pipe, folded into the window on a terminal."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len

from boundcalc.display.page import Folded, Formula, Page, Part, Table, Verbatim

NARROW = 60  # a table is not squeezed below this
GAP = 3  # between columns
WORD = re.compile(r"(?:[^\s._/,]|[._/,](?=\d))+[\s._/,]*|[\s._/,]+")
RULE = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"


def page_to_text(page: Page) -> str:
    parts = [page.head, *map(_part, page.parts)]
    return "\n".join(part for part in parts if part).rstrip("\n")


def _part(part: Part) -> str:
    match part:
        case Table():
            return table_to_text(part)
        case Formula():
            return f"  {part.text}"
        case Verbatim():
            return "\n".join(f"  {line}" for line in part.text.splitlines())
        case Folded():
            return "\n".join([part.title, *map(_part, part.parts)])
        case str():
            return part


def table_to_text(table: Table) -> str:
    """Columns under their heads."""
    cells = [tuple(table.columns), *(tuple(row) for row in table.rows)]
    flush = [column in table.right for column in table.columns]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    window = max(NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    if window is not None and _whole(widths) > window:
        widths = _narrowed(cells, widths, flush, window)
    head, *body = (line for row in cells for line in _lines(row, widths, flush))
    heads = sum(1 for _ in _lines(cells[0], widths, flush))
    return "\n".join((head, *body[: heads - 1], RULE * _whole(widths), *body[heads - 1 :])) + "\n"


def _whole(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _narrowed(cells: Sequence[Sequence[str]], widths: Sequence[int], flush: Sequence[bool], window: int) -> list[int]:
    """The widest columns give way until the table fits, none below its longest word; columns of numbers do not."""
    least = [
        width if right else max(cell_len(word) for cell in column for word in _words(cell))
        for column, width, right in zip(zip(*cells, strict=True), widths, flush, strict=True)
    ]
    found = list(widths)
    while _whole(found) > window:
        spare = [i for i, width in enumerate(found) if width > least[i]]
        if not spare:
            break  # a terminal breaks such lines itself
        found[max(spare, key=lambda i: found[i])] -= 1
    return found


def _lines(row: Sequence[str], widths: Sequence[int], flush: Sequence[bool]) -> Iterator[str]:
    """A row; long cells go on below."""
    wrapped = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        yield "".join(_cells(parts, widths, flush)).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    if cell_len(cell) <= width:
        return [cell]
    lines = [""]
    for word in _words(cell):
        if lines[-1] and cell_len(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _words(cell: str) -> list[str]:
    """What a line may end after: spaces, and the joints of paths."""
    return WORD.findall(cell) or [""]


def _cells(row: Sequence[str], widths: Sequence[int], flush: Sequence[bool]) -> Iterable[str]:
    for i, (cell, width, right) in enumerate(zip(row, widths, flush, strict=True)):
        padding = " " * (width - cell_len(cell))
        yield " " * (GAP if i else 0) + (padding + cell if right else cell + padding)
