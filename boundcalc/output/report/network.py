"""What a report says of one network by itself: certified numbers, closed forms, shares, the graph, where all of it holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from boundcalc.bounds.said import header, reasons, searched
from boundcalc.bounds.shown_bounds import formulas
from boundcalc.calculus.steps import recursion_of
from boundcalc.display.html import part_to_html
from boundcalc.display.page import Folded, Formula, Part, Table
from boundcalc.exact.intervals import shown
from boundcalc.exact.printing import thousands
from boundcalc.graph.counting import parameters_of
from boundcalc.output.graphs.svg import graph_to_svg
from boundcalc.output.parts.page import layer_table, summary
from boundcalc.output.report.elements import Html, scrolled, table, tag
from boundcalc.output.report.subject import Subject
from boundcalc.studies.explain import SHARE
from boundcalc.studies.parts.explained import Explained, explained, shares_in

DEFINITIONS, CHARACTERS = (
    200,
    40_000,
)  # of closed forms and of their LaTeX: a page is read with more time than a notebook
LONG = 600  # characters of LaTeX of a formula that is folded
ROWS = 12  # layers whose shares are shown, those that say most
SHARED = 2_000  # layers of a network whose shares are found
LEAST = 0.0005  # of a share that is shown
COPY = re.compile(r"\.\d+(?=\.|$)")  # of a repeat: all of them are one row


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
    yield from _shares(subject)
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


def _shares(subject: Subject) -> Iterator[Html]:
    bounds = subject.bounds
    if len(bounds.layers) > SHARED:
        yield tag("p", f"Of more than {SHARED:,} layers the shares take long: boundcalc explain has them.")
        return
    found = shares_in(bounds, recursion_of(bounds.primitives, bounds.options.refine))
    if isinstance(found, str):
        yield tag("p", f"No shares: {found}.")
        return
    quantities = list(found.of)
    rows = [row for row in explained(bounds, found) if any(row.shares.values())]
    if not rows:
        yield tag("p", "No layer adds anything.")
        return
    groups = defaultdict[tuple[str, str], list[Explained]](list)
    for row in rows:
        groups[COPY.sub(".*", row.title), row.kind].append(row)
    shares = {key: [sum(row.shares.get(q, 0.0) for row in own) for q in quantities] for key, own in groups.items()}
    ranked = sorted(groups, key=lambda key: -max(map(abs, shares[key])))
    most = max(map(abs, shares[ranked[0]]))
    kept = [key for key in ranked[:ROWS] if max(map(abs, shares[key])) >= LEAST]
    others = [shares[key] for key in ranked if key not in kept]
    heads = ["layer", "kind", *(f"of log10 {q.name}" for q in quantities)]
    body = [_share_row(_called(key[0], own), key[1], shares[key], most) for key, own in groups.items() if key in kept]
    if others:
        count = sum(len(own) for key, own in groups.items() if key not in kept)
        body.append(
            _share_row(
                f"{count:,} other{'' if count == 1 else 's together'}",
                "",
                [sum(column) for column in zip(*others, strict=True)],
                0,
            )
        )
    body.append(_share_row("all together", "", [sum(column) for column in zip(*shares.values(), strict=True)], 0))
    caption = f"What layers of {subject.label} add to the logarithms of its bounds, at the spec's values"
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    yield scrolled(
        tag(
            "table", tag("caption", caption, class_="hidden"), tag("thead", head), tag("tbody", *body), class_="shares"
        ),
        caption,
    )
    yield tag("p", f"At the spec's values. {SHARE[0].upper()}{SHARE[1:]}.", class_="note")


def _called(path: str, rows: Sequence[Explained]) -> str:
    return rows[0].title if len(rows) == 1 else f"{path} ({len(rows)} of them)"


def _share_row(title: str, kind: str, shares: Sequence[float], most: float) -> Html:
    cells = (
        tag(
            "td",
            _bar(share / most) if most else Html(""),
            tag("span", f"{round(share, 3) + 0.0:.3f}", class_="number"),
            class_="share",
        )
        for share in shares
    )
    return tag("tr", tag("th", title, scope="row"), tag("td", kind), *cells)


def _bar(part: float) -> Html:
    """A bar to the right, or, hatched by its look, to the left of the middle."""
    size = round(60 * abs(part), 1)
    bar = tag(
        "rect", x=60 if part >= 0 else 60 - size, y=2, width=size, height=10, class_="more" if part >= 0 else "less"
    )
    middle = tag("path", d="M60 0V14", class_="grid")
    return tag("svg", middle, bar, class_="bar", viewBox="0 0 120 14", width=120, height=14, aria_hidden="true")
