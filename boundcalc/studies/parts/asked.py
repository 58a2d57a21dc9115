"""What a person asks of some specs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.graph.kind import Kind
    from boundcalc.language.architecture import Architecture

Progress = Callable[[int, int], None]  # how many of how many parts are done
Compiled = Callable[["Architecture[Kind[Any, Any]]"], "Bounds"]


def silent(done: int, whole: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, eq=False)
class Asked:
    """`compiled`: the bounds of a spec, under the options that were asked for; a study may compile others than those it was
    given. `answers`: to the questions of the study, by name; what was not said is not there."""

    specs: tuple[Architecture[Kind[Any, Any]], ...]
    compiled: Compiled
    answers: Mapping[str, tuple[str, ...]]
    progress: Progress = silent

    @cached_property
    def bounds(self) -> tuple[Bounds, ...]:
        return tuple(self.compiled(spec) for spec in self.specs)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What tells the networks apart: their names, with the files of those that share one, and numbers where these are the same."""
        names = [bounds.name for bounds in self.bounds]
        found = [
            name if names.count(name) == 1 else f"{name} ({spec.source})"
            for name, spec in zip(names, self.specs, strict=True)
        ]
        return tuple(
            text if found.count(text) == 1 else f"{text} {found[:i].count(text) + 1}" for i, text in enumerate(found)
        )

    @property
    def only(self) -> Bounds:
        """Of a study of one spec."""
        return self.bounds[0]

    def all(self, name: str) -> tuple[str, ...]:
        return self.answers.get(name, ())

    def one(self, name: str) -> str | None:
        found = self.all(name)
        return found[-1] if found else None
