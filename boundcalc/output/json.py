"""JSON: the contract that programs rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boundcalc.bounds.document import Document
    from boundcalc.bounds.options import Json
    from boundcalc.studies.parts.report import Report


def document_to_json(document: Document) -> str:
    return to_json(document.to_dict())


def report_to_json(report: Report) -> str:
    return to_json(report.to_dict())


def to_json(value: Json) -> str:
    """JSON with letters of all languages as they are, and escapes for what a terminal would act on."""
    text = _written(value, "\n")
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _written(value: Json, margin: str) -> str:
    """As `json.dumps` with an indent of 1, which Python's encoder takes three times as long for."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    inner = margin + " "
    if isinstance(value, Mapping):
        items = [f"{encode_basestring(name)}: {_written(part, inner)}" for name, part in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{margin}}}" if items else "{}"
    if isinstance(value, Sequence):
        items = [_written(part, inner) for part in value]
        return f"[{inner}{f',{inner}'.join(items)}{margin}]" if items else "[]"
    return json.dumps(value)


def _escaped(line: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
