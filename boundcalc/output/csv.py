"""CSV: flat rows under their names, numbers with all their digits and rounded up where they are bounds."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from boundcalc.bounds.document import Document
from boundcalc.bounds.records import Record
from boundcalc.studies.parts.report import Report


def document_to_csv(document: Document) -> str:
    return _written(document.records)


def report_to_csv(report: Report) -> str:
    return _written(report.records)


def _written(records: Sequence[Record]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().rstrip("\n")
