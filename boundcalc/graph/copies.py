"""Which repeats become copies, and how many blocks they make."""

from __future__ import annotations

from math import prod

from boundcalc.graph.layer_graph import LayerGraph

UNROLLED = 1024  # copies that `blocks: layer` unrolls a symbolic repeat into, when it has a number


def blocks_of_copies(graph: LayerGraph) -> int:
    """How many balls there are where the symbolic repeats that have a value are unrolled."""
    passes = {path: graph.conditions.exact(loop.times, loop.place) for path, loop in graph.loops.items()}
    known = {path: int(n) for path, n in passes.items() if n.is_Integer and n <= UNROLLED}
    return sum(prod(known.get(path, 1) for path in ball.made_in) for ball in graph.balls.values())
