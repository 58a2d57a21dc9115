"""What a page needs to say the shares of layers at the values of its sliders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.options import Json
from boundcalc.calculus.steps import recursion_of
from boundcalc.output.javascript.shares import Tape, tape_of
from boundcalc.studies.parts.explained import Explained, explained, rows_of

SHARED = 2_000  # layers of a network whose shares are found
COPY = re.compile(r"\.\d+(?=\.|$)")  # of a repeat: all of them are one row
Group = tuple[str, str]  # a path, and a kind


@dataclass(frozen=True, slots=True)
class Moving:
    """`groups`: the rows of the table, with how many layers are in each; `of`: that of each primitive, -1 for none. `counts`: the
    places of symbols that say how many copies a repeat has: the operations are of the network with as many as the spec says."""

    tape: Tape
    groups: Mapping[Group, int]
    of: Sequence[int]
    counts: Sequence[int]

    def to_dict(self) -> dict[str, Json]:
        return {
            "tape": [list(operation) for operation in self.tape.operations],
            "ends": dict(self.tape.ends),
            "groups": [[path, kind, count] for (path, kind), count in self.groups.items()],
            "of": list(self.of),
            "counts": list(self.counts),
        }


def moving_of(bounds: Bounds) -> Moving | None:
    """None where nothing moves, and where the network is too large or has loops."""
    if not bounds.symbols or len(bounds.layers) > SHARED:
        return None
    tape = tape_of(recursion_of(bounds.apart[1], bounds.options.refine), list(bounds.symbols.values()))
    if tape is None:
        return None
    paths = rows_of(bounds)
    having = {paths[at] for _, at, *_ in tape.operations}
    rows = [row for row in explained(bounds, None, having) if _path(row) in having]
    found = grouped(rows)
    places = {_path(row): place for place, own in enumerate(found.values()) for row in own}
    return Moving(
        tape,
        {key: len(own) for key, own in found.items()},
        [places.get(path, -1) for path in paths],
        [list(bounds.symbols).index(name) for name in sorted(_counting(bounds))],
    )


def grouped(rows: Sequence[Explained]) -> Mapping[Group, Sequence[Explained]]:
    """Copies of a layer are one row."""
    groups = defaultdict[Group, list[Explained]](list)
    for row in rows:
        groups[COPY.sub(".*", row.title), row.kind].append(row)
    return {(own[0].title if len(own) == 1 else path, kind): own for (path, kind), own in groups.items()}


def _path(row: Explained) -> str:
    return "" if row.node is None else row.node.path


def _counting(bounds: Bounds) -> set[str]:
    """Symbols in the numbers of times of repeats; of recurrent layers over symbolic lengths all whole ones may be."""
    if any(layer.placed.loops for layer in bounds.graph.layers):
        return {name for name, symbol in bounds.symbols.items() if symbol.is_integer}
    counts = [loop.times for loop in bounds.graph.loops.values()]
    return {symbol.name for count in counts for symbol in count.free_symbols if isinstance(symbol, sympy.Symbol)}
