"""The answer of a study, for any output: what was asked, tables and paragraphs for people, keys for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from boundcalc.bounds.options import SCHEMA, Json, Options


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under their heads; the columns named in `right` hold numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """name: of the network. subject: what was found of its bounds, as the head of a text says it.
    parts: for people, in order; a text is a paragraph. data: for programs, by key, found when it is asked for.
    answered: whether there is any answer."""

    name: str
    options: Options
    subject: str
    parts: tuple[Table | str, ...]
    data: Callable[[], Mapping[str, Json]] = dict[str, Json]
    answered: bool = True

    def to_dict(self) -> dict[str, Json]:
        """The JSON of the study's command."""
        return {"schema": SCHEMA, "name": self.name, **self.options.to_dict(), **self.data()}
