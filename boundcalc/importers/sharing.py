"""Learned arrays that are read in several shapes, which the language cannot share: an array would be counted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from boundcalc.importers.draft import Step
from boundcalc.importers.values import Learned


def flipped(learned: Learned) -> Learned:
    """A matrix the other way round, which a layer may read beside it; a square one is only as it stands."""
    return learned.transposed() if len(set(learned.shape)) == 2 == len(learned.shape) else learned


def in_several_shapes(steps: Sequence[Step]) -> frozenset[str]:
    """The names of those arrays, but for arrays of which steps read parts that have no entry in common."""
    read: dict[str, list[Learned]] = {}
    for learned in (learned for step in steps for learned in step.arrays.values()):
        known = read.setdefault(learned.name, [])
        if learned not in known and flipped(learned) not in known:
            known.append(learned)
    return frozenset(_wrong(read))


def _wrong(read: Mapping[str, Sequence[Learned]]) -> list[str]:
    return [name for name, parts in read.items() if len(parts) > 1 and not _are_apart(parts)]


def _are_apart(parts: Sequence[Learned]) -> bool:
    spans: dict[int, list[tuple[int, int]]] = {}
    for part in parts:
        if not part.moves or part.moves[0].what != "slice" or part.moves[0].by[3] != 1:
            return False
        axis, start, stop, _ = part.moves[0].by
        spans.setdefault(axis, []).append((start, stop))
    if len(spans) != 1:
        return False
    ((_, found),) = spans.items()
    ordered = sorted(found)
    return all(stop <= start for (_, stop), (start, _) in pairwise(ordered))
