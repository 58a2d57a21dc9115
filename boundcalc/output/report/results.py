"""The bounds of all networks side by side: certified at the spec's values, and what the sliders say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boundcalc.bounds.answer import log10_text
from boundcalc.output.report.elements import Html, scrolled, tag
from boundcalc.output.report.subject import Subject

APPROXIMATE = (
    "Numbers at the sliders' values are computed in this page in double precision: approximate, with digits rounded up. "
    "Those at the spec's values are certified upper bounds."
)
NOT_CERTIFIED = "Published constants are not upper bounds in general: no number here is certified."
LARGER = "By blocks, the sliders move the recursion with one block for {what}, which is never smaller."


def results(subjects: Sequence[Subject]) -> Html:
    """A row for each quantity and network."""
    names = list(dict.fromkeys(name for subject in subjects for name in subject.bounds.totals))
    several = len(subjects) > 1
    first = [("bound", None), *([("network", None)] if several else [])]
    now = [("at the sliders' values", "number with-script"), ("log10", "number with-script")]
    heads = [*first, *now, ("at the spec's values", "number"), ("log10", "number")]
    columns = tag("tr", *(tag("th", head, scope="col", class_=class_) for head, class_ in heads))
    rows = (row for name in names for row in _rows(name, subjects, several))
    inside = tag(
        "table",
        tag("caption", "The bounds, certified at the spec's values and approximate at the sliders'", class_="hidden"),
        tag("thead", columns),
        tag("tbody", *rows),
        id="results",
    )
    return tag(
        "div",
        scrolled(inside, "The bounds"),
        tag(
            "noscript", tag("p", "Without JavaScript the sliders move nothing; everything else is here.", class_="note")
        ),
        tag("p", "", id="broken", class_="broken", hidden=True),
        tag("p", "", id="status", class_="hidden", role="status", aria_live="polite"),
        *(tag("p", text, class_="note") for text in _notes(subjects)),
    )


def _rows(name: str, subjects: Sequence[Subject], several: bool) -> Iterator[Html]:
    having = [subject for subject in subjects if name in subject.bounds.totals]
    for n, subject in enumerate(having):
        bound = subject.bounds.totals[name]
        number = subject.bounds.numbers.get(bound)
        answer = subject.bounds.document.totals[name]
        first = tag("th", name.replace("_", " "), scope="rowgroup", rowspan=len(having)) if n == 0 else Html("")
        yield tag(
            "tr",
            first,
            tag("th", _swatch(subject.number), subject.label, scope="row", class_="network") if several else Html(""),
            tag("td", "" if bound.finite else "infinite", class_="number now with-script"),
            tag("td", "", class_="number now-log with-script"),
            tag("td", answer.brief(number, "symbolic"), class_="number"),
            tag("td", "" if number is None else log10_text(number), class_="number"),
            data_network=subject.number,
            data_total=list(subject.bounds.totals).index(name),
            class_="first" if n == 0 else None,
        )


def _swatch(number: int) -> Html:
    """The look of the network's curve."""
    line = tag("path", d="M1 6H25", class_=f"curve c{number % 6}")
    return tag("svg", line, class_="swatch", viewBox="0 0 26 12", width=26, height=12, aria_hidden="true")


def _notes(subjects: Sequence[Subject]) -> Iterator[str]:
    yield APPROXIMATE if all(subject.bounds.certified for subject in subjects) else NOT_CERTIFIED
    larger = [subject for subject in subjects if subject.script.larger]
    if larger:
        totals = [all(b in s.script.larger for b in s.bounds.totals.values()) for s in larger]
        yield LARGER.format(what="the network" if any(totals) else "the rows of layers")
