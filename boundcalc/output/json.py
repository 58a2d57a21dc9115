"""JSON: the contract that programs rely on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from boundcalc.bounds.options import SCHEMA

if TYPE_CHECKING:
    from boundcalc.bounds.document import Document
    from boundcalc.bounds.options import Json
    from boundcalc.studies.parts.report import Report


def document_to_json(document: Document) -> str:
    return to_json(document.to_dict())


def report_to_json(report: Report) -> str:
    return to_json({"schema": SCHEMA, "name": report.name, **report.options.to_dict(), **report.data})


def to_json(value: Json) -> str:
    """JSON with letters of all languages as they are, and escapes for what a terminal would act on."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
