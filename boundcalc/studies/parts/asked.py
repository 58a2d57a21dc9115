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

    @property
    def only(self) -> Bounds:
        """Of a study of one spec."""
        return self.bounds[0]

    def all(self, name: str) -> tuple[str, ...]:
        return self.answers.get(name, ())

    def one(self, name: str) -> str | None:
        found = self.all(name)
        return found[-1] if found else None
