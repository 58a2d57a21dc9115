"""What a person reads at a terminal."""

from __future__ import annotations

from boundcalc.bounds.document import Document
from boundcalc.display.text import page_to_text
from boundcalc.output.parts.layout import PLAIN, Layout
from boundcalc.output.parts.page import page_of
from boundcalc.studies.parts.report import Report


def to_text(document: Document, layout: Layout = PLAIN) -> str:
    return page_to_text(page_of(document, layout))


def report_to_text(report: Report) -> str:
    return page_to_text(report.page)
