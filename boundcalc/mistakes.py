"""What a person wrote wrongly, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

SHOWN = 50  # mistakes a SpecError keeps; the rest are counted
STOP = 1000  # mistakes after which collecting more is pointless
LONGEST_NAME = 64  # names longer than this are not worth a suggestion
MOST_CANDIDATES = 300  # with more candidates only case and underscores may differ


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a source: line and column count characters from 1; line 0 means the source as a whole.

    `lead` is for text that starts at this place: how many columns come before its first character (1 for an opening quote), None where
    the text is not laid out one character per column (several lines, escapes). It does not take part in comparisons.
    """

    source: str
    line: int = 0
    column: int = 0
    lead: int | None = field(default=0, compare=False, repr=False)

    def after(self, offset: int) -> Place:
        """The place of character `offset` (from 0) of the text that starts here; this place itself where that is unknown."""
        if self.line == 0 or self.lead is None:
            return self
        return replace(self, column=self.column + self.lead + offset, lead=0)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `kind` is a word for programs; `remedy` says what to write instead."""

    place: Place
    message: str
    remedy: str | None = None
    kind: str = "invalid"

    def __str__(self) -> str:
        return escaped(f"{self.place}: {self.message}" + (f"; {self.remedy}" if self.remedy else ""))


class SpecError(ValueError):
    """The mistakes of a spec, in order of position, each once: the first 50 of them and the number of `omitted` ones."""

    def __init__(self, mistakes: Iterable[Mistake], omitted: int = 0) -> None:
        unique = list(dict.fromkeys(mistakes))
        sources = {source: i for i, source in enumerate(dict.fromkeys(m.place.source for m in unique))}
        unique.sort(key=lambda m: (sources[m.place.source], m.place.line, m.place.column))
        self.mistakes: tuple[Mistake, ...] = tuple(unique[:SHOWN])
        self.omitted: int = omitted + max(0, len(unique) - SHOWN)
        super().__init__(self.mistakes, self.omitted)

    def __str__(self) -> str:
        lines = [str(mistake) for mistake in self.mistakes]
        if self.omitted:
            lines.append(f"and {self.omitted} more mistake{'s' if self.omitted > 1 else ''}")
        return "\n".join(lines)

    def errors(self) -> list[dict[str, object]]:
        """The mistakes in the shape of pydantic's `ValidationError.errors()`; `loc` is (source, line, column)."""
        return [
            {
                "type": m.kind,
                "loc": (m.place.source, m.place.line, m.place.column),
                "msg": escaped(m.message),
                **({"ctx": {"remedy": escaped(m.remedy)}} if m.remedy else {}),
            }
            for m in self.mistakes
        ]


class ExtraMissingError(ImportError):
    """A library of an extra is not installed; `extra` is its name."""

    def __init__(self, extra: str, what: str, library: str) -> None:
        super().__init__(f"{what} needs {library}; pip install 'boundcalc[{extra}]'", name=library)
        self.extra = extra


class Mistakes:
    """Collects mistakes, so that all of them can be reported at once. Raises SpecError by itself at the thousandth."""

    def __init__(self) -> None:
        self._mistakes: dict[Mistake, None] = {}
        self._omitted = 0

    def add(self, place: Place, message: str, remedy: str | None = None, kind: str = "invalid") -> None:
        self.extend((Mistake(place, message, remedy, kind),))

    def extend(self, mistakes: SpecError | Iterable[Mistake]) -> None:
        if isinstance(mistakes, SpecError):
            self._omitted += mistakes.omitted
            mistakes = mistakes.mistakes
        for mistake in mistakes:
            self._mistakes[mistake] = None
            if len(self._mistakes) >= STOP:
                self.raise_if_any()

    def __bool__(self) -> bool:
        return bool(self._mistakes)

    def __len__(self) -> int:
        return len(self._mistakes) + self._omitted

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self._mistakes)

    def raise_if_any(self) -> None:
        if self._mistakes:
            raise SpecError(self._mistakes, self._omitted)


def escaped(text: str) -> str:
    """`text` on one line: line breaks, control characters and marks of direction, which would let it pretend to be
    something else, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable(text: str) -> str:
    """The lines of `text`, each escaped."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def shown(text: str, most: int = 40) -> str:
    """`text` between quotes on one line, control characters escaped, cut where it is long."""
    return repr(text if len(text) <= most else text[: most - 3] + "...")


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """ "did you mean 'conv2d'?" for the candidate nearest to `name`, None when nothing is near.

    Near: equal but for case and underscores, or within one edit for every three characters; an edit inserts, deletes or replaces a
    character or swaps two neighbours.
    """
    if len(name) > LONGEST_NAME:
        return None
    choices = sorted({c for c in candidates if c != name and len(c) <= LONGEST_NAME})
    key = folded(name)
    best = next((c for c in choices if c.lower() == name.lower()), None)
    best = best or next((c for c in choices if key and folded(c) == key), None)
    if best is None and len(choices) <= MOST_CANDIDATES:
        near = [(_distance(key, folded(c), len(name) // 3), c) for c in choices]
        best = min(((d, c) for d, c in near if d is not None), default=(0, None))[1]
    return None if best is None else f"did you mean '{best}'?"


def folded(name: str) -> str:
    """A name without case and underscores."""
    return name.lower().replace("_", "")


def _distance(a: str, b: str, most: int) -> int | None:
    """Optimal string alignment distance, None when above `most`."""
    if abs(len(a) - len(b)) > most:
        return None
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        after = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > most:
            return None
        before, row = row, after
    return row[-1] if row[-1] <= most else None
