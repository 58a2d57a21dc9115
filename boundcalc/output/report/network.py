"""What a report says of one network by itself: certified numbers, closed forms, shares, the graph, where all of it holds."""

from __future__ import annotations

from collections.abc import Iterator

from boundcalc.bounds.said import header, reasons, searched
from boundcalc.bounds.shown_bounds import formulas
from boundcalc.display.html import part_to_html
from boundcalc.display.page import Folded, Formula, Part, Table
from boundcalc.exact.intervals import shown
from boundcalc.exact.printing import thousands
from boundcalc.graph.counting import parameters_of
from boundcalc.output.graphs.svg import graph_to_svg
from boundcalc.output.parts.page import layer_table, summary
from boundcalc.output.report.elements import Html, scrolled, table, tag
from boundcalc.output.report.shares import shares_section
from boundcalc.output.report.subject import Subject

DEFINITIONS, CHARACTERS = (
    200,
    40_000,
)  # of closed forms and of their LaTeX: a page is read with more time than a notebook
LONG = 600  # characters of LaTeX of a formula that is folded


def sections(subject: Subject, level: str) -> Iterator[Html]:
    """`level`: of the headings."""
    bounds, key = subject.bounds, subject.identifier
    document = bounds.document
    yield tag(level, "Certified bounds")
    yield tag("p", *_lines(header(document)), class_="asked")
    yield _table("Bounds of the network", summary(document, [other.document for other in subject.beside]))
    for text in [*reasons(document), searched(document)]:
        yield _paragraph(text)
    yield tag(level, "Closed forms")
    yield tag("div", *map(_formula, formulas(bounds, DEFINITIONS, CHARACTERS)), class_="formulas")
    yield from _conditions(subject, level)
    yield tag(level, "Which layers dominate")
    yield from shares_section(subject)
    yield tag(level, "The layers")
    count = f"{len(bounds.layers):,} layer{'' if len(bounds.layers) == 1 else 's'}"
    yield tag("p", f"{count}, {thousands(parameters_of(bounds.graph))} parameters.")
    yield scrolled(
        Html(graph_to_svg(bounds.graph, f"{key}-graph")), f"The graph of {subject.label}", "scrolled drawing"
    )
    found = layer_table(document)
    rows = _table(f"Bounds up to each layer of {subject.label}, at the spec's values", found)
    yield tag("details", tag("summary", f"Bounds up to each layer ({count}), certified"), rows)
    live = tag("div", class_="live", data_network=subject.number)
    yield tag(
        "details", tag("summary", "The same at the sliders' values, approximate"), live, class_="with-script screen"
    )


def _lines(text: str) -> list[Html]:
    return [tag("span", line) for line in text.splitlines()]


def _table(caption: str, found: Table) -> Html:
    return table(caption, found.columns, found.rows, found.right)


def _formula(part: Part) -> Html:
    """What is long is opened by those who want to read it."""
    if isinstance(part, Formula) and len(part.latex) > LONG:
        name = part.text.partition(" ")[0]
        return _part(Folded(f"{name.replace('_', ' ')}, written out", (part,)))
    return _part(part)


def _part(part: Part) -> Html:
    return Html(part_to_html(part))


def _paragraph(text: str) -> Html:
    return _part(text) if text else Html("")


def _conditions(subject: Subject, level: str) -> Iterator[Html]:
    """All of them, and what has to be known besides."""
    document = subject.bounds.document
    texts = [shown(condition) for condition in document.conditions]
    notes = [*([document.kept] if document.kept else []), *document.warnings]
    if document.grouping is not None:
        notes += (f"block {name}: {', '.join(members)}" for name, members in document.grouping.items())
    if not texts and not notes:
        return
    yield tag(level, "Where the bounds hold")
    if texts:
        yield tag("p", "They hold only where")
        yield tag("ul", *(tag("li", text) for text in texts), class_="conditions")
    if notes:
        yield tag("ul", *(tag("li", note) for note in notes), class_="notes")
