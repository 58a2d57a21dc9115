"""LaTeX: the definitions in order, as a display that goes over lines and pages and compiles in any document with amsmath; the
derivation of a study as a document of its own."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.document import Document
from boundcalc.bounds.letters import letter
from boundcalc.bounds.options import Detail
from boundcalc.display.latex import page_to_latex
from boundcalc.exact.intervals import is_wholeness
from boundcalc.output.parts.cases import by_cases
from boundcalc.output.parts.closed_forms import used
from boundcalc.output.parts.derivation import derivation_to_latex
from boundcalc.output.parts.latex_lines import Formula, Lines
from boundcalc.output.parts.latex_text import numbered, path, prose, symbol
from boundcalc.output.parts.layout import PLAIN, Layout
from boundcalc.studies.parts.report import Report

MOST = 2000  # definitions, some twenty pages: setting them takes a millisecond each, and nobody reads them


def to_latex(document: Document, layout: Layout = PLAIN) -> str:
    """`align*` with a definition after the other, as far as they are used, and the constants of the network last; below, what is
    infinite and why, and where all of it holds. With style "expanded", constants that have a closed form are written out and need no
    definitions. Bounds that take more than `MOST` definitions are named without them."""
    expanded = layout.style == "expanded"
    wanted = [
        name
        for quantity in document.totals.values()
        if (name := quantity.definition) is not None and not (expanded and quantity.expression)
    ]
    definitions = used(document.definitions, wanted)
    left_out = len(definitions) if len(definitions) > MOST else 0
    definitions = [] if left_out else definitions
    paths = {quantity.definition: quantity.identifier for quantity in reversed(document.quantities)}
    numbers = numbered(paths.get(name, name) for name, _ in definitions)
    letters = {name: letter(paths.get(name, name), numbers) for name, _ in definitions}
    lines = Lines(letters | {name: symbol(name) for name in document.symbols})
    signs = {quantity.definition: r"\le" for quantity in document.quantities if quantity.upper}
    formulas = [
        formula
        for name, expression in definitions
        for formula in _cases(letters[name], signs.get(name, "="), expression, lines)
    ]
    below: list[str] = []
    for quantity in document.totals.values():
        own = letter(quantity.identifier)
        if not quantity.finite:
            formulas.append(Formula(own, r"\infty"))
            below.append(f"${own} = \\infty$: {prose(str(quantity.infinite_because))}.")
        elif quantity.unclosed is not None:
            below.append(f"${own}$ has no closed form: {prose(quantity.unclosed)}.")
        elif (
            quantity.scalar is not None and letters.get(name := quantity.definition or "") != own
        ):  # else defined above
            sign = r"\le" if quantity.upper else "="
            if name in letters:
                formulas.append(Formula(own, letters[name], sign))
            elif quantity.expression is not None:
                formulas += _cases(own, sign, quantity.expression, lines)
            elif left_out:
                below.append(f"${own}$ takes {left_out} definitions, more than {MOST}: other formats write them out.")
    below += _conditions(document, lines)
    below += (
        [f"Of the layers, {', '.join(f'{i} is {path(layer)}' for layer, i in numbers.items())}."] if numbers else []
    )
    display = f"{lines.align(formulas)}\n" if formulas else ""
    text = "".join(f"\\par\\noindent\\raggedright {line}\\par\n" for line in below)
    return f"{_remarks(document)}\\begingroup\\allowdisplaybreaks\n{display}{text}\\endgroup"


def _cases(left: str, sign: str, expression: sympy.Expr, lines: Lines) -> Iterator[Formula]:
    """What holds in general, and below it each case."""
    found = by_cases(expression)
    yield Formula(left, found.general, sign)
    for condition, value in found.special:
        yield Formula("", value, sign, (rf"\quad \text{{where }} {lines.print(condition)}",))


def _remarks(document: Document) -> str:
    """What a reader of the source has to know."""
    of, others = document.options.phrases(Detail.COMMENT)
    remarks = [", ".join(of + others)] if of or others else []
    kept = [document.kept] if document.kept else []
    told = [f"{letter(q.identifier)}: {q.guarantees}" for q in document.totals.values() if q.finite and q.guarantees]
    remarks = [document.name, *remarks, *kept, *told, *document.warnings]
    return "".join(f"% {' '.join(line.split())}\n" for line in remarks)


def _conditions(document: Document, lines: Lines) -> Iterator[str]:
    if document.conditions:
        yield f"This holds if {', '.join(f'${condition_to_latex(each, lines)}$' for each in document.conditions)}."


def condition_to_latex(condition: Boolean, lines: Lines) -> str:
    if is_wholeness(condition):
        return rf"{lines.print(condition.args[0])} \in \mathbb{{Z}}"
    return lines.print(condition)


def report_to_latex(report: Report) -> str:
    """A document: the derivation of a study that has one, else what it says to people."""
    if report.derivation is not None:
        return derivation_to_latex(report.derivation(), report.page.head)
    return page_to_latex(report.page)
