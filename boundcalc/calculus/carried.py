"""What a loop carries of a jet: which of its components stay zero, which are infinite, which are one and the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from boundcalc.calculus.extended import Extended, Unbounded
from boundcalc.calculus.protocol import Component, Components
from boundcalc.program.ir import Scalar


class Entry(Enum):
    ZERO = "zero for ever"
    VARIABLE = "a state of the loop"


@dataclass(frozen=True, slots=True)
class Same:
    """Equal to another component, in every pass."""

    to: Component


@dataclass(frozen=True, slots=True)
class Carried:
    """What is known of each component of a state: zero for ever, infinite (its reason), the same as another, or variable."""

    entries: Mapping[Component, Unbounded | Same | Entry]

    @staticmethod
    def of_start(start: Components, alike: Mapping[Component, Component]) -> Carried:
        """The optimistic guess: what is so at the start stays so."""

        def entry(name: Component, value: Extended) -> Unbounded | Same | Entry:
            if isinstance(value, Unbounded):
                return value
            if name in alike and value == start[alike[name]]:
                return Same(alike[name])
            return Entry.ZERO if value.is_zero else Entry.VARIABLE

        return Carried({name: entry(name, value) for name, value in start.items()})

    def widened(self, result: Components) -> Carried:
        """What one more pass shows: zero -> variable -> infinite, same -> variable -> infinite."""

        def entry(known: Unbounded | Same | Entry, value: Extended) -> Unbounded | Same | Entry:
            if isinstance(known, Unbounded):
                return known
            if isinstance(known, Same) and value == result[known.to]:
                return known
            if isinstance(value, Unbounded):
                return value
            return Entry.ZERO if known is Entry.ZERO and value.is_zero else Entry.VARIABLE

        return Carried({name: entry(known, result[name]) for name, known in self.entries.items()})

    @property
    def variables(self) -> list[Component]:
        return [name for name, known in self.entries.items() if known is Entry.VARIABLE]

    def filled(self, zero: Scalar, values: Iterator[Scalar]) -> Components:
        """The components of the state, with the next values for its variables."""
        found: dict[Component, Extended] = {}
        for name, known in self.entries.items():
            if isinstance(known, Unbounded):
                found[name] = known
            elif isinstance(known, Same):
                found[name] = found[known.to]
            else:
                found[name] = zero if known is Entry.ZERO else next(values)
        return found
