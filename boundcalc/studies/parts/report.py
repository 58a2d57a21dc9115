"""The answer of a study, for any output: what was asked, tables and paragraphs for people, keys for programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundcalc.bounds.options import SCHEMA, Detail, Json, Options
from boundcalc.bounds.records import Record, records, to_frame
from boundcalc.display.drawing import draw
from boundcalc.display.page import Page, Table
from boundcalc.display.picture import Picture
from boundcalc.display.shown import Shown
from boundcalc.mistakes import Mistake, Place, SpecError, escaped
from boundcalc.studies.parts.derivation import Derivation

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True, repr=False)
class Report(Shown):
    """study: its name. specs: the names of the networks. subject: what was found of their bounds, as the head of a text says it.
    parts: for people, in order; a text is a paragraph. notes: what has to be known of them. For programs, found when they are asked for:
    rows: a record for each thing that was found; more: what stands beside the rows, by key.
    answered: whether there is any answer. picture: of studies that have one. derivation: of the bounds, line
    by line, for formats that have a way to set it."""

    study: str
    specs: tuple[str, ...]
    options: Options
    subject: str
    parts: tuple[Table | str, ...]
    rows: Callable[[], Sequence[Row]] = list[Row]
    notes: tuple[str, ...] = ()
    more: Callable[[], Mapping[str, Json]] = dict[str, Json]
    answered: bool = True
    derivation: Callable[[], Derivation] | None = None
    picture: Callable[[], Picture] | None = None

    @property
    def name(self) -> str:
        return ", ".join(self.specs)

    @property
    def page(self) -> Page:
        """As people read it."""
        head = f"{escaped(self.name)}: {self.options.sentence(self.subject, Detail.STUDY)}"
        return Page(head, (*self.parts, *(f"note: {note}" for note in self.notes)))

    def to_dict(self) -> dict[str, Json]:
        """The JSON of the study's command: schema, study, options, specs, rows, notes, and what the study adds."""
        return {
            "schema": SCHEMA,
            "study": self.study,
            "options": self.options.to_dict(),
            "specs": list(self.specs),
            "rows": list(self.rows()),
            "notes": list(self.notes),
            **self.more(),
        }

    @property
    def records(self) -> Sequence[Record]:
        """The rows, flat."""
        return records(self.rows(), self.options)

    def to_frame(self) -> DataFrame:
        """The rows as a data frame, decimals as the least doubles above. Raises ExtraMissingError (an ImportError) without pandas."""
        return to_frame(self.records)

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """The picture as a figure of matplotlib, written to a file if there is one (.svg, .png or .pdf). Raises SpecError
        where there is nothing to draw, ExtraMissingError (an ImportError) without matplotlib."""
        if self.picture is None:
            place = Place(f"--plot {file}" if file is not None else "plot")
            raise SpecError([Mistake(place, f"there is nothing to draw: {'; '.join(self.notes) or self.study}")])
        return draw(self.picture(), file)

    def _page_(self) -> Page:
        return self.page


def of_one(name: str, options: Options) -> Mapping[str, Json]:
    """What programs find at the head of a study of one network, beside `specs` and `options`."""
    return {"name": name, **options.to_dict()}
