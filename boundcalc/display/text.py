"""Plain text: tables as wide as they need to be in a pipe, folded into the window on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.cells import cell_len

from boundcalc.display.page import Folded, Formula, Page, Part, Table, Verbatim

NARROW = 60  # a table is not squeezed below this
GAP = 3  # between columns
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
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    window = max(NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    if window is not None and sum(widths) + GAP * (len(widths) - 1) > window:
        return _folded(cells, table.right, window)
    flush = [column in table.right for column in table.columns]
    head, *body = ("".join(_cells(row, widths, flush)).rstrip() for row in cells)
    return "\n".join((head, RULE * (sum(widths) + GAP * (len(widths) - 1)), *body)) + "\n"


def _cells(row: Sequence[str], widths: Sequence[int], flush: Sequence[bool]) -> Iterable[str]:
    for i, (cell, width, right) in enumerate(zip(row, widths, flush, strict=True)):
        padding = " " * (width - cell_len(cell))
        yield " " * (GAP if i else 0) + (padding + cell if right else cell + padding)


def _folded(cells: Sequence[Sequence[str]], right: Sequence[str], window: int) -> str:
    """As wide as the window; long cells go on below."""
    from rich import box, console, table, text  # a tenth of a second, for terminals that are too narrow

    drawn = table.Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in cells[0]:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in cells[1:]:
        drawn.add_row(*(text.Text(cell) for cell in row))
    buffer = StringIO()
    console.Console(file=buffer, width=window, no_color=True, force_terminal=False, legacy_windows=False).print(drawn)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
