"""Random specs: modules, with arguments, layers as arguments and inputs; and their calls, with parameters of their own or
those of an earlier call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference.random_balls import Learned, Shape, Value
from reference.random_constructs import branch, operand, said
from reference.random_layers import SMOOTH, adapt
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

PLAIN = tuple(name for name, options in SMOOTH.items() if not options)


@dataclass(frozen=True)
class Block:
    """A module as its calls see it. `values` are what its shapes rely on; `costs` are the numbers and layers of a call."""

    name: str
    inputs: tuple[Shape, ...]
    named: bool  # its inputs have names
    shape: Shape
    values: Mapping[str, Value]
    defaults: frozenset[str]
    layers: Mapping[str, Shape]
    inside: Scope
    costs: tuple[int, int]


@dataclass(frozen=True)
class Call:
    """An earlier call, whose parameters can be shared."""

    path: str
    block: Block


def _define(scope: Scope, shapes: tuple[Shape, ...]) -> Block:
    """A module that is written for arrays of these shapes."""
    draft, rng = scope.draft, scope.draft.rng
    before = (draft.numbers, draft.layers)
    named = len(shapes) > 1 or rng.random() < 0.3
    inputs = {draft.fresh("u"): shape for shape in shapes} if named else {}
    inside = scope.child(shapes[0], nodes=dict(inputs), learned=[], calls=[], counter=None, arguments={}, spliced={})
    free = draft.free
    inside.fill(rng.randint(0, 1))
    for name, shape in list(inputs.items())[1:]:
        adapt(inside, shape)
        inside.push(rng.choice(("add", "multiply")), {"from": [[], name]}, shape)
    if rng.random() < 0.5:
        _splice(inside)
    inside.fill(rng.randint(0 if inside.steps else 1, 2))
    draft.free = free  # counted by the calls
    arguments = inside.arguments or {}
    defaults = frozenset(name for name in arguments if rng.random() < 0.6)
    costs = ((draft.numbers - before[0]) // scope.copies, (draft.layers - before[1]) // scope.copies)
    draft.numbers, draft.layers = before
    name = draft.fresh("block")
    block = Block(name, shapes, named, shape_of(inside), arguments, defaults, inside.spliced, inside, costs)
    args = {name: value if name in defaults else None for name, value in arguments.items()}
    declared: dict[str, Value] = {} if not args else {"args": args}
    declared |= {"inputs": list(inputs)} if named else {}
    draft.modules[block.name] = {**declared, "layers": inside.steps} if declared else inside.steps
    draft.blocks.append(block)
    return block


def _splice(inside: Scope) -> None:
    """An argument that is a list of layers, which keep the shape."""
    name = inside.draft.fresh("act")
    assert inside.arguments is not None
    inside.arguments[name] = [inside.draft.rng.choice(PLAIN)]
    inside.spliced[name] = shape_of(inside)
    inside.steps.append(name)
    inside.count(inside.draft.batch)


def call(scope: Scope) -> None:
    """A known module, or a new one."""
    draft, rng, shape = scope.draft, scope.draft.rng, shape_of(scope)
    known = [block for block in draft.blocks if block.inputs[0] == shape and _may_call(scope, block)]
    again = [c.block for c in scope.calls if c.block in known]
    if known and rng.random() < 0.7:
        block = rng.choice(again or known)
    else:
        others = [s for s in scope.nodes.values() if len(s) >= 1]
        several = others and scope.source is None and rng.random() < 0.4
        block = _define(scope, (shape, rng.choice(others)) if several else (shape,))
    inside = block.inside
    fields, children = _arguments(scope, block)
    operands = [operand(scope, s) for s in block.inputs[1:]]
    if operands:
        fields["from"] = [[], *(value for value, _ in operands)]
    children += [child for _, child in operands if child is not None]
    shared = [c.path for c in scope.calls if c.block is block]
    same = inside.own and all(name not in fields for name in block.layers)
    if shared and same and rng.random() < 0.5:
        fields["share"] = rng.choice(shared)
        own: list[Learned] = []
    else:
        own = inside.own
        draft.free += len(own)
        fields |= said(scope, [inside, *children], [*own, *(array for child in children for array in child.own)])
    name = scope.name("call", 0.8)
    scope.count(*block.costs)
    first = next(iter(block.values), None)
    scope.append(block.name, fields, name, block.shape, first)
    for child in children:
        scope.adopt(child, name)
    scope.own += own
    scope.linear = scope.linear or inside.linear
    if name is not None:
        if own and same:
            scope.calls.append(Call(name, block))
        _named(scope, block, name, own)
        if own and rng.random() < 0.7 and draft.layers < 20:
            adapt(scope, shape)
            call(scope)  # it may share the parameters


def _may_call(scope: Scope, block: Block) -> bool:
    return len(block.inputs) == 1 or scope.source is None


def _arguments(scope: Scope, block: Block) -> tuple[dict[str, Value], list[Scope]]:
    """What has no default, and some of what has one; and the lists of layers among them."""
    fields: dict[str, Value] = {}
    children: list[Scope] = []
    for name, value in block.values.items():
        if name in block.defaults and scope.draft.chance(0.5):
            continue
        fields[name] = value
        if name in block.layers:
            within = scope.child(block.layers[name], depth=scope.depth)
            children.append(branch(within, block.layers[name], least=1))
            fields[name] = children[-1].steps
    return fields, children


def _named(scope: Scope, block: Block, name: str, own: list[Learned]) -> None:
    """What can be read and shared of a call."""
    for inner, shape in block.inside.inner.items():
        scope.nodes[f"{name}.{inner}"] = scope.inner[f"{name}.{inner}"] = shape
    for array in block.inside.learned if own else ():
        scope.learned.append(Learned(f"{name}.{array.path}", array.name, array.shape, array.gain))


def _fits(shape: Shape) -> bool:
    return 1 <= sum(shape) <= 12


MODULES: tuple[Row, ...] = (Row("call", 2.2, _fits, call, construct=True),)
