"""Kinds of layers as text: a table of all, and one explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from boundcalc.bounds.described import Constant, Described, FieldOf, summary_of
from boundcalc.display.page import Table
from boundcalc.display.text import table_to_text
from boundcalc.exact.printing import to_str
from boundcalc.graph.kind import Kind
from boundcalc.language.structure import COMMON_FIELDS


def kinds_to_text(kinds: Iterable[Kind[Any, Any]]) -> str:
    """A line for each kind, the losses last."""
    rows = sorted((kind.loss, kind.name, _names(kind), summary_of(kind)) for kind in kinds)
    cells = [(f"loss: {name}" if loss else name, fields, text) for loss, name, fields, text in rows]
    return table_to_text(Table(("kind", "fields", "what it is"), cells)).rstrip("\n")


def _names(kind: Kind[Any, Any]) -> str:
    names = (info.alias or name for name, info in kind.fields.model_fields.items())
    return ", ".join(name for name in names if name not in COMMON_FIELDS)


def kind_to_text(kind: Described) -> str:
    """One kind: the map and its theorem, fields, an example, its constants."""
    return "\n".join(_lines(kind))


def _lines(kind: Described) -> Iterator[str]:
    yield f"{kind.name}: {kind.summary}"
    yield ""
    yield kind.text
    if kind.fields:
        yield "\nfields"
        yield from (f"  {field.name}{_said(field)}" for field in kind.fields)
    if kind.aliases:
        yield f"\nelsewhere called {', '.join(kind.aliases)}"
    if kind.example:
        yield "\nexample"
        yield from (f"  {line}" for line in kind.example.rstrip("\n").splitlines())
    if kind.constants:
        yield "\nits constants there"
        yield from (f"  {line}" for constant in kind.constants for line in _constant(constant))


def _said(field: FieldOf) -> str:
    bare = ", also as the bare value" if field.bare else ""
    if field.default is None:
        return f" (required{bare})"
    return f" = {field.default}{bare}" if field.default else f" (optional{bare})"


def _constant(constant: Constant) -> Iterator[str]:
    value = f"infinite: {constant.reason}" if constant.value is None else to_str(constant.value)
    yield f"{constant.name} = {value}"
    yield from (f"  {text}" for text in (constant.source, constant.witness) if text)
