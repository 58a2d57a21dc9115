"""Random specs: repeats that carry states, over slices of an array."""

from __future__ import annotations

from math import prod

from reference.random_balls import Shape, Value
from reference.random_constructs import SMALL, small
from reference.random_layers import BOUNDED, adapt
from reference.random_repeats import close, number_of_times, read_later
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of


def scan(scope: Scope) -> None:
    """States that are carried, and slices of an array."""
    draft, rng = scope.draft, scope.draft.rng
    symbolic, share = rng.random() < 0.5, rng.random() < 0.6
    sequences = scope.readable(lambda other: len(other) >= 2 and other[0] <= 4)
    of = rng.choice(sequences) if sequences and rng.random() < 0.8 else None
    times = scope.nodes[of][0] if of is not None else rng.randint(1, 3)
    collect = rng.random() < 0.3
    child = scope.child(scope.shape, copies=scope.copies * times)
    carry, states = _states(scope, child)
    read = list(states)
    if of is not None:
        x = draft.fresh("x_")
        child.nodes[x] = scope.nodes[of][1:]
        read.insert(0, x)
    goes_on = scope.shape is not None and prod(scope.shape) <= SMALL and rng.random() < 0.4
    if goes_on:
        child.fill(1)  # reads what the pass before gave
        running = draft.fresh("running")
        child.push("identity", {}, shape_of(child), name=running)
        read.append(running)
    _gather(child, read, next(iter(states.values())))
    child.fill(rng.randint(0, 1))
    for state, shape in states.items():
        adapt(child, shape)
        carry[state]["next"] = _next(child, state, shape)
    if goes_on:
        adapt(child, shape_of(scope))
    stem = "length" if of is not None or collect else "passes"
    fields: dict[str, Value] = {"times": number_of_times(scope, times, symbolic, stem), "carry": carry}
    fields |= {} if of is None else {"each": {read[0]: of}}
    name = close(scope, child, fields, times, symbolic, share, collect)
    if name is None:
        return
    for state, shape in states.items():
        scope.nodes[f"{name}.{state}"] = shape
        if rng.random() < 0.3:
            read_later(scope, f"{name}.{state}", shape)


def _states(scope: Scope, child: Scope) -> tuple[dict[str, dict[str, Value]], dict[str, Shape]]:
    """States that start at zero, or at an earlier step."""
    rng = scope.draft.rng
    carry: dict[str, dict[str, Value]] = {}
    states: dict[str, Shape] = {}
    for _ in range(rng.choice((1, 1, 2))):
        name = scope.draft.fresh("h")
        starts = scope.readable(lambda other: len(other) >= 1 and prod(other) <= 8)
        if starts and rng.random() < 0.4:
            start = rng.choice(starts)
            carry[name], states[name] = {"start": start}, scope.nodes[start]
        else:
            states[name] = rng.choice(((rng.randint(1, 3),), (rng.randint(1, 3),), (2, 2)))
            carry[name] = {"shape": scope.sizes(states[name])}
        child.nodes[name] = states[name]
    return carry, states


def _gather(child: Scope, read: list[str], shape: Shape) -> None:
    """All that is read, one after the other, in a shape."""
    first, *others = read
    child.source, child.shape = first, child.nodes[first]
    child.push(child.draft.rng.choice(BOUNDED), {}, shape_of(child))
    adapt(child, shape)
    for name in others:
        if child.nodes[name] != shape_of(child):
            child.push("flatten", {}, (prod(shape_of(child)),))
            inner = child.child(child.nodes[name])
            inner.source = name
            inner.push("flatten", {}, (prod(shape_of(inner)),))
            child.push(
                "concat", {"from": [[], inner.steps]}, (*map(sum, zip(shape_of(child), shape_of(inner), strict=True)),)
            )
        else:
            kind = child.draft.rng.choice(("add", "multiply", "concat"))
            head, *rest = shape_of(child)
            child.push(kind, {"from": [[], name]}, (2 * head, *rest) if kind == "concat" else shape_of(child))


def _next(child: Scope, state: str, shape: Shape) -> str:
    """What replaces a state: the step before, gated, added to the state, or the state of the pass before."""
    name = child.draft.fresh("next")
    kind = child.draft.rng.choice(("identity", "tanh", "softplus", "add", "add", "multiply"))
    child.push(kind, {"from": [[], state]} if kind in ("add", "multiply") else {}, shape, name=name)
    if child.draft.chance(0.1):
        old = child.draft.fresh("old")
        child.source = state
        child.push("identity", {}, shape, name=old)
        return old
    return name


SCANS: tuple[Row, ...] = (Row("scan", 1.6, small, scan, unary=False, construct=True),)
