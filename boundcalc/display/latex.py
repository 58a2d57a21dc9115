"""A page as a LaTeX document of its own: paragraphs, and tables that go over pages."""

from __future__ import annotations

import re

from boundcalc.display.page import Folded, Formula, Page, Part, Table, Verbatim

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{c: f"\\{c}" for c in "_&%$#{}"},
}


def page_to_latex(page: Page) -> str:
    parts = map(_part, page.parts)
    lines = [
        *(f"% {line}" for line in page.head.splitlines()),
        r"\documentclass{article}",
        r"\usepackage[landscape,margin=2cm]{geometry}",
        r"\usepackage{longtable}",
        r"\begin{document}",
        r"\sloppy",
        _paragraph(page.head),
        *parts,
        r"\end{document}",
    ]
    return "\n".join(line for line in lines if line)


def _part(part: Part) -> str:
    match part:
        case Table():
            return _table(part)
        case Formula():
            return f"\\[{part.latex}\\]"
        case Verbatim():
            return "".join(rf"\par\noindent\texttt{{{_escaped(line)}}}" + "\n" for line in part.text.splitlines())
        case Folded():
            return "\n".join([_paragraph(part.title), *map(_part, part.parts)])
        case str():
            return _paragraph(part)


def _paragraph(text: str) -> str:
    """Lines stay apart."""
    return "".join(rf"\par\noindent {_escaped(line)}" + "\n" for line in text.splitlines() if line.strip())


def _table(table: Table) -> str:
    columns = "".join("r" if column in table.right else "l" for column in table.columns)
    rows = (" & ".join(map(_escaped, row)) for row in (table.columns, *table.rows))
    head, *body = (f"{row} \\\\" for row in rows)
    return "\n".join([f"\\begin{{longtable}}{{{columns}}}", f"{head} \\hline \\endhead", *body, r"\end{longtable}"])


def _escaped(text: str) -> str:
    return re.sub(r"[\\^~_&%$#{}<>|]", lambda match: _SPECIAL[match[0]], text)
