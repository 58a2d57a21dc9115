"""What a picture of a network shows: its boxes inside modules and repeats, copies of the same once, what is too much as one box.

Neighbours that have the same layers, shapes and wiring, each reading the one before, are one with a number of times. The work is
linear in the layers, times the depth of their paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boundcalc.output.graphs.parts.drawn import Drawn
from boundcalc.output.graphs.parts.scopes import Scope, name, scopes, words_of
from boundcalc.output.graphs.parts.wiring import Wiring

MOST = 80  # boxes that a person follows
CHAIN = 5  # layers, one after the other, that are lines of one box
ENDS = 20  # boxes kept at either end of what is longer


@dataclass(frozen=True, slots=True)
class Leaf:
    """A box of the picture: a layer, a short chain of layers, or a module that is not opened. `first` and `last` are the places of
    what it stands for; `plain`: a layer, and no bookkeeping of a construct."""

    first: int
    last: int
    title: str
    lines: tuple[str, ...]
    plain: bool
    learned: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """A module or a repeat, opened; or, with `times`, that many of the same, of which the first is shown."""

    first: int
    last: int
    title: str
    parts: tuple[Part, ...]
    times: int = 1

    def shown(self, place: int) -> int:
        """The place in the first of the same that stands for one of them."""
        size = (self.last - self.first + 1) // self.times
        return self.first + (place - self.first) % size


Part = Leaf | Cluster


def outline(found: Drawn, wired: Wiring) -> Cluster:
    """The whole picture, with no more than `MOST` boxes."""
    whole = _Outline(found, wired).opened(scopes(found), "")
    depth = _depth(whole)
    while _count(whole) > MOST and depth > 1:
        depth -= 1
        whole = _closed(whole, found, depth)
    return whole if _count(whole) <= MOST else _shortened(whole)


@dataclass(frozen=True, slots=True)
class _Outline:
    found: Drawn
    wired: Wiring

    def opened(self, scope: Scope, title: str) -> Cluster:
        parts = tuple(self.parts(scope))
        if len(parts) == 1 and isinstance(only := parts[0], Cluster) and only.times > 1:
            return Cluster(only.first, only.last, f"{title} {only.title}".strip(), only.parts, only.times)
        return Cluster(scope.first, scope.last, title, parts)

    def parts(self, scope: Scope) -> Iterator[Part]:
        at = 0
        while at < len(scope.parts):
            count = self.copies(scope, at)
            part = self.part(scope.parts[at], scope)
            if count == 1:
                yield part
            else:
                first, last = self.label(scope.parts[at], scope), self.label(scope.parts[at + count - 1], scope)
                inner = part.parts if isinstance(part, Cluster) and part.times == 1 else (part,)
                ends = _ends(scope.parts[at])[0], _ends(scope.parts[at + count - 1])[1]
                yield Cluster(*ends, f"{first} … {last}", inner, count)
            at += count

    def copies(self, scope: Scope, at: int) -> int:
        """How many of the same there are from one part on."""
        first = scope.parts[at]
        signature, before, count = self.signature(first, scope), _ends(first), 1
        for other in scope.parts[at + 1 :]:
            after = _ends(other)
            if after[1] - after[0] != before[1] - before[0] or isinstance(first, int) != isinstance(other, int):
                break
            if self.signature(other, scope) != signature or not self.wired.follows(before, after, count == 1):
                break
            before, count = after, count + 1
        return count

    def signature(self, part: int | Scope, inside: Scope) -> tuple[object, ...]:
        first, last = _ends(part)
        prefix = len(self.found.boxes[first].title) if isinstance(part, int) else len(".".join(part.words))
        return self.wired.signature(first, last, prefix)

    def part(self, part: int | Scope, inside: Scope) -> Part:
        if isinstance(part, int):
            return self.layer(part, self.label(part, inside))
        while len(part.parts) == 1 and not part.title:  # a module around one thing
            (only,) = part.parts
            if isinstance(only, int):
                return self.layer(only, self.label(only, inside))
            part = only
        title = part.title or name(part.words, inside)
        size = part.last - part.first + 1
        if size <= CHAIN and not part.title and self.wired.is_chain(part.first, part.last):
            boxes = self.found.boxes[part.first : part.last + 1]
            lines = tuple(_line(box.kind, box.shape) for box in boxes)
            return Leaf(part.first, part.last, title, lines, True, any(box.parameters for box in boxes))
        return self.opened(part, title)

    def layer(self, place: int, title: str) -> Leaf:
        box = self.found.boxes[place]
        lines = (_line(box.kind, box.shape),) if box.kind else ()
        return Leaf(place, place, title, lines, bool(box.kind), bool(box.parameters))

    def label(self, part: int | Scope, inside: Scope) -> str:
        return name(part.words if isinstance(part, Scope) else words_of(self.found.boxes[part].title), inside)


def _line(kind: str, shape: str) -> str:
    return f"{kind} {shape}".strip()


def _ends(part: int | Scope) -> tuple[int, int]:
    return (part, part) if isinstance(part, int) else (part.first, part.last)


def _count(part: Part) -> int:
    return 1 if isinstance(part, Leaf) else sum(map(_count, part.parts))


def _depth(part: Part) -> int:
    return 0 if isinstance(part, Leaf) else 1 + max(map(_depth, part.parts), default=0)


def _closed(cluster: Cluster, found: Drawn, depth: int) -> Cluster:
    """Modules below a depth as one box each."""
    parts = tuple(
        part if isinstance(part, Leaf) else _closed(part, found, depth - 1) if depth > 1 else _box(part, found)
        for part in cluster.parts
    )
    return Cluster(cluster.first, cluster.last, cluster.title, parts, cluster.times)


def _box(cluster: Cluster, found: Drawn) -> Leaf:
    boxes = found.boxes[cluster.first : cluster.last + 1]
    layers = sum(bool(box.kind) for box in boxes)
    title = cluster.title if cluster.times == 1 else f"{cluster.title} ({cluster.times} times)"
    lines = (f"{layers:,} layers", boxes[-1].shape)
    return Leaf(cluster.first, cluster.last, title, lines, True, any(box.parameters for box in boxes))


def _shortened(cluster: Cluster) -> Cluster:
    """The first and the last boxes, and one for all others."""
    first, last = cluster.parts[:ENDS], cluster.parts[-ENDS:]
    middle = cluster.parts[ENDS:-ENDS]
    more = Leaf(middle[0].first, middle[-1].last, "…", (f"{len(middle):,} more",), True, False)
    return Cluster(cluster.first, cluster.last, cluster.title, (*first, more, *last), cluster.times)
