"""Random specs: repeats, symbolic and of copies."""

from __future__ import annotations

from math import prod

from reference.random_balls import Learned, Shape, Value
from reference.random_constructs import said, small, small_vectors
from reference.random_layers import SMOOTH, adapt
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of


def number_of_times(scope: Scope, times: int, symbolic: bool, stem: str) -> Value:
    if not symbolic:
        return scope.argument(times)
    if times > 1 and stem == "passes" and scope.draft.chance(0.15):
        return f"{scope.draft.passes(times - 1, stem)} + 1"
    return scope.draft.passes(times, stem)


def repeat(scope: Scope) -> None:
    """A body that keeps the shape."""
    draft, rng, shape = scope.draft, scope.draft.rng, shape_of(scope)
    symbolic, share, collect = rng.random() < 0.5, rng.random() < 0.3, rng.random() < 0.2
    times = 0 if rng.random() < 0.1 and not collect else rng.choice((1, 2, 2, 3, 3, 4))
    counter = draft.fresh("i") if not symbolic and rng.random() < 0.5 else scope.counter
    known = scope.counter if share else counter  # copies that share have the same radii
    child = scope.child(shape, copies=scope.copies * max(times, 1), counter=known)
    free = draft.free
    if scope.depth < 2 and rng.random() < 0.25 and draft.layers < 15:
        repeat(child)
    child.fill(rng.randint(0 if child.steps else 1, 2))
    adapt(child, shape)
    fields: dict[str, Value] = {"times": number_of_times(scope, times, symbolic, "length" if collect else "passes")}
    if counter != scope.counter:
        fields["index"] = counter
    close(scope, child, fields, times, symbolic, share, collect)
    draft.free = draft.free if times else free


def close(
    scope: Scope, child: Scope, fields: dict[str, Value], times: int, symbolic: bool, share: bool, collect: bool
) -> str | None:
    """The step itself, and what can be read of it; gives its name, where it has one."""
    rng, shape = scope.draft.rng, shape_of(child)
    if share or rng.random() < 0.2:
        fields["share"] = share
    if collect or rng.random() < 0.25:
        fields["collect"] = scope.flag(collect)
    fields["layers"] = child.steps
    fields |= said(scope, [child], child.own) if times else {}
    name = scope.name("repeat", 0.6)
    scope.append("repeat", fields, name, (times, *shape) if collect else shape)
    if not times:
        return name  # the body is not there
    copies = [] if symbolic else [f".{t}" for t in range(times)]
    scope.adopt(child, name, copies)
    for copy in copies if name is not None else ():
        scope.nodes[f"{name}{copy}"] = shape
    if copies and name is not None and rng.random() < 0.25:
        read_later(scope, f"{name}{rng.choice(copies)}", shape)
    return name


def widths(scope: Scope) -> None:
    """Copies of other widths: copies alone can change the shape."""
    *rest, before = shape_of(scope)
    rng, counter, times = scope.draft.rng, scope.draft.fresh("i"), scope.draft.rng.randint(1, 3)
    least = rng.randint(1, 2)
    grows = rng.random() < 0.5
    units, last = (f"{counter} + {least}", least + times - 1) if grows else (f"{least + times} - {counter}", least + 1)
    kind = rng.choice([name for name, options in SMOOTH.items() if not options])
    radius = {} if rng.random() < 0.5 else {"radius": f"R/({counter} + 1)"}
    name = scope.draft.fresh("repeat")
    steps: list[Value] = [{"dense": {"units": units, **radius}}, kind]
    for _ in range(times):
        scope.count(2 * scope.draft.batch * prod(rest) * 5 + 30, layers=2)
    scope.draft.free += 1
    scope.own += [Learned(name, "weight", (last, before)), Learned(name, "bias", (last,))]
    scope.linear = True
    fields: dict[str, Value] = {"times": times, "index": counter, "layers": steps}
    scope.append("repeat", fields, name, (*rest, last))


def read_later(scope: Scope, path: str, shape: Shape) -> None:
    """What is inside a repeat, from outside."""
    adapt(scope, shape)
    scope.push("add", {"from": [[], path]}, shape)


REPEATS: tuple[Row, ...] = (
    Row("repeat", 2.2, small, repeat, construct=True),
    Row("widths", 0.5, small_vectors, widths),
)
