"""What the text says, as Markdown."""

from __future__ import annotations

from boundcalc.bounds.document import Document
from boundcalc.display.markdown import page_to_markdown
from boundcalc.output.parts.layout import PLAIN, Layout
from boundcalc.output.parts.page import page_of
from boundcalc.studies.parts.report import Report


def to_markdown(document: Document, layout: Layout = PLAIN) -> str:
    return page_to_markdown(page_of(document, layout))


def report_to_markdown(report: Report) -> str:
    return page_to_markdown(report.page)
