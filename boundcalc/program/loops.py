"""Loops over no more than they need."""

from __future__ import annotations

from collections.abc import Sequence

from boundcalc.program.depth.polynomial import reachable
from boundcalc.program.ir import Arena, Scalar


def separate_loops(
    arena: Arena, states: Sequence[Scalar], starts: Sequence[Scalar], results: Sequence[Scalar], times: Scalar
) -> list[Scalar]:
    """The states after `times` passes, each from a loop over those that it depends on: a norm needs no first-order terms,
    so its loop has no seeds in it, and its closed form no approximation that only they need."""
    position = {state.index: i for i, state in enumerate(states)}
    reads = [[position[v] for v in result.node.free if v in position] for result in results]
    ends: list[Scalar] = []
    for wanted in range(len(states)):
        chosen = sorted(reachable(reads, wanted))
        own_states, own_starts, own_results = ([of[i] for i in chosen] for of in (states, starts, results))
        ends.append(arena.loop(own_states, own_starts, own_results, times)[chosen.index(wanted)])
    return ends
