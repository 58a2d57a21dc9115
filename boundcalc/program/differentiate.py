"""Derivatives of a program with respect to every symbol at once: one reverse pass that writes into the same arena.

The adjoint of a node is d output / d node. Loops are differentiated forward: a second loop carries the derivatives of
the states with respect to the starts and to what the body takes from outside (the captured nodes), and the adjoints
of those are sums of its results times the adjoints of the loop's results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import sympy

from boundcalc.program.backward import PullLoop, backward
from boundcalc.program.dependence import leaves_with
from boundcalc.program.ir import Arena, Loop, Op, Scalar
from boundcalc.program.slopes import slope


def gradient(output: Scalar, wrt: Sequence[sympy.Symbol]) -> list[Scalar]:
    """d output / d symbol for each symbol, as scalars of the same arena; apply it again for second derivatives.

    At a kink (a minimum or maximum whose extreme argument is not unique) it is the derivative of the first branch;
    `evaluate` reports those ties. Floors count as constants. Raises ValueError where the number of times that a loop
    runs depends on one of the symbols, TypeError for a leaf that SymPy cannot differentiate.
    """
    arena = output.arena
    symbols = frozenset(wrt)
    order = arena.needed([output.index])
    leaves = leaves_with(arena, order, symbols)
    parts: dict[sympy.Symbol, list[Scalar]] = {symbol: [] for symbol in wrt}
    for index, adjoint in backward(arena, output.index, leaves, _through_loops(arena), order).items():
        leaf = arena.nodes[index].payload
        assert isinstance(leaf, sympy.Expr)
        for symbol in sorted(symbols & leaf.free_symbols, key=str):
            parts[symbol].append(adjoint * slope(arena, leaf, symbol))
    sums = {symbol: arena.combine(Op.ADD, terms) for symbol, terms in parts.items()}
    return [sums[symbol] for symbol in wrt]


def _through_loops(arena: Arena) -> PullLoop:
    return lambda index, adjoints, active: _pull_loop(arena, index, adjoints, active)


def _pull_loop(arena: Arena, index: int, adjoints: Mapping[int, Scalar], active: Set[int]) -> list[tuple[int, Scalar]]:
    """From the adjoints of the loop's results to those of its starts and captured nodes."""
    loop = arena.nodes[index].payload
    assert isinstance(loop, Loop)
    if loop.times in active:
        raise ValueError("the number of times that a loop runs cannot be differentiated by")
    stop = _captured(arena, index) | set(loop.states)
    targets = (stop & active) | set(loop.states)
    partials: dict[int, dict[int, Scalar]] = {}  # for each state that matters: its update, differentiated
    rows = list(adjoints)
    while rows:
        row = rows.pop()
        result = loop.results[row]
        partials[row] = backward(arena, result, targets, _through_loops(arena), arena.needed([result], stop))
        rows += [k for k, s in enumerate(loop.states) if s in partials[row] and k not in partials and k not in rows]
    starts = {s: start for s, start in zip(loop.states, loop.starts, strict=True) if start in active}
    captured = {x for partial in partials.values() for x in partial} - set(loop.states)
    # A direction is the start of a state, known by the state, or a captured node. d[i, x]: of state i in direction x.
    d = {key: arena.variable("tangent") for key in _support(loop, partials, [*starts, *sorted(captured)])}
    updates: list[Scalar] = []
    for i, x in d:
        terms = [
            p * d[k, x] for k, s in enumerate(loop.states) if (k, x) in d and (p := partials[i].get(s)) is not None
        ]
        if x in captured and x in partials[i]:
            terms.append(partials[i][x])
        updates.append(arena.combine(Op.ADD, terms))
    finals = arena.loop(
        [*map(arena.scalar, loop.states), *d.values()],
        [*map(arena.scalar, loop.starts), *(arena.one if loop.states[i] == x else arena.zero for i, x in d)],
        [*map(arena.scalar, loop.results), *updates],
        arena.scalar(loop.times),
    )
    derivatives = dict(zip(d, finals[len(loop.states) :], strict=True))
    return [(starts.get(x, x), adjoints[i] * final) for (i, x), final in derivatives.items() if i in adjoints]


def _captured(arena: Arena, index: int) -> set[int]:
    """What the body of a loop takes from outside: the first nodes below its results that can be computed there."""
    outside = arena.nodes[index].free
    loop = arena.nodes[index].payload
    assert isinstance(loop, Loop)
    captured: set[int] = set()
    seen = set(loop.results)
    stack = list(seen)
    while stack:
        current = stack.pop()
        if arena.nodes[current].free <= outside:
            captured.add(current)
        else:
            fresh = set(arena.nodes[current].args) - seen
            seen |= fresh
            stack.extend(fresh)
    return captured


def _support(
    loop: Loop, partials: Mapping[int, Mapping[int, Scalar]], directions: Sequence[int]
) -> list[tuple[int, int]]:
    """The (state, direction) pairs whose derivative is not structurally zero, in a fixed order."""
    found = {(i, x) for i in partials for x in directions if loop.states[i] == x}
    found |= {(i, x) for i, partial in partials.items() for x in directions if x not in loop.states and x in partial}
    fresh = found
    while fresh:
        users = ((i, x) for i, partial in partials.items() for k, x in fresh if loop.states[k] in partial)
        fresh = set(users) - found
        found |= fresh
    return sorted(found)
