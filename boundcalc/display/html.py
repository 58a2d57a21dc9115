"""HTML that stands in a notebook, light or dark: no colour, no script, nothing from a network, and every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from boundcalc.display.mathml import typeset
from boundcalc.display.page import Folded, Formula, Page, Part, Table, Verbatim, runs

LONGEST = 4_000  # characters of a formula that is typeset; nobody reads a longer one
_WIDE = "overflow-x:auto"  # what is wider than the page is moved, not cut


def page_to_html(page: Page) -> str:
    first, *others = page.head.splitlines()
    head = [f"<p><strong>{escape(first)}</strong></p>", *map(_paragraph, others)]
    return f'<div class="boundcalc">{"".join([*head, *map(part_to_html, page.parts)])}</div>'


def table_to_html(table: Table) -> str:
    sides = ["right" if column in table.right else "left" for column in table.columns]
    head = _row('th scope="col"', table.columns, sides)
    body = "".join(_row("td", row, sides) for row in table.rows)
    return f'<div style="{_WIDE}"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _row(cell_tag: str, cells: Iterable[str], sides: Iterable[str]) -> str:
    end = cell_tag.partition(" ")[0]
    written = (
        f'<{cell_tag} style="text-align:{side}">{escape(cell)}</{end}>' for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(written)}</tr>"


def part_to_html(part: Part) -> str:
    match part:
        case Table():
            return table_to_html(part)
        case Formula():
            return _formula(part)
        case Verbatim():
            return _kept(part.text)
        case Folded():
            return f"<details><summary>{escape(part.title)}</summary>{''.join(map(part_to_html, part.parts))}</details>"
        case str():
            return _paragraphs(part)


def _formula(formula: Formula) -> str:
    """Typeset; as text where it is too long for a line that anybody reads."""
    if len(formula.latex) > LONGEST:
        return _kept(formula.text)
    math = typeset(formula.latex).replace('display="inline"', 'display="inline" displaystyle="true"', 1)  # not centred
    return f'<div style="{_WIDE};padding:.3em 0" title="{escape(formula.text)}">{math}</div>'


def _paragraphs(text: str) -> str:
    """Lines that are indented are kept as they are, others are a paragraph each."""
    found: list[str] = []
    for is_kept, lines in runs(text):
        if is_kept:
            found.append(_kept("\n".join(lines)))
        else:
            found += map(_paragraph, lines)
    return "".join(found)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text.strip() else ""


def _kept(text: str) -> str:
    return f'<pre style="white-space:pre-wrap;font-family:monospace">{escape(text)}</pre>'
