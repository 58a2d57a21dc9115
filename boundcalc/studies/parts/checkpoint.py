"""What a sweep has found so far, in a file: the same sweep goes on from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from boundcalc.bounds.options import Json
from boundcalc.mistakes import Mistake, Place, SpecError

Found = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A line that says what is swept, then a line for each point. `of`: what makes two sweeps the same, whatever their points."""

    path: str
    of: str

    @property
    def head(self) -> str:
        return json.dumps({"sweep": hashlib.sha256(self.of.encode()).hexdigest()})

    def read(self) -> dict[str, Found]:
        """What is known by point. Half a line at the end, of a sweep that was stopped, is dropped. Raises SpecError for a file of
        another sweep."""
        file = Path(self.path)
        try:
            if not file.exists():
                file.write_text(self.head + "\n", encoding="utf-8")
                return {}
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._mistake(
                f"cannot be used: {getattr(error, 'strerror', None) or error}", "name another file"
            ) from None
        head, _, rest = text.partition("\n")
        if head != self.head:
            raise self._mistake(
                "holds another sweep: of another spec or other options", "name another file, or remove it"
            )
        whole, _, half = rest.rpartition("\n")
        if half:
            file.write_text(f"{head}\n{whole}\n" if whole else f"{head}\n", encoding="utf-8")
        try:
            return dict(json.loads(line) for line in whole.splitlines())
        except (ValueError, TypeError):
            raise self._mistake("is damaged", "remove it") from None

    def add(self, found: Iterable[tuple[str, Found]]) -> None:
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(pair) + "\n" for pair in found)

    def _mistake(self, finding: str, remedy: str) -> SpecError:
        return SpecError([Mistake(Place(self.path), finding, remedy, "checkpoint")])
