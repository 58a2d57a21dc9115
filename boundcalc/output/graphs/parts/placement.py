"""Where everything of a picture stands: modules are laid out by themselves, and are boxes of what is around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boundcalc.output.graphs.parts.levels import Edge, Level, Point, level
from boundcalc.output.graphs.parts.outline import Cluster, Leaf, Part
from boundcalc.output.graphs.parts.wiring import Wiring

TITLE, LINE, PAD = 18.0, 15.0, 12.0  # heights of a title and of a line, space inside
CHARACTER, LONGEST = 6.6, 34  # width of a character of a line, and how many are shown
AROUND = 10.0  # space inside a cluster
TURN = 16.0  # right of a cluster, for each edge that goes back up


@dataclass(frozen=True, slots=True)
class Placed:
    """A box or a cluster, its left upper corner and its size."""

    part: Part
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """`boxes`: clusters before what is in them. `routes`: the points of each edge, as a level has them; `backs`: those of edges that
    go back up, from the side of one box to that of another, with a vertical line between."""

    boxes: tuple[Placed, ...]
    routes: tuple[tuple[Point, ...], ...]
    backs: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def placement(whole: Cluster, wired: Wiring) -> Drawing:
    """The drawing of an outline."""
    laid = _Layout(whole, wired).cluster(whole, ())
    return Drawing(tuple(laid.boxes), tuple(laid.routes), tuple(laid.backs), laid.width, laid.height)


Key = int  # the leaf (by its first place) that an edge comes from, whatever it passes


@dataclass(frozen=True, slots=True)
class _Laid:
    """A cluster laid out, its corner at the origin. `entries`, `exits`: from the left where edges cross its upper and lower side."""

    boxes: list[Placed]
    routes: list[tuple[Point, ...]]
    backs: list[tuple[Point, ...]]
    width: float
    height: float
    entries: Mapping[Key, float]
    exits: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class _Ports:
    """Where edges cross the upper and the lower side of a cluster: numbers of items of its level."""

    tops: Mapping[Key, int]
    bottoms: Mapping[Key, int]


class _Layout:
    def __init__(self, whole: Cluster, wired: Wiring) -> None:
        self._stand: dict[int, tuple[int, ...]] = {}  # for each leaf its way from the whole, by number of parts
        self._leaves: dict[int, int] = {}  # for each place its leaf
        self._edges: dict[tuple[int, ...], dict[tuple[int, int, Key], None]] = {}
        self._entries: dict[tuple[int, ...], dict[tuple[Key, int], None]] = {}
        self._exits: dict[tuple[int, ...], dict[tuple[Key, int], None]] = {}
        self._backs: dict[tuple[int, ...], dict[tuple[int, int], None]] = {}
        self._walk(whole, ())
        for head, leaf in list(self._leaves.items()):
            for tail in wired.reads[head]:
                self._connect(self._leaf(whole, tail), leaf)
        for tail, head in wired.backs:
            self._turn(self._leaf(whole, tail), self._leaf(whole, head))

    def _walk(self, part: Part, way: tuple[int, ...]) -> None:
        if isinstance(part, Leaf):
            self._stand[part.first] = way
            self._leaves |= dict.fromkeys(range(part.first, part.last + 1), part.first)
            return
        for number, inner in enumerate(part.parts):
            self._walk(inner, (*way, number))

    def _leaf(self, whole: Cluster, place: int) -> int:
        """The leaf that shows a place: of several of the same, that of the first."""
        part: Part = whole
        while isinstance(part, Cluster):
            place = part.shown(place)
            part = next(inner for inner in part.parts if inner.first <= place <= inner.last)
        return part.first

    def _connect(self, tail: int, head: int) -> None:
        if tail == head:
            return
        above, below = self._stand[tail], self._stand[head]
        common = _common(above, below)
        self._edges.setdefault(above[:common], {})[above[common], below[common], tail] = None
        for n in range(common + 1, len(above)):
            self._exits.setdefault(above[:n], {})[tail, above[n]] = None
        for n in range(common + 1, len(below)):
            self._entries.setdefault(below[:n], {})[tail, below[n]] = None

    def _turn(self, tail: int, head: int) -> None:
        below, above = self._stand[tail], self._stand[head]
        common = min(_common(above, below), len(above) - 1, len(below) - 1)
        self._backs.setdefault(above[:common], {})[below[common], above[common]] = None

    def cluster(self, cluster: Cluster, way: tuple[int, ...]) -> _Laid:
        inner = [self._part(part, (*way, number)) for number, part in enumerate(cluster.parts)]
        entering, leaving = self._entries.get(way, {}), self._exits.get(way, {})
        # Boxes come before those that read them: edges from outside first.
        tops = {key: place for place, key in enumerate(dict.fromkeys(key for key, _ in entering))}
        bottoms = {key: len(tops) + len(inner) + n for n, key in enumerate(dict.fromkeys(key for key, _ in leaving))}
        links = [(tops[key], len(tops) + head, key) for key, head in entering]
        links += [(len(tops) + tail, len(tops) + head, key) for tail, head, key in self._edges.get(way, {})]
        links += [(len(tops) + tail, bottoms[key], key) for key, tail in leaving]
        ports = _Laid([], [], [], 0.0, 0.0, {}, {})
        items = [*[ports] * len(tops), *inner, *[ports] * len(bottoms)]
        edges = [
            Edge(tail, head, items[tail].exits.get(key, items[tail].width / 2), items[head].entries.get(key, items[head].width / 2))
            for tail, head, key in links
        ]  # fmt: skip
        found = level([(item.width, item.height) for item in items], edges, tops.values(), bottoms.values())
        backs = [(len(tops) + tail, len(tops) + head) for tail, head in self._backs.get(way, {})]
        return _assembled(cluster if way else None, items, _Ports(tops, bottoms), found, backs)

    def _part(self, part: Part, way: tuple[int, ...]) -> _Laid:
        if isinstance(part, Cluster):
            return self.cluster(part, way)
        width, height = _size(part)
        return _Laid([Placed(part, 0.0, 0.0, width, height)], [], [], width, height, {}, {})


def _assembled(
    cluster: Cluster | None, items: Sequence[_Laid], ports: _Ports, found: Level, backs: Sequence[tuple[int, int]]
) -> _Laid:
    """All in one; with a frame where it is that of a cluster, whose title no edge crosses."""
    side = 0.0 if cluster is None else AROUND
    head = 0.0 if cluster is None else TITLE + AROUND / 2
    foot = AROUND if cluster is not None and not ports.bottoms else 0.0
    title = 0.0 if cluster is None else text_width(title_of(cluster)) + 2 * AROUND
    crossing = min((found.corners[box][0] for box in ports.tops.values()), default=title)
    left = max(side, title - crossing)
    width = max(left + found.width + side, title) + TURN * len(backs)
    height = found.height + head + foot
    boxes = [] if cluster is None else [Placed(cluster, 0.0, 0.0, width, height)]
    routes: list[tuple[Point, ...]] = []
    turns: list[tuple[Point, ...]] = []
    for item, corner in zip(items, found.corners, strict=True):
        x, y = corner[0] + left, corner[1] + head
        boxes += (Placed(p.part, p.x + x, p.y + y, p.width, p.height) for p in item.boxes)
        routes += (_moved(route, x, y) for route in item.routes)
        turns += (_moved(route, x, y) for route in item.backs)
    routes += (_moved(route, left, head) for route in found.routes)
    inside = {key: found.corners[box][0] + left for key, box in ports.tops.items()}
    routes += (((x, 0.0), (x, head)) for x in inside.values())  # past the title
    sides = [(x + left + item.width, y + head + item.height / 2) for item, (x, y) in zip(items, found.corners, strict=True)]
    for n, (tail, above) in enumerate(backs):
        lane = width - side / 2 - TURN * n
        turns.append((sides[tail], (lane, sides[tail][1]), (lane, sides[above][1]), sides[above]))
    exits = {key: found.corners[box][0] + left for key, box in ports.bottoms.items()}
    return _Laid(boxes, routes, turns, width, height, inside, exits)


def _common(above: tuple[int, ...], below: tuple[int, ...]) -> int:
    n = 0
    while n < min(len(above), len(below)) and above[n] == below[n]:
        n += 1
    return n


def _moved(route: Sequence[Point], x: float, y: float) -> tuple[Point, ...]:
    return tuple((a + x, b + y) for a, b in route)


def title_of(cluster: Cluster) -> str:
    """What a frame is called."""
    return cluster.title if cluster.times == 1 else f"{cluster.title}  {cluster.times} times"


def text_width(text: str) -> float:
    """Nobody knows the reader's font: wide enough for most."""
    return CHARACTER * min(len(text), LONGEST)


def _size(leaf: Leaf) -> tuple[float, float]:
    longest = max(map(text_width, (leaf.title, *leaf.lines)))
    return longest + 2 * PAD, TITLE + LINE * len(leaf.lines) + PAD / 2
