"""Random specs: steps of several operands, residuals, repeats, scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from reference.random_layers import BOUNDED, SMOOTH, adapt, shape_of
from reference.random_scope import Learned, Row, Scope, Shape, Value, said_of_balls

SMALL = 24  # entries of what is combined


def branch(scope: Scope, target: Shape, least: int = 0) -> Scope:
    """Steps that start from the step's own input, or from an earlier one, and end in a shape."""
    child = scope.child(scope.shape)
    child.fill(scope.draft.rng.randint(least, 2))
    adapt(child, target)
    return child


def _parameter(scope: Scope, shape: Shape) -> Scope:
    child = scope.child(scope.shape)
    child.push("parameter", {"shape": child.sizes(shape)}, shape, {"weight": shape})
    return child


def operand(scope: Scope, shape: Shape) -> tuple[Value, Scope | None]:
    """Something of that shape: an earlier step, the step before, a learned array, a branch."""
    named, rng = scope.readable(lambda other: other == shape), scope.draft.rng
    if named and rng.random() < 0.5:
        return rng.choice(named), None
    if scope.shape == shape and rng.random() < 0.3:
        return [], None
    child = _parameter(scope, shape) if rng.random() < 0.2 else branch(scope, shape, least=1)
    return child.steps, child


def _combined(scope: Scope, kind: str, shapes: list[Shape], fields: Mapping[str, Value], shape: Shape) -> None:
    """A step over operands of these shapes; the first is the step before where it fits."""
    found = [([], None) if i == 0 and scope.shape == s else operand(scope, s) for i, s in enumerate(shapes)]
    if len(set(shapes)) == 1 and scope.draft.chance(0.3):
        scope.draft.rng.shuffle(found)
    children = [child for _, child in found if child is not None]
    inherited = said(scope, children, [array for child in children for array in child.own])
    name = scope.push(kind, {"from": [value for value, _ in found], **fields, **inherited}, shape)
    for child in children:
        scope.adopt(child, name)


def add(scope: Scope) -> None:
    shape = shape_of(scope)
    _combined(scope, "add", [shape] * scope.draft.rng.choice((1, 2, 2, 2, 3)), {}, shape)


def multiply(scope: Scope) -> None:
    shape = shape_of(scope)
    _combined(scope, "multiply", [shape] * scope.draft.rng.choice((1, 2, 2, 2, 3)), {}, shape)


def concat(scope: Scope) -> None:
    """Along an axis, with earlier steps that differ in that axis alone."""
    shape, rng = shape_of(scope), scope.draft.rng
    axis = rng.randrange(-len(shape), len(shape))
    at = axis % len(shape)

    def fits(other: Shape) -> bool:
        rest = (*other[:at], *other[at + 1 :])
        return len(other) == len(shape) and rest == (*shape[:at], *shape[at + 1 :]) and other[at] <= 4

    others = [scope.nodes[name] for name in scope.readable(fits)] or [shape]
    shapes = [shape, *(rng.choice(others) for _ in range(rng.choice((0, 1, 1, 1, 2))))]
    joined = (*shape[:at], sum(s[at] for s in shapes), *shape[at + 1 :])
    given = {} if axis == 0 and rng.random() < 0.7 else {"axis": axis}
    _combined(scope, "concat", shapes, given, joined)


def matmul(scope: Scope) -> None:
    """The step before by something that fits; sometimes a softmax before it, whose rows add up to one."""
    rng = scope.draft.rng
    if rng.random() < 0.3:
        scope.push("softmax", {}, shape_of(scope))
    *rest, rows, columns = shape_of(scope)
    left, right, width = rng.random() < 0.4, rng.random() < 0.4, rng.choice((rows, columns, rng.randint(1, 4)))
    rows, columns = (columns, rows) if left else (rows, columns)
    other = (*rest, width, columns) if right else (*rest, columns, width)
    flags = {"transpose_left": left, "transpose_right": right}
    given = {name: scope.flag(flag) for name, flag in flags.items() if flag or rng.random() < 0.3}
    _combined(scope, "matmul", [shape_of(scope), other], given, (*rest, rows, width))


def bilinear(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    other = rng.choice([shape, *scope.nodes.values()])
    fields: dict[str, Value] = {"norm": scope.constant(("1/2", "1", "3/2"))}
    if rng.random() < 0.5:
        shape = tuple(rng.randint(1, 4) for _ in range(rng.randint(1, 2)))
        fields["shape"] = scope.sizes(shape)
    _combined(scope, "bilinear", [shape_of(scope), other], fields, shape)


def said(scope: Scope, inside: Sequence[Scope], own: Sequence[Learned]) -> dict[str, Value]:
    """What a construct says of the balls of all layers inside it; a layer must be there that can use it."""
    fields: dict[str, Value] = {}
    names = [name for name in ("weight", "bias") if any(array.name == name for array in own)]
    if own and not scope.plain and scope.draft.chance(0.5):
        fields = said_of_balls(names, scope.radius, scope.draft.chance)
        if fields.get("frozen") is True:
            scope.draft.free -= len(own)
        scope.fussy = scope.fussy or bool(fields)
    if any(child.linear for child in inside) and scope.draft.chance(0.08):
        fields["spectral"] = scope.constant(("1/4", "1/2", "1", "2"))
    return fields


def residual(scope: Scope) -> None:
    shape = shape_of(scope)
    child = scope.child(shape)
    child.fill(scope.draft.rng.randint(1, 3))
    adapt(child, shape)
    name = scope.name("residual", 0.4)
    scope.count(scope.draft.batch * prod(shape))
    scope.append("residual", {"layers": child.steps, **said(scope, [child], child.own)}, name, shape)
    scope.adopt(child, name)


def _times(scope: Scope, times: int, symbolic: bool, stem: str) -> Value:
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
    child = scope.child(shape, copies=scope.copies * max(times, 1), counter=counter, plain=scope.plain or share)
    free = draft.free
    if scope.depth < 2 and rng.random() < 0.25 and draft.layers < 15:
        repeat(child)
    child.fill(rng.randint(0 if child.steps else 1, 2))
    adapt(child, shape)
    fields: dict[str, Value] = {"times": _times(scope, times, symbolic, "length" if collect else "passes")}
    if counter != scope.counter:
        fields["index"] = counter
    _close(scope, child, fields, times, symbolic, share, collect)
    draft.free = draft.free if times else free


def _close(
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
        _read_later(scope, f"{name}{rng.choice(copies)}", shape)
    return name


def widths(scope: Scope) -> None:
    """Copies of other widths: copies alone can change the shape."""
    *rest, before = shape_of(scope)
    rng, counter, times = scope.draft.rng, scope.draft.fresh("i"), scope.draft.rng.randint(1, 3)
    least = rng.randint(1, 2)
    grows = rng.random() < 0.5
    units, last = (f"{counter} + {least}", least + times - 1) if grows else (f"{least + times} - {counter}", least + 1)
    kind = rng.choice([name for name, options in SMOOTH.items() if not options])
    radius = {} if scope.plain or rng.random() < 0.5 else {"radius": f"R/({counter} + 1)"}
    scope.fussy = scope.fussy or bool(radius)
    name = scope.draft.fresh("repeat")
    steps: list[Value] = [{"dense": {"units": units, **radius}}, kind]
    for _ in range(times):
        scope.count(2 * scope.draft.batch * prod(rest) * 5 + 30, layers=2)
    scope.draft.free += 1
    scope.own += [Learned(name, "weight", (last, before)), Learned(name, "bias", (last,))]
    scope.linear = True
    fields: dict[str, Value] = {"times": times, "index": counter, "layers": steps}
    scope.append("repeat", fields, name, (*rest, last))


def scan(scope: Scope) -> None:
    """States that are carried, and slices of an array."""
    draft, rng = scope.draft, scope.draft.rng
    symbolic, share = rng.random() < 0.5, rng.random() < 0.6
    sequences = scope.readable(lambda other: len(other) >= 2 and other[0] <= 4)
    of = rng.choice(sequences) if sequences and rng.random() < 0.8 else None
    times = scope.nodes[of][0] if of is not None else rng.randint(1, 3)
    collect = rng.random() < 0.3
    child = scope.child(scope.shape, copies=scope.copies * times, plain=scope.plain or share)
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
    fields: dict[str, Value] = {"times": _times(scope, times, symbolic, stem), "carry": carry}
    fields |= {} if of is None else {"each": {read[0]: of}}
    name = _close(scope, child, fields, times, symbolic, share, collect)
    if name is None:
        return
    for state, shape in states.items():
        scope.nodes[f"{name}.{state}"] = shape
        if rng.random() < 0.3:
            _read_later(scope, f"{name}.{state}", shape)


def _read_later(scope: Scope, path: str, shape: Shape) -> None:
    """What is inside a repeat, from outside."""
    adapt(scope, shape)
    scope.push("add", {"from": [[], path]}, shape)


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


def _small(shape: Shape) -> bool:
    return prod(shape) <= SMALL


def _small_vectors(shape: Shape) -> bool:
    return len(shape) >= 1 and prod(shape) <= SMALL


def _small_grids(shape: Shape) -> bool:
    return len(shape) >= 2 and prod(shape) <= SMALL


CONSTRUCTS: tuple[Row, ...] = (
    Row("add", 2, _small, add, unary=False),
    Row("multiply", 1.2, _small, multiply, unary=False),
    Row("concat", 1.5, _small_vectors, concat, unary=False),
    Row("matmul", 1.5, _small_grids, matmul, unary=False),
    Row("bilinear", 0.8, _small, bilinear, unary=False),
    Row("residual", 2, _small, residual, construct=True),
    Row("repeat", 2.2, _small, repeat, construct=True),
    Row("widths", 0.5, _small_vectors, widths),
    Row("scan", 1.6, _small, scan, unary=False, construct=True),
)
