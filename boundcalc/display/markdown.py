"""Markdown, as GitHub, notebooks and most editors read it."""

from __future__ import annotations

import re
from html import escape

from boundcalc.display.page import Folded, Formula, Page, Part, Table, Verbatim, runs


def page_to_markdown(page: Page) -> str:
    first, *others = page.head.splitlines()
    parts = [f"**{escaped(first)}**", *map(_paragraphs, others), *map(_part, page.parts)]
    return "\n\n".join(part for part in parts if part)


def table_to_markdown(table: Table) -> str:
    columns = [escaped(column) or " " for column in table.columns]
    rules = ["---:" if column in table.right else "---" for column in table.columns]
    rows = [[escaped(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rules, *rows))


def escaped(text: str) -> str:
    """On one line, read as it stands."""
    return re.sub(r"([\\`*_\[\]<>|#$~])", r"\\\1", " ".join(text.split()))


def _part(part: Part) -> str:
    match part:
        case Table():
            return table_to_markdown(part)
        case Formula():
            return f"$$\n{part.latex}\n$$"
        case Verbatim():
            return _fenced(part.text)
        case Folded():
            parts = "\n\n".join(map(_part, part.parts))
            return f"<details>\n<summary>{escape(part.title)}</summary>\n\n{parts}\n\n</details>"
        case str():
            return _paragraphs(part)


def _fenced(text: str) -> str:
    """As it stands: no run of backticks in it is as long as the fence."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _paragraphs(text: str) -> str:
    """Lines that are indented are kept as they are, others are a paragraph each."""
    found: list[str] = []
    for is_kept, lines in runs(text):
        if is_kept:
            found.append(_fenced("\n".join(lines)))
        else:
            found += map(escaped, lines)
    return "\n\n".join(found)
