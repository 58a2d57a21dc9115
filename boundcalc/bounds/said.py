"""What every page of bounds says around its tables: what was asked, what makes a bound infinite, where the bounds hold."""

from __future__ import annotations

from collections.abc import Iterable

from boundcalc.bounds.document import Document
from boundcalc.bounds.options import Detail
from boundcalc.exact.intervals import shown
from boundcalc.mistakes import escaped

CONDITIONS_SHOWN = 12
BLOCKS_SHOWN, LISTED = 24, 4  # blocks, and what is in each


def header(document: Document, subject: str = "bounds") -> str:
    """Of what there are these, under which options, at which values."""
    values = document.symbol_values
    known = ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None)
    free = ", ".join(name for name, value in values.items() if value is None)
    lines = [f"{escaped(document.name)}: {document.options.sentence(subject, Detail.BOUNDS)}"]
    if known:
        lines.append(f"with {known}" + (f"; free: {free}" if free else ""))
    elif free:
        lines.append(f"free: {free}")
    return "\n".join(lines)


def reasons(document: Document) -> Iterable[str]:
    """Which layer makes a bound infinite, and why; what others guarantee."""
    for name, total in document.totals.items():
        words = name.replace("_", " ")
        if not total.finite:
            where = "" if total.infinite_from is None else f" from layer '{total.infinite_from}' on"
            yield f"{words} is infinite{where}: {total.infinite_because}"
        elif total.guarantees:
            yield f"{words} c: {total.guarantees}"


def blocks(document: Document) -> str:
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


def searched(document: Document) -> str:
    """The constants of the spec's own activations: between which numbers they are, and where they are reached."""
    found: dict[tuple[str, str], str] = {}
    for row in document.rows:
        for name, of in row.searched.items():
            found.setdefault((row.kind, name), f"{row.kind}: {name} in [{of.low}, {of.high}], {of.witness.text}")
    return "\n".join(["found by search", *(f"  {text}" for text in found.values()), ""]) if found else ""


def conditions(document: Document) -> str:
    """Where the bounds hold, beyond the sizes and signs that the symbols stand for."""
    texts = [shown(condition) for condition in document.conditions]
    if not texts:
        return ""
    more = len(texts) - CONDITIONS_SHOWN
    kept = ", ".join(texts[:CONDITIONS_SHOWN])
    return f"holds if {kept}" + (f" and {more} more conditions: --format json has them" if more > 0 else "")
