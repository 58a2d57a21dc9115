"""The call of a module: its inputs and arguments are bound, its steps are walked in a scope of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from boundcalc.graph.context import Context
from boundcalc.graph.environment import Binding, BoundExpression, BoundLayers, BoundNode, Channels, Environment
from boundcalc.graph.placement import Placement
from boundcalc.graph.shape import Shape
from boundcalc.language.architecture import Branch, Module, Step
from boundcalc.language.fields import fail


@dataclass(frozen=True, slots=True)
class Call:
    """A module where it is called; `inside` is the scope of its steps."""

    context: Context
    step: Step
    module: Module
    environment: Environment
    placement: Placement
    inside: Placement

    @staticmethod
    def of(context: Context, step: Step, name: str, environment: Environment, placement: Placement) -> Call:
        """Raises SpecError for a module that calls itself."""
        module = context.architecture.modules[step.kind]
        if module.name in placement.modules:
            chain = " -> ".join((*placement.modules, module.name))
            raise fail(step.place, f"the module '{module.name}' calls itself: {chain}")
        given = {**module.arguments, **(step.arguments or {})}
        layers = (argument for argument, value in given.items() if isinstance(value, Branch))
        inherited = context.inherited(step, name, environment, placement)
        inside = placement.inside(name, inherited, (*module.inputs, *layers))
        inside = replace(inside, modules=(*placement.modules, module.name))
        return Call(context, step, module, environment, placement, inside)

    def scope(self, nodes: Sequence[str] | None) -> Environment:
        """What the steps of the module see: its inputs, where they are known, and its arguments; a default may use the
        arguments before it."""
        bindings = {} if nodes is None else self._inputs(nodes)
        channels = _channels([self.context.graph.node(node).shape for node in (nodes or ())[:1]])
        given, owner = self.step.arguments or {}, self.inside.prefix.removesuffix(".")
        taken, since = self.inside.taken, len(self.inside.taken)
        for argument, default in self.module.arguments.items():
            value = given.get(argument, default)
            written = (
                self.environment
                if argument in given
                else Environment(self.inside.prefix, dict(bindings), None, taken, since)
            )
            value = self.context.overrides.argument(owner, argument, value)
            if isinstance(value, Branch):
                modules = (self.placement if argument in given else self.inside).modules
                bindings[argument] = BoundLayers(value, written, modules)
            elif value is not None:
                bindings[argument] = BoundExpression(value, written, channels)
        return Environment(self.inside.prefix, bindings, None, taken, since)

    def _inputs(self, nodes: Sequence[str]) -> dict[str, Binding]:
        step, module = self.step, self.module
        if step.sources is None and len(module.inputs) > 1:
            raise fail(step.place, f"the module '{module.name}' reads {', '.join(module.inputs)}", "say `from: [...]`")
        wanted = max(len(module.inputs), 1)
        if step.sources is not None and len(nodes) != wanted:
            raise fail(step.place, f"the module '{module.name}' reads {wanted} inputs, not {len(nodes)}")
        return {name: BoundNode(node) for name, node in zip(module.inputs, nodes, strict=False)}


def _channels(shapes: Sequence[Shape]) -> Channels:
    """`in` is the first axis of an image, the only one of a vector; with two axes it is unclear whether channels or
    features are meant."""
    if not shapes or not shapes[0] or len(shapes[0]) == 2:
        return {}
    return {"in": shapes[0][0]}
