"""What people read of bounds, whatever the format: a table per layer, what makes a bound infinite, the closed forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from boundcalc.bounds.answer import LARGE, Answer, log10_text, readable
from boundcalc.bounds.document import Document
from boundcalc.bounds.missing import assignments
from boundcalc.bounds.options import Detail
from boundcalc.display.page import Page, Table
from boundcalc.exact.balls import ball
from boundcalc.exact.intervals import shown
from boundcalc.graph.shape import show_shape
from boundcalc.mistakes import escaped
from boundcalc.output.parts.closed_forms import closed_forms
from boundcalc.output.parts.layout import PLAIN, Layout

CONDITIONS_SHOWN = 12
BLOCKS_SHOWN, LISTED = 24, 4  # blocks, and what is in each


def page_of(document: Document, layout: Layout = PLAIN) -> Page:
    """Everything about some bounds, those of other options beside them."""
    parts = [
        _layer_table(document),
        _summary(document, layout.beside),
        *_reasons(document),
        _blocks(document),
        _searched(document),
        *closed_forms(document, layout.style),
        _conditions(document),
        _missing(document),
    ]
    return Page(_header(document), tuple(part for part in parts if part))


def _header(document: Document) -> str:
    values = document.symbol_values
    known = ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None)
    free = ", ".join(name for name, value in values.items() if value is None)
    lines = [f"{escaped(document.name)}: {document.options.sentence('bounds', Detail.BOUNDS)}"]
    if known:
        lines.append(f"with {known}" + (f"; free: {free}" if free else ""))
    elif free:
        lines.append(f"free: {free}")
    return "\n".join(lines)


def _layer_table(document: Document) -> Table:
    rows: list[Sequence[str]] = []
    for row in document.rows:
        cells = [_cell(quantity) for quantity in row.quantities.values()]
        rows.append((row.path, row.kind, show_shape(row.shape), *cells))
    names = tuple(document.network)
    return Table(("layer", "kind", "shape", *names), rows, right=names)


def _cell(quantity: Answer) -> str:
    return quantity.brief(quantity.number, quantity.definition or "symbolic")


def _summary(document: Document, beside: Sequence[Document]) -> Table:
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


def _missing(document: Document) -> str:
    """How symbols get values, where bounds are no numbers for want of them."""
    names = document.missing
    if not names:
        return ""
    has = "has no value" if len(names) == 1 else "have no values"
    return f"{', '.join(names)} {has}: `{assignments(names)}` gives numbers"


def _whole(quantity: Answer, is_asked: bool) -> str:
    if is_asked or not quantity.finite:
        return _cell(quantity)
    number = quantity.number_alone
    return "" if number is None else readable(number)


def _reasons(document: Document) -> Iterable[str]:
    """Which layer makes a bound infinite, and why; what others guarantee."""
    for name, total in document.totals.items():
        words = name.replace("_", " ")
        if not total.finite:
            where = "" if total.infinite_from is None else f" from layer '{total.infinite_from}' on"
            yield f"{words} is infinite{where}: {total.infinite_because}"
        elif total.guarantees:
            yield f"{words} c: {total.guarantees}"


def _blocks(document: Document) -> str:
    """What is in each block, where patterns say it."""
    if document.grouping is None:
        return ""
    lines = [
        f"  {name}: {', '.join(own[:LISTED])}{_more(len(own) - LISTED)}" for name, own in document.grouping.items()
    ]
    return "\n".join(
        ["blocks", *lines[:BLOCKS_SHOWN], *([f" {more}"] if (more := _more(len(lines) - BLOCKS_SHOWN)) else ()), ""]
    )


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _searched(document: Document) -> str:
    """The constants of the spec's own activations: between which numbers they are, and where they are reached."""
    found: dict[tuple[str, str], str] = {}
    for row in document.rows:
        for name, of in row.searched.items():
            found.setdefault((row.kind, name), f"{row.kind}: {name} in [{of.low}, {of.high}], {of.witness.text}")
    return "\n".join(["found by search", *(f"  {text}" for text in found.values()), ""]) if found else ""


def _conditions(document: Document) -> str:
    """Where the bounds hold, beyond the sizes and signs that the symbols stand for."""
    texts = [shown(condition) for condition in document.conditions]
    if not texts:
        return ""
    more = len(texts) - CONDITIONS_SHOWN
    kept = ", ".join(texts[:CONDITIONS_SHOWN])
    return f"holds if {kept}" + (f" and {more} more conditions: --format json has them" if more > 0 else "")
