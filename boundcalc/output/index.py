"""The formats: one row for each file of this folder. `--format` takes its choices from here, so that nothing heavy is imported
before a format is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from boundcalc.output.parts.layout import Layout

if TYPE_CHECKING:
    from boundcalc.bounds.document import Document
    from boundcalc.studies.parts.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """How a document is printed, and the report of a study where the format has a way for it.
    `compares`: whether it shows those of other options beside it."""

    name: str
    document: Callable[[Document, Layout], str]
    report: Callable[[Report], str] | None = None
    compares: bool = False


def _text(document: Document, layout: Layout) -> str:
    from boundcalc.output.text import to_text

    return to_text(document, layout)


def _report_as_text(report: Report) -> str:
    from boundcalc.output.text import report_to_text

    return report_to_text(report)


def _json(document: Document, layout: Layout) -> str:
    from boundcalc.output.json import document_to_json

    return document_to_json(document)


def _report_as_json(report: Report) -> str:
    from boundcalc.output.json import report_to_json

    return report_to_json(report)


def _latex(document: Document, layout: Layout) -> str:
    from boundcalc.output.latex import to_latex

    return to_latex(document, layout)


def _report_as_latex(report: Report) -> str:
    from boundcalc.output.latex import report_to_latex

    return report_to_latex(report)


def _python(document: Document, layout: Layout) -> str:
    from boundcalc.output.python import to_python

    return to_python(document)


def _markdown(document: Document, layout: Layout) -> str:
    from boundcalc.output.markdown import to_markdown

    return to_markdown(document, layout)


def _report_as_markdown(report: Report) -> str:
    from boundcalc.output.markdown import report_to_markdown

    return report_to_markdown(report)


def _csv(document: Document, layout: Layout) -> str:
    from boundcalc.output.csv import document_to_csv

    return document_to_csv(document)


def _report_as_csv(report: Report) -> str:
    from boundcalc.output.csv import report_to_csv

    return report_to_csv(report)


_ROWS = (
    Format("text", _text, _report_as_text, compares=True),
    Format("json", _json, _report_as_json),
    Format("markdown", _markdown, _report_as_markdown, compares=True),
    Format("csv", _csv, _report_as_csv),
    Format("latex", _latex, _report_as_latex),
    Format("python", _python),
)

FORMATS: Mapping[str, Format] = MappingProxyType({row.name: row for row in _ROWS})
