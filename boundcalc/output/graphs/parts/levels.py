"""A layered layout of a few boxes: longest paths, crossings reduced by barycentres, coordinates.

After Sugiyama, Tagawa and Toda (1981). Layers go down. An edge over several layers passes each of them at a place of its own, which
edges from the same start share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

BESIDE, BELOW = 18.0, 26.0  # between boxes of a layer, between layers
LANE = 8.0  # of an edge that passes a layer
SWEEPS = 4  # down and up
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Edge:
    """`start`, `end`: where it leaves the bottom of one box and enters the top of the other, from their left sides."""

    tail: int
    head: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Level:
    """The left upper corner of each box, the points of each edge from above to below, and the size of all. Between an odd point and
    the next an edge is straight and vertical; between an even one and the next it crosses the gap between two layers."""

    corners: Sequence[Point]
    routes: Sequence[Sequence[Point]]
    width: float
    height: float


@dataclass(slots=True)
class _Slot:
    """A box, or the place (`box` None) at which an edge passes a layer."""

    box: int | None
    width: float
    above: list[tuple[_Slot, float, float]] = field(default_factory=list["tuple[_Slot, float, float]"])
    below: list[tuple[_Slot, float, float]] = field(default_factory=list["tuple[_Slot, float, float]"])
    left: float = 0.0
    order: float = 0.0


def level(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], top: Iterable[int], bottom: Iterable[int]) -> Level:
    """Boxes come before those that read them. `top` and `bottom`: those that have a layer for themselves at either end."""
    at = _layers(len(sizes), edges, set(top), set(bottom))
    slots = [_Slot(box, width) for box, (width, _) in enumerate(sizes)]
    rows: list[list[_Slot]] = [[] for _ in range(max(at, default=-1) + 1)]
    for box, layer in enumerate(at):
        rows[layer].append(slots[box])
    passed = _passing(rows, slots, at, edges)
    _ordered(rows)
    width = _placed(rows)
    tops, bottoms, height = _heights(rows, sizes)
    corners = [
        (slots[box].left, (tops[at[box]] + bottoms[at[box]] - own) / 2) for box, (_, own) in enumerate(sizes)
    ]
    routes: list[Sequence[Point]] = []
    for edge in edges:
        first, last = at[edge.tail], at[edge.head]
        start, end = slots[edge.tail].left + edge.start, slots[edge.head].left + edge.end
        points = [(start, corners[edge.tail][1] + sizes[edge.tail][1]), (start, bottoms[first])]
        for layer in range(first + 1, last):
            x = passed[edge.tail, edge.start, layer].left + LANE / 2
            points += [(x, tops[layer]), (x, bottoms[layer])]
        routes.append([*points, (end, tops[last]), (end, corners[edge.head][1])])
    return Level(corners, routes, width, height)


def _layers(count: int, edges: Sequence[Edge], top: set[int], bottom: set[int]) -> list[int]:
    """The layer of each box: one more than the largest above it; of one that reads nothing, just above its first reader."""
    reads: list[list[int]] = [[] for _ in range(count)]
    readers: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        reads[edge.head].append(edge.tail)
        readers[edge.tail].append(edge.head)
    least = 1 if top else 0
    at = [0] * count
    for box in range(count):
        if box not in top:
            at[box] = max((at[tail] + 1 for tail in reads[box]), default=least)
    for box in range(count):
        if not reads[box] and readers[box] and box not in top:
            at[box] = max(least, min(at[head] for head in readers[box]) - 1)
    end = max((at[box] for box in range(count) if box not in bottom), default=-1) + 1
    return [end if box in bottom else layer for box, layer in enumerate(at)]


def _passing(
    rows: Sequence[list[_Slot]], slots: Sequence[_Slot], at: Sequence[int], edges: Sequence[Edge]
) -> Mapping[tuple[int, float, int], _Slot]:
    """The places at which edges pass layers; all slots learn of their neighbours."""
    passed: dict[tuple[int, float, int], _Slot] = {}
    for edge in edges:
        last, offset = slots[edge.tail], edge.start
        for layer in range(at[edge.tail] + 1, at[edge.head]):
            key = edge.tail, edge.start, layer
            if (slot := passed.get(key)) is None:
                slot = passed[key] = _Slot(None, LANE)
                rows[layer].append(slot)
                _join(last, offset, slot, LANE / 2)
            last, offset = slot, LANE / 2
        _join(last, offset, slots[edge.head], edge.end)
    return passed


def _join(upper: _Slot, start: float, lower: _Slot, end: float) -> None:
    upper.below.append((lower, start, end))
    lower.above.append((upper, end, start))


def _ordered(rows: Sequence[list[_Slot]]) -> None:
    """Crossings are few where everything stands at the average place of its neighbours, from above and from below in turn."""
    for row in rows:
        _number(row)
    for sweep in range(2 * SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            averages = {id(slot): _average(slot.above if sweep % 2 == 0 else slot.below, slot.order) for slot in row}
            row.sort(key=lambda slot: averages[id(slot)])  # stable: the order of the program decides
            _number(row)


def _number(row: Sequence[_Slot]) -> None:
    for place, slot in enumerate(row):
        slot.order = (place + 0.5) / len(row)


def _average(neighbours: Sequence[tuple[_Slot, float, float]], otherwise: float) -> float:
    if not neighbours:
        return otherwise
    return sum(slot.order + offset / (1e6 + slot.width) for slot, _, offset in neighbours) / len(neighbours)


def _placed(rows: Sequence[Sequence[_Slot]]) -> float:
    """Sides of all slots, each as near as the others of its layer let it to where its edges are straight; the width of all."""
    for row in rows:
        widths = [slot.width + BESIDE for slot in row]
        x = -sum(widths) / 2
        for slot, own in zip(row, widths, strict=True):
            slot.left, x = x, x + own
    for sweep in range(2 * SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            _spread(row, [_wanted(slot, sweep) for slot in row])
    least = min((slot.left for row in rows for slot in row), default=0.0)
    for row in rows:
        for slot in row:
            slot.left -= least
    return max((slot.left + slot.width for row in rows for slot in row), default=0.0)


def _wanted(slot: _Slot, sweep: int) -> float:
    both = sweep >= 2
    near = [*(slot.above if both or sweep % 2 == 0 else ()), *(slot.below if both or sweep % 2 else ())]
    places = [other.left + there - here for other, here, there in near]
    return sum(places) / len(places) if places else slot.left


def _spread(row: Sequence[_Slot], wanted: Sequence[float]) -> None:
    """The places nearest to those wanted, by least squares, that keep order and distances: neighbours that would overlap move
    together to their average."""
    shifts: list[float] = []  # from the first slot on, as close as they go
    x = 0.0
    for slot in row:
        shifts.append(x)
        x += slot.width + BESIDE
    groups: list[tuple[float, int]] = []  # sums of what members want, and how many there are
    for want, shift in zip(wanted, shifts, strict=True):
        total, count = want - shift, 1
        while groups and groups[-1][0] / groups[-1][1] > total / count:
            before = groups.pop()
            total, count = total + before[0], count + before[1]
        groups.append((total, count))
    place = 0
    for total, count in groups:
        for _ in range(count):
            row[place].left = total / count + shifts[place]
            place += 1


def _heights(
    rows: Sequence[Sequence[_Slot]], sizes: Sequence[tuple[float, float]]
) -> tuple[list[float], list[float], float]:
    """The upper and lower side of each layer, and the height of all."""
    tops: list[float] = []
    bottoms: list[float] = []
    y = 0.0
    for row in rows:
        own = max((sizes[slot.box][1] for slot in row if slot.box is not None), default=0.0)
        tops.append(y)
        bottoms.append(y + own)
        y += own + BELOW
    return tops, bottoms, bottoms[-1] if bottoms else 0.0
