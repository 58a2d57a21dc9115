"""Steps with their names, before they are written: what modules and repeats are found in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boundcalc.importers.draft import Field

OPERANDS_FIRST = frozenset({"add", "concat", "multiply", "matmul", "subtract", "stack"})


@dataclass(frozen=True, slots=True)
class Line:
    """One step, or the call of a module: `reads` are the names of what it reads."""

    kind: str
    name: str
    fields: Mapping[str, Field]
    reads: tuple[str, ...]

    def written(self, before: str | None) -> Field:
        """As an entry of a list of layers; `before`: what it reads unless it says otherwise."""
        fields: dict[str, Field] = {}
        if self.kind in OPERANDS_FIRST or len(self.reads) > 1:
            fields["from"] = [[] if name == before else name for name in self.reads]
        elif self.reads and self.reads[0] != before:
            fields["from"] = self.reads[0]
        return {self.kind: {**fields, **self.fields, "name": self.name}}


def layers_of(lines: Sequence[Line], before: str | None) -> list[Field]:
    """A list of layers; `before`: what the first of them reads unless it says otherwise."""
    found: list[Field] = []
    for line in lines:
        found.append(line.written(before))
        before = line.name
    return found
