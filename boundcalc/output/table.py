"""Plain tables and the short numbers in them: as wide as they need to be in a pipe, folded into the window on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

NARROW = 60  # a table is not squeezed below this
GAP = "   "


def short(decimal: str) -> str:
    """A decimal with a plain exponent: 3.166e11 for 3.166e+11."""
    mantissa, _, exponent = decimal.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str]) -> str:
    """Columns under their heads; those named in `right` are aligned to the right."""
    rows = [tuple(row) for row in rows]
    space = max(NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    if space is not None and sum(widths) + len(GAP) * (len(widths) - 1) > space:
        return _folded(columns, rows, right, space)
    lines = [
        GAP.join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        )
        for cells in (columns, *rows)
    ]
    rule = "─" * len(lines[0])
    return "\n".join(line.rstrip() for line in (lines[0], rule, *lines[1:])) + "\n"


def _folded(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str], width: int) -> str:
    """The same in a window that is too narrow for it: cells are folded. A millisecond a row."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    buffer = StringIO()
    Console(file=buffer, width=width, no_color=True, force_terminal=False, legacy_windows=False).print(drawn)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
