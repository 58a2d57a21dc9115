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
UNCROPPED = 100_000


def short(decimal: str) -> str:
    """A decimal with a plain exponent: 3.166e11 for 3.166e+11."""
    mantissa, _, exponent = decimal.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str]) -> str:
    """Columns under their heads; those named in `right` are aligned to the right."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    buffer = StringIO()
    width = max(NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else UNCROPPED
    Console(file=buffer, width=width, no_color=True, force_terminal=False, legacy_windows=False).print(drawn)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
