"""The tree that a spec is read into: texts with places, in sequences and mappings; and the limits of all specs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from boundcalc.mistakes import Place

MAX_DEPTH = 64
MAX_SCALAR = 10_000

VALUES, BYTES = 5, 128  # of a file for each layer that a network may have
LAYERS = 20_000  # unless somebody allows more


@dataclass(frozen=True, slots=True)
class Room:
    """How large a spec may be: work and memory grow with it before its layers are counted."""

    values: int
    bytes: int

    @staticmethod
    def of(layers: int) -> Room:
        """For a network of so many layers; small networks may have long files."""
        most = max(layers, LAYERS)
        return Room(VALUES * most, BYTES * most)

    @property
    def halved(self) -> Room:
        """For a parser that takes long."""
        return Room(self.values // 2, self.bytes)


ROOM = Room.of(LAYERS)
ALLOW = "allow more layers with --max-layers N (max_layers=N in Python)"

# What YAML itself forbids, the line breaks NEL, LS and PS that no editor counts, and a byte order mark inside the text.
UNPRINTABLE = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `quoted` says that whoever wrote it marked it as text (quotes, a block scalar, a Python str)."""

    text: str
    quoted: bool
    place: Place

    @property
    def is_null(self) -> bool:
        return not self.quoted and self.text in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Mapping:
    """Keys are scalars, each once, in the order written."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    @cached_property
    def _values(self) -> dict[str, Node]:
        return {key.text: value for key, value in self.entries}

    def get(self, key: str) -> Node | None:
        return self._values.get(key)

    def keys(self) -> tuple[Scalar, ...]:
        return tuple(key for key, _ in self.entries)


Node = Scalar | Sequence | Mapping


def describe_character(bad: str) -> str:
    return "a NUL character" if bad == "\0" else f"the unprintable character U+{ord(bad):04X}"
