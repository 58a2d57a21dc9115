"""What people read of bounds, whatever the format: a table per layer, what makes a bound infinite, the closed forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boundcalc.bounds.answer import LARGE, Answer, log10_text, readable
from boundcalc.bounds.document import Document
from boundcalc.bounds.missing import gives_numbers
from boundcalc.bounds.said import blocks, conditions, header, reasons, searched
from boundcalc.display.page import Page, Table
from boundcalc.exact.balls import ball
from boundcalc.graph.shape import show_shape
from boundcalc.output.parts.closed_forms import closed_forms
from boundcalc.output.parts.layout import PLAIN, Layout


def page_of(document: Document, layout: Layout = PLAIN) -> Page:
    """Everything about some bounds, those of other options beside them."""
    parts = [
        layer_table(document),
        summary(document, layout.beside),
        *reasons(document),
        blocks(document),
        searched(document),
        *closed_forms(document, layout.style),
        conditions(document),
    ]
    head = [header(document), *_missing(document)]
    return Page("\n".join(head), tuple(part for part in parts if part))


def layer_table(document: Document) -> Table:
    """The bounds up to each layer."""
    rows: list[Sequence[str]] = []
    for row in document.rows:
        cells = [_cell(quantity) for quantity in row.quantities.values()]
        rows.append((row.path, row.kind, show_shape(row.shape), *cells))
    names = tuple(document.network)
    return Table(("layer", "kind", "shape", *names), rows, right=names)


def _cell(quantity: Answer) -> str:
    return quantity.brief(quantity.number, quantity.definition or "symbolic")


def summary(document: Document, beside: Sequence[Document]) -> Table:
    """The network as a whole, and what other options give beside it where all are numbers."""
    documents = sorted([document, *beside], key=lambda each: document.options.beside.index(each.options))
    names = list(document.totals)
    if any(document.totals[name].number is None and document.totals[name].finite for name in names):
        documents = [document]
    columns = [each.options.comparison for each in documents]
    rows = [
        [name.replace("_", " "), *(_whole(each.totals[name], each is document) for each in documents)] for name in names
    ]
    logs = [_large_log10(document.totals[name]) for name in names]
    if any(logs):
        columns = [f"log10, {document.options.comparison}", *columns]
        rows = [[name, log, *values] for (name, *values), log in zip(rows, logs, strict=True)]
    return Table(("network", *columns), rows, right=columns)


def _large_log10(quantity: Answer) -> str:
    """Where the number has so many digits that its logarithm is easier to compare."""
    number = quantity.number if quantity.finite else None
    return log10_text(number) if number is not None and ball(number) > LARGE else ""


def _missing(document: Document) -> Iterator[str]:
    """How symbols get values, where bounds are no numbers for want of them."""
    if names := document.missing:
        yield gives_numbers(names)


def _whole(quantity: Answer, is_asked: bool) -> str:
    if is_asked or not quantity.finite:
        return _cell(quantity)
    number = quantity.number_of_network
    return "" if number is None else readable(number)
