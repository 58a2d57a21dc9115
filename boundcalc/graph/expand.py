"""Architecture -> layer graph: modules, branches and repeats are expanded, names resolved, shapes inferred, in one walk.

A step sees the steps before it, so shapes are known when they are needed and `in` means what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy

from boundcalc.graph.conditions import Conditions, declare
from boundcalc.graph.environment import (
    Binding,
    BoundExpression,
    BoundLayers,
    BoundNode,
    Channels,
    Environment,
    evaluate,
    find_node,
    find_path,
)
from boundcalc.graph.inherit import Inherited, balls_of, spectral_of
from boundcalc.graph.layer_graph import DEPTH_LIMIT, LAYER_LIMIT, Layer, LayerGraph, Shape, size
from boundcalc.graph.layers import LOSS_RULES, RULES
from boundcalc.graph.layers.rule import LayerRule
from boundcalc.graph.overrides import Overrides
from boundcalc.graph.repeat import repeat_steps
from boundcalc.graph.request import StepRequest
from boundcalc.spec.architecture import Architecture, Branch, Module, Operand, Reference, Step
from boundcalc.spec.expression import Expression
from boundcalc.spec.fields import fail
from boundcalc.spec.kinds import Repeat, StepFields
from boundcalc.spec.mistakes import Mistakes, Place, SpecError


class _Unknown(Exception):
    """A step reads a step whose mistake was already noted."""


class _TooLarge(Exception):
    """The walk is over: modules and repeats inside one another grow exponentially. The mistake was noted."""


@dataclass(slots=True)
class Placement:
    """Where a step stands: its path, the names already taken there, and the fields it inherits."""

    prefix: str
    inherited: Inherited
    loops: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()  # the modules that are being expanded, to refuse recursion
    taken: set[str] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)

    def name(self, step: Step) -> str:
        name = step.fields.name
        if name is None:
            count = self.counters.get(step.kind, 0)
            self.counters[step.kind] = count + 1
            name = f"{step.kind}_{count}"
        if name in self.taken:
            raise fail(
                step.place, f"the name '{name}' is used twice in its scope", "give one of the steps another name"
            )
        self.taken.add(name)
        return name

    def inside(self, name: str, inherited: Inherited | None = None) -> Placement:
        return Placement(f"{self.prefix}{name}.", inherited or self.inherited, self.loops, self.modules)


class Expander:
    """The walk. `unroll`: symbolic repeats whose number of times has a value are unrolled too."""

    def __init__(self, architecture: Architecture, unroll: bool) -> None:
        self.mistakes = Mistakes()
        self.architecture = architecture
        self.unroll = unroll
        conditions = declare(architecture.symbols, self.mistakes)
        self.mistakes.raise_if_any()
        self.conditions: Conditions = conditions
        self.overrides = Overrides(architecture.overrides)
        self.graph = LayerGraph(architecture.name, sympy.S.One, conditions)
        self.walked = 0

    def run(self) -> LayerGraph:
        graph, architecture = self.graph, self.architecture
        top = Environment("")
        batch = self.overrides.expression("", "batch", architecture.batch)
        request = StepRequest(self, "batch", Place(architecture.source, 0, 0), StepFields(), top, {}, ())
        try:
            if batch is not None:
                graph.batch = request.size(batch, "the batch")
            current = self._inputs(top)
        except SpecError as error:
            self.mistakes.extend(error)
            raise SpecError(self.mistakes) from None
        fields = self.overrides.apply("", architecture.fields)
        placement = Placement("", Inherited().overlay(fields, top), taken=set(architecture.inputs))
        last = self.steps(architecture.layers, current, top, placement)
        self._finish(last, top, placement)
        self.mistakes.raise_if_any()
        return graph

    def _inputs(self, top: Environment) -> str | None:
        """Inputs are nodes; a single one is what the first step reads."""
        for name, declared in self.architecture.inputs.items():
            request = StepRequest(self, "input", declared.place, StepFields(), top, {}, ())
            shape = tuple(request.size(axis, "an axis") for axis in declared.shape)
            norm, sup = None, None
            if declared.norm is not None:
                entries = self.graph.batch * size(shape)
                for given, copies in (
                    (declared.norm.batch, sympy.S.One), (declared.norm.sample, self.graph.batch), (declared.norm.entry, entries),
                ):  # fmt: skip
                    given = self.overrides.expression(f"{name}.", "norm", given) if given is not None else None
                    if given is not None:
                        sup = request.constant(given, "a norm")
                        norm = sup * sympy.sqrt(copies)
            settings: dict[str, object] = {"norm": norm, "sup": sup}
            self.graph.add(Layer(name, "input", declared.place, (), shape, settings))
            self.graph.paths[name] = name
        single = len(self.architecture.inputs) == 1
        return next(iter(self.architecture.inputs)) if single else None

    def _finish(self, last: str | None, top: Environment, placement: Placement) -> None:
        graph, architecture = self.graph, self.architecture
        outputs: list[str] = []
        for reference in architecture.outputs:
            try:
                outputs.append(self.find(reference, top, placement))
            except (SpecError, _Unknown) as error:
                if isinstance(error, SpecError):
                    self.mistakes.extend(error)
        if not architecture.outputs:
            if last is not None:
                outputs = [last]
            elif not architecture.layers:
                self.mistakes.add(
                    Place(architecture.source, 1, 1), "the file has no layers", "layers: [{dense: 10}, relu]"
                )
        graph.outputs = tuple(outputs)
        if architecture.loss is not None and not self.mistakes:
            source = outputs[-1] if outputs else None
            try:
                graph.loss = self.layer(
                    architecture.loss, "loss", source, top, placement, LOSS_RULES[architecture.loss.kind]
                )
                self._warn_of_double_softmax(graph.layer(graph.loss))
            except SpecError as error:
                self.mistakes.extend(error)
        if architecture.regularizer is not None:
            try:
                request = StepRequest(self, "regularizer", Place(architecture.source, 0, 0), StepFields(), top, {}, ())
                graph.regularizer = request.constant(architecture.regularizer, "the weight of the regularizer")
            except SpecError as error:
                self.mistakes.extend(error)
        if not self.mistakes:
            self.mistakes.extend(self.overrides.unused())

    def _warn_of_double_softmax(self, loss: Layer) -> None:
        if loss.kind == "logistic" and self.graph.layer(loss.inputs[0]).kind == "softmax":
            self.graph.warnings.append("logistic contains the softmax; the softmax before it makes a double softmax")

    # Steps -----------------------------------------------------------------------------------------------------------

    def steps(
        self, steps: tuple[Step, ...], current: str | None, environment: Environment, placement: Placement
    ) -> str | None:
        """The node after the last step. After a mistake the walk goes on as far as it can, to find others."""
        broken = False
        self.walked += 1
        for step in steps:
            self._count(step, placement)
            try:
                if broken and _reads_current(step):
                    if not isinstance(environment.binding(step.kind), BoundLayers):
                        placement.name(step)
                    continue
                current = self.step(step, None if broken else current, environment, placement)
                broken = False
            except SpecError as error:
                self.mistakes.extend(error)
                broken = True
            except _Unknown:
                broken = True
        if broken:
            raise _Unknown
        return current

    def _count(self, step: Step, placement: Placement) -> None:
        """Steps count also where they make no layer or are mistakes, and lists of steps also where they are empty."""
        self.walked += 1
        if self.walked > LAYER_LIMIT:
            remedy = "repeat with a symbolic number of times"
            self.mistakes.add(step.place, f"the network has more than {LAYER_LIMIT} layers and modules", remedy)
            raise _TooLarge
        if placement.prefix.count(".") > DEPTH_LIMIT:
            message = f"more than {DEPTH_LIMIT} modules, branches and repeats inside one another"
            self.mistakes.add(step.place, message, "write them one after another")
            raise _TooLarge

    def step(self, step: Step, current: str | None, environment: Environment, placement: Placement) -> str | None:
        binding = environment.binding(step.kind)
        if isinstance(binding, BoundLayers):
            return self._splice(binding, current, placement)
        if isinstance(binding, BoundExpression):
            raise fail(step.place, f"the argument '{step.kind}' is an expression, not a list of layers")
        name = placement.name(step)
        path = f"{placement.prefix}{name}"
        fields = self.overrides.apply(path, step.fields)
        step = replace(step, fields=fields)
        if step.kind in self.architecture.modules:
            module = self.architecture.modules[step.kind]
            result = self._call(step, module, name, current, environment, placement)
        elif step.kind == "residual":
            result = self._residual(step, name, current, environment, placement)
        elif step.kind == "repeat":
            result = self._repeat(step, name, current, environment, placement)
        else:
            return self.layer(step, name, current, environment, placement, RULES[step.kind])
        if result is not None:
            self.graph.paths[path] = result
        return result

    def layer(
        self,
        step: Step,
        name: str,
        current: str | None,
        environment: Environment,
        placement: Placement,
        rule: LayerRule,
    ) -> str:
        """One built-in layer: its operands, its shape, its learned arrays."""
        path = f"{placement.prefix}{name}"
        inside = placement.inside(name)
        inputs = self._operands(step, current, environment, inside, rule)
        for node in inputs:
            if self.graph.layer(node).kind == "input" and self.graph.layer(node).settings["norm"] is None:
                raise fail(
                    step.place,
                    f"'{step.kind}' reads token ids, which have no norm",
                    "no layer of this version reads tokens",
                )
        shapes = tuple(self.graph.layer(node).shape for node in inputs)
        channels = _channels("in", shapes, rule)
        request = StepRequest(self, step.kind, step.place, step.fields, environment, channels, shapes)
        inference = rule.infer(request)
        channels = {**channels, **_channels("out", (inference.shape,), rule)}
        inherited = self._inherited(step, name, environment, placement)
        arrays = balls_of(self, step, path, inference, inherited, channels)
        layer = Layer(
            path, step.kind, step.place, inputs, inference.shape, inference.settings, arrays,
            spectral_of(self, inherited, channels) if arrays else None, placement.loops,
        )  # fmt: skip
        self.graph.paths[path] = path
        return self.graph.add(layer)

    def _operands(
        self, step: Step, current: str | None, environment: Environment, inside: Placement, rule: LayerRule
    ) -> tuple[str, ...]:
        if rule.operands == 0:
            return ()
        if step.sources is None:
            return (self.current(step, current),)
        if rule.operands is not None and len(step.sources) != rule.operands:
            raise fail(
                step.place,
                f"'{step.kind}' reads one input, not {len(step.sources)}",
                "combine them with add or concat first",
            )
        return tuple(self.operand(operand, current, environment, inside) for operand in step.sources)

    def current(self, step: Step, current: str | None) -> str:
        if current is None:
            if len(self.architecture.inputs) > 1:
                raise fail(
                    step.place,
                    f"'{step.kind}' has no step before it",
                    f"say `from:` {' or '.join(self.architecture.inputs)}",
                )
            raise _Unknown
        return current

    def operand(self, operand: Operand, current: str | None, environment: Environment, inside: Placement) -> str:
        if isinstance(operand, Branch):
            result = self.steps(operand.steps, current, environment.inside(inside.prefix), inside)
        else:
            binding = environment.binding(operand.name)
            if isinstance(binding, BoundLayers):
                result = self._splice(binding, current, inside)
            else:
                return self.find(operand, environment, inside)
        if result is None:
            raise fail(operand.place, "this operand has no input", "say `from:` which input it reads")
        return result

    def find(self, reference: Reference, environment: Environment, placement: Placement) -> str:
        node = find_node(reference, environment, self.graph.paths)
        loops = self.graph.layer(node).loops
        if loops != placement.loops[: len(loops)]:
            remedy = "read the repeat itself, a state that it carries, or give the repeat a number of times"
            raise fail(
                reference.place, f"'{reference.name}' is inside a repeat with a symbolic number of times", remedy
            )
        return node

    def _splice(self, binding: BoundLayers, current: str | None, placement: Placement) -> str | None:
        """Layers given as an argument: named where they stand, their own names mean what they meant where written."""
        environment = Environment(placement.prefix, {}, binding.environment)
        return self.steps(binding.branch.steps, current, environment, placement)

    def _inherited(self, step: Step, name: str, environment: Environment, placement: Placement) -> Inherited:
        inherited = placement.inherited.overlay(step.fields, environment)
        share = step.fields.share
        if isinstance(share, tuple):
            target, place = share
            return inherited.sharing(
                find_path(Reference(target, place), environment, self.graph.paths), f"{placement.prefix}{name}", place
            )
        return inherited

    # Modules, branches -----------------------------------------------------------------------------------------------

    def _call(
        self, step: Step, module: Module, name: str, current: str | None, environment: Environment, placement: Placement
    ) -> str | None:
        if module.name in placement.modules:
            chain = " -> ".join((*placement.modules, module.name))
            raise fail(step.place, f"the module '{module.name}' calls itself: {chain}")
        inside = replace(
            placement.inside(name, self._inherited(step, name, environment, placement)),
            modules=(*placement.modules, module.name),
        )
        bindings: dict[str, Binding] = {}
        current = self._module_inputs(step, module, current, environment, inside, bindings)
        shapes = () if current is None else (self.graph.layer(current).shape,)
        channels = _call_channels(shapes)
        given = step.arguments or {}
        own = Environment(inside.prefix)
        for argument, default in module.arguments.items():
            value = given.get(argument, default)
            scope = environment if argument in given else own
            value = self.overrides.argument(f"{placement.prefix}{name}", argument, value)
            if isinstance(value, Branch):
                bindings[argument] = BoundLayers(value, scope)
            elif value is not None:
                bindings[argument] = BoundExpression(value, scope, channels)
        return self.steps(module.layers, current, Environment(inside.prefix, bindings), inside)

    def _module_inputs(
        self,
        step: Step,
        module: Module,
        current: str | None,
        environment: Environment,
        inside: Placement,
        bindings: dict[str, Binding],
    ) -> str | None:
        if step.sources is None:
            if len(module.inputs) > 1:
                raise fail(
                    step.place, f"the module '{module.name}' reads {', '.join(module.inputs)}", "say `from: [...]`"
                )
            nodes = [] if current is None else [current]
        else:
            nodes = [self.operand(operand, current, environment, inside) for operand in step.sources]
        wanted = max(len(module.inputs), 1)
        if step.sources is not None and len(nodes) != wanted:
            raise fail(step.place, f"the module '{module.name}' reads {wanted} inputs, not {len(nodes)}")
        for name, node in zip(module.inputs, nodes, strict=False):
            bindings[name] = BoundNode(node)
        return nodes[0] if nodes else None

    def _residual(
        self, step: Step, name: str, current: str | None, environment: Environment, placement: Placement
    ) -> str:
        """`add: [[], layers]`."""
        own = replace(placement, inherited=self._inherited(step, name, environment, placement))
        body = Branch(step.body, step.place)
        if step.sources:
            current = self.operand(step.sources[0], current, environment, own.inside(name))
        add = Step("add", step.place, StepFields(), (Branch((), step.place), body))
        return self.layer(add, name, current, environment, own, RULES["add"])

    def _repeat(
        self, step: Step, name: str, current: str | None, environment: Environment, placement: Placement
    ) -> str | None:
        fields = step.fields
        assert isinstance(fields, Repeat)
        if step.sources is not None:
            if len(step.sources) != 1:
                raise fail(step.place, f"'repeat' reads one input, not {len(step.sources)}")
            current = self.operand(step.sources[0], current, environment, placement.inside(name))
        return repeat_steps(self, step, fields, name, current, environment, placement)

    # Expressions -----------------------------------------------------------------------------------------------------

    def evaluate(self, expression: Expression, environment: Environment, channels: Channels) -> sympy.Expr:
        return evaluate(expression, environment, self.conditions.symbols, channels)

    def constant(self, expression: Expression, environment: Environment, channels: Channels, what: str) -> sympy.Expr:
        """A nonnegative number, for the values that the symbols have."""
        value = self.evaluate(expression, environment, channels)
        if self.conditions.exact(value, expression.place).is_negative:
            raise fail(expression.place, f"{what} must not be negative: {value}")
        if value.is_nonnegative is None:
            self.conditions.holds(sympy.Ge(value, 0), expression.place)
        return value


def _reads_current(step: Step) -> bool:
    """Whether a step reads the one before it."""
    if step.sources is None:
        return step.kind not in RULES or RULES[step.kind].operands != 0
    return any(isinstance(source, Branch) for source in step.sources)


def _channels(name: str, shapes: tuple[Shape, ...], rule: LayerRule) -> Mapping[str, sympy.Expr]:
    if not shapes or not shapes[0]:
        return {}
    return {name: shapes[0][rule.channels]}


def _call_channels(shapes: tuple[Shape, ...]) -> Channels:
    """For the call of a module `in` is the first axis of an image, the only one of a vector; with two axes it is
    unclear whether channels or features are meant."""
    if not shapes or not shapes[0] or len(shapes[0]) == 2:
        return {}
    return {"in": shapes[0][0]}


def expand(architecture: Architecture, unroll: bool = False) -> LayerGraph:
    """The layer graph of an architecture. Raises SpecError with every mistake found."""
    walk = Expander(architecture, unroll)
    try:
        return walk.run()
    except (_Unknown, _TooLarge):
        walk.mistakes.raise_if_any()
        raise AssertionError("a mistake was lost") from None
