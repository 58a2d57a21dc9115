"""Which side is put in the place of a minimum, to make a geometric program of a bound that is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from boundcalc.studies.parts.monomials import Monomial, log_sum


class Sides(Protocol):
    """Which side of a minimum is put in its place; minima come in the order of the program."""

    def choose(self, terms: Sequence[Monomial], /) -> int: ...
    def above(self, sums: Sequence[tuple[Monomial, ...]], /) -> None:
        """A further variable stands above these sums."""
        ...


@dataclass(slots=True)
class Listed:
    """The sides as they are listed, and the first of those that follow. `counts`: how many there were to choose from."""

    listed: Sequence[int] = ()
    counts: list[int] = field(default_factory=list[int])

    def choose(self, terms: Sequence[Monomial]) -> int:
        self.counts.append(len(terms))
        return self.listed[len(self.counts) - 1] if len(self.counts) <= len(self.listed) else 0

    def above(self, sums: Sequence[tuple[Monomial, ...]]) -> None:
        """Nothing has to be known of it."""


@dataclass(slots=True)
class Active:
    """The sides that are least at a point, given by its logarithms."""

    logs: list[float]

    def choose(self, terms: Sequence[Monomial]) -> int:
        values = [self._at(term) for term in terms]
        return values.index(min(values))

    def above(self, sums: Sequence[tuple[Monomial, ...]]) -> None:
        self.logs.append(max(reduce(log_sum, map(self._at, terms)) for terms in sums))

    def _at(self, monomial: Monomial) -> float:
        return monomial.log + sum(power * self.logs[i] for i, power in monomial.powers.items())
