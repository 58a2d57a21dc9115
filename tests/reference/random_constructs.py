"""Random specs: steps of several operands, and residuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from reference.random_balls import Learned, Shape, Value, said_of_balls
from reference.random_layers import adapt, given_axes
from reference.random_scope import RADII, Row, Scope
from reference.random_windows import shape_of

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


def _combined(
    scope: Scope,
    kind: str,
    shapes: list[Shape],
    fields: Mapping[str, Value],
    shape: Shape,
    arrays: Mapping[str, Shape] | None = None,
    bounded: Mapping[str, Shape] | None = None,
) -> None:
    """A step over operands of these shapes; the first is the step before where it fits. `arrays` of its own, and those that are
    `bounded` by a field of the step."""
    found = [([], None) if i == 0 and scope.shape == s else operand(scope, s) for i, s in enumerate(shapes)]
    if len(set(shapes)) == 1 and scope.draft.chance(0.3):
        scope.draft.rng.shuffle(found)
    children = [child for _, child in found if child is not None]
    own = [array for child in children for array in child.own]
    inherited = said(scope, children, own) if arrays is None else {}  # else it says so of its own as well
    read = [value for value, _ in found]
    name = scope.push(kind, {"from": read, **fields, **inherited}, shape, arrays, bounded=bounded, inside=own)
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


def attention(scope: Scope) -> None:
    """Of the step before to itself, or to something with as many axes before the positions."""
    rng = scope.draft.rng
    *rest, positions, features = shape_of(scope)
    heads, narrow = rng.choice((1, 1, 2)), rng.random() < 0.4
    rotary = rng.random() < 0.25
    width = features
    if features % heads or (rotary and features // heads % 2) or rng.random() < 0.2:
        width = heads * rng.choice((2, 2, 4) if rotary else (1, 2))
    fields: dict[str, Value] = {"heads": scope.size(heads)}
    if width != features or rng.random() < 0.1:
        fields["width"] = scope.size(width, features)
    groups = 1 if narrow else heads
    if groups != heads or rng.random() < 0.1:
        fields["kv_heads"] = scope.size(groups)
    bias = rng.random() < 0.6
    flags = {"causal": (rng.random() < 0.4, False), "mask": (rng.random() < 0.2, False)}
    flags |= {"bias": (bias, True), "rotary": (rotary, False)}
    fields |= {
        name: scope.flag(flag) for name, (flag, default) in flags.items() if flag != default or rng.random() < 0.2
    }
    if rng.random() < 0.2:
        fields["dropout"] = scope.constant(("1/10", "1/4", "1/2"))
    context = shape_of(scope)
    if rng.random() < 0.4:
        context = (*rest, rng.randint(1, 3), rng.randint(1, 3))
    reads, narrow_width = context[-1], width // heads * groups
    shapes = {"query": (width, features), "key": (narrow_width, reads), "value": (narrow_width, reads)}
    arrays: dict[str, Shape] = {}
    for name, shape in {**shapes, "out": (features, width)}.items():
        arrays |= {f"{name}.weight": shape, **({f"{name}.bias": shape[:1]} if bias else {})}
    radii: dict[str, Value] = {}
    if rng.random() < 0.3:
        fields["relative_bias"] = scope.constant(RADII)
        radii = {"relative_bias.weight": (heads, positions + context[-2] - 1)}
    read = [shape_of(scope)] if context == shape_of(scope) and rng.random() < 0.7 else [shape_of(scope), context]
    _combined(scope, "attention", read, fields, shape_of(scope), arrays, radii)


def bilinear(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    other = rng.choice([shape, *scope.nodes.values()])
    fields: dict[str, Value] = {"norm": scope.constant(("1/2", "1", "3/2"))}
    if rng.random() < 0.5:
        shape = tuple(rng.randint(1, 4) for _ in range(rng.randint(1, 2)))
        fields["shape"] = scope.sizes(shape)
    fields |= given_axes(scope, [shape_of(scope), other], shape)
    _combined(scope, "bilinear", [shape_of(scope), other], fields, shape)


def said(scope: Scope, inside: Sequence[Scope], own: Sequence[Learned]) -> dict[str, Value]:
    """What a construct says of the balls of all layers inside it; a layer must be there that can use it."""
    fields: dict[str, Value] = {}
    names = [name for name in ("weight", "bias") if any(array.name.rpartition(".")[2] == name for array in own)]
    if own and scope.draft.chance(0.5):
        fields = said_of_balls(names, scope.radius, scope.draft.chance)
        if fields.get("frozen") is True:
            scope.draft.free -= len(own)
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


def small(shape: Shape) -> bool:
    return prod(shape) <= SMALL


def small_vectors(shape: Shape) -> bool:
    return len(shape) >= 1 and prod(shape) <= SMALL


def small_grids(shape: Shape) -> bool:
    return len(shape) >= 2 and prod(shape) <= SMALL


COMBINATIONS: tuple[Row, ...] = (
    Row("add", 2, small, add, unary=False),
    Row("multiply", 1.2, small, multiply, unary=False),
    Row("concat", 1.5, small_vectors, concat, unary=False),
    Row("matmul", 1.5, small_grids, matmul, unary=False),
    Row("attention", 1.2, small_grids, attention, unary=False),
    Row("bilinear", 0.8, small, bilinear, unary=False),
    Row("residual", 2, small, residual, construct=True),
)
