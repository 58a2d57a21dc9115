"""What a person may choose about how bounds are printed. Nothing heavy is imported: the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from boundcalc.bounds.document import Document

Style = Literal["auto", "where", "expanded"]


@dataclass(frozen=True, slots=True)
class Layout:
    """style: closed forms as definitions ("where"), written out ("expanded"), or whichever is shorter.
    beside: the documents of other options, for formats that show several side by side."""

    style: Style = "auto"
    beside: tuple[Document, ...] = ()


PLAIN = Layout()
