"""The call of a module: its inputs and arguments are bound, its steps are walked in a scope of their own."""

from __future__ import annotations

from dataclasses import replace

from boundcalc.graph.context import Context, Placement, Steps
from boundcalc.graph.environment import Binding, BoundExpression, BoundLayers, BoundNode, Channels, Environment
from boundcalc.graph.shape import Shape
from boundcalc.language.architecture import Branch, Module, Step
from boundcalc.language.fields import fail


def call_module(
    context: Context,
    steps: Steps,
    step: Step,
    name: str,
    nodes: list[str],
    environment: Environment,
    placement: Placement,
) -> str | None:
    """The last node of the module. `nodes` are its inputs; a default may use the arguments before it."""
    module = context.architecture.modules[step.kind]
    if module.name in placement.modules:
        chain = " -> ".join((*placement.modules, module.name))
        raise fail(step.place, f"the module '{module.name}' calls itself: {chain}")
    inside = replace(
        placement.inside(name, context.inherited(step, name, environment, placement)),
        modules=(*placement.modules, module.name),
    )
    bindings = _inputs(step, module, nodes)
    channels = _channels(tuple(context.graph.node(node).shape for node in nodes[:1]))
    given = step.arguments or {}
    for argument, default in module.arguments.items():
        value = given.get(argument, default)
        scope = environment if argument in given else Environment(inside.prefix, dict(bindings))
        value = context.overrides.argument(f"{placement.prefix}{name}", argument, value)
        if isinstance(value, Branch):
            bindings[argument] = BoundLayers(value, scope)
        elif value is not None:
            bindings[argument] = BoundExpression(value, scope, channels)
    return steps(module.layers, nodes[0] if nodes else None, Environment(inside.prefix, bindings), inside)


def _inputs(step: Step, module: Module, nodes: list[str]) -> dict[str, Binding]:
    if step.sources is None and len(module.inputs) > 1:
        raise fail(step.place, f"the module '{module.name}' reads {', '.join(module.inputs)}", "say `from: [...]`")
    wanted = max(len(module.inputs), 1)
    if step.sources is not None and len(nodes) != wanted:
        raise fail(step.place, f"the module '{module.name}' reads {wanted} inputs, not {len(nodes)}")
    return {name: BoundNode(node) for name, node in zip(module.inputs, nodes, strict=False)}


def _channels(shapes: tuple[Shape, ...]) -> Channels:
    """`in` is the first axis of an image, the only one of a vector; with two axes it is unclear whether channels or
    features are meant."""
    if not shapes or not shapes[0] or len(shapes[0]) == 2:
        return {}
    return {"in": shapes[0][0]}
