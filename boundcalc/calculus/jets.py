"""Jets in several norms: norm, lipschitz and smoothness of a node in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from boundcalc.calculus.extended import Extended, smallest
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.program.ir import Scalar


@dataclass(frozen=True, slots=True)
class Numbers:
    """A jet in one norm."""

    norm: Extended
    lipschitz: Extended
    smoothness: Extended

    def scaled(self, factor: Scalar) -> Numbers:
        return Numbers(factor * self.norm, factor * self.lipschitz, factor * self.smoothness)


@dataclass(frozen=True, slots=True)
class Jet:
    """Numbers in each norm that is asked for; no slice is larger than the whole batch."""

    numbers: Mapping[Norm, Numbers]

    def __getitem__(self, norm: Norm) -> Numbers:
        found = self.numbers.get(norm)
        return self.numbers[WHOLE] if found is None else found


def least(candidates: Iterable[Numbers]) -> Numbers:
    """Each component is a bound of its own: they may come from different ways."""
    found = list(candidates)
    return Numbers(
        smallest(*(numbers.norm for numbers in found)),
        smallest(*(numbers.lipschitz for numbers in found)),
        smallest(*(numbers.smoothness for numbers in found)),
    )
