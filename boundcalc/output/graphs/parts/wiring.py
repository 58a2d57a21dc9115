"""What reads what, by places of boxes; whether modules are copies of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boundcalc.output.graphs.parts.drawn import Drawn


@dataclass(frozen=True, slots=True)
class Wiring:
    """`reads` and `readers` of each place, in order, without what the next pass of a repeat goes on from: these are `backs`,
    (from, to)."""

    reads: Sequence[Sequence[int]]
    readers: Sequence[Sequence[int]]
    backs: Sequence[tuple[int, int]]
    labels: Sequence[tuple[str, str, str]]  # what kind of box stands there
    titles: Sequence[str]

    def is_chain(self, first: int, last: int) -> bool:
        """Whether the places are one after the other, read only at the end."""
        turning = {place for back in self.backs for place in back}
        for place in range(first, last + 1):
            if place in turning or (place > first and tuple(self.reads[place]) != (place - 1,)):
                return False
            if place < last and tuple(self.readers[place]) != (place + 1,):
                return False
        return True

    def outside(self, first: int, last: int) -> list[int]:
        """What places read from others, in the order in which they do."""
        return [tail for place in range(first, last + 1) for tail in self.reads[place] if not first <= tail <= last]

    def signature(self, first: int, last: int, prefix: int) -> tuple[object, ...]:
        """What two modules have in common that are copies: `prefix` is the length of the path that tells them apart."""
        rows: list[object] = []
        for place in range(first, last + 1):
            inside = tuple(tail - first if first <= tail <= last else None for tail in self.reads[place])
            rows.append((self.titles[place][prefix:], self.labels[place], inside))
        return tuple(rows)

    def follows(self, before: tuple[int, int], after: tuple[int, int], is_second: bool) -> bool:
        """Whether a copy goes on where the one before ended: it reads its places where that one read the same places of the copy
        before it, or, as the second one, anything; and otherwise the same as that one. Nothing else reads the one before."""
        size = before[1] - before[0] + 1
        chained = False
        for old, new in zip(self.outside(*before), self.outside(*after), strict=True):
            if before[0] <= new <= before[1]:
                chained = True
                if not is_second and new - old != size:
                    return False
            elif new != old:
                return False
        inner = range(before[0], before[1] + 1)
        return chained and all(reader <= after[1] for place in inner for reader in self.readers[place])


def wiring(found: Drawn) -> Wiring:
    places = {box.identifier: place for place, box in enumerate(found.boxes)}
    reads: list[list[int]] = [[] for _ in found.boxes]
    readers: list[list[int]] = [[] for _ in found.boxes]
    backs: list[tuple[int, int]] = []
    for arrow in found.arrows:
        tail, head = places[arrow.tail], places[arrow.head]
        if arrow.back or tail >= head:
            backs.append((tail, head))
        else:
            reads[head].append(tail)
            readers[tail].append(head)
    labels = [(box.kind, box.shape, box.parameters) for box in found.boxes]
    return Wiring(reads, readers, backs, labels, [box.title for box in found.boxes])
