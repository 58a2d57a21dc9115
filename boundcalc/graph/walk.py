"""The walk over the steps: each becomes a node of the layer graph, with its operands, its shape and its learned arrays.

A step sees the steps before it, so shapes are known when they are needed and `in` means what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from boundcalc.graph.at import StepAt
from boundcalc.graph.balls import balls_of, spectral_of
from boundcalc.graph.context import WALKED, Context, UnknownError
from boundcalc.graph.environment import BoundExpression, BoundLayers, Environment
from boundcalc.graph.features import of_output
from boundcalc.graph.fixed_point import fixed_point_steps
from boundcalc.graph.inherited import said, without_effect
from boundcalc.graph.kind import Kind, Operand, Placed
from boundcalc.graph.layer_graph import Layer, Replaced
from boundcalc.graph.modules import Call
from boundcalc.graph.names import unknown_names
from boundcalc.graph.placement import Placement, standing
from boundcalc.graph.reading import channels_of, reads_current, reads_one
from boundcalc.graph.repeat import repeat_steps
from boundcalc.graph.settable import settable
from boundcalc.graph.tokens import check_tokens
from boundcalc.language.architecture import Branch, Step
from boundcalc.language.architecture import Operand as Source
from boundcalc.language.fields import fail
from boundcalc.language.structure import FixedPoint, Repeat, Residual, StepFields
from boundcalc.mistakes import SpecError


@dataclass(frozen=True, slots=True)
class Walk:
    context: Context

    def steps(
        self, steps: tuple[Step, ...], current: str | None, environment: Environment, placement: Placement
    ) -> str | None:
        """The node after the last step. After a mistake the walk goes on as far as it can, to find others."""
        broken = False
        self.context.walked += 1
        for step in steps:
            self.context.count(step, placement)
            try:
                if broken and reads_current(step, self.context.architecture.vocabulary):
                    if not isinstance(environment.binding(step.kind), BoundLayers):
                        placement.name(step)
                    self.context.mistakes.extend(unknown_names(step, environment, self.context.conditions.symbols))
                    continue
                current = self.step(step, None if broken else current, environment, placement)
                broken = False
            except SpecError as error:
                self.context.mistakes.extend(error)
                broken = True
            except UnknownError:
                broken = True
        if broken:
            raise UnknownError
        return current

    def step(self, step: Step, current: str | None, environment: Environment, placement: Placement) -> str | None:
        binding = environment.binding(step.kind)
        if isinstance(binding, BoundLayers):
            return self._splice(binding, current, placement)
        if isinstance(binding, BoundExpression):
            finding = f"the argument '{step.kind}' is an expression, not a list of layers"
            raise fail(step.place, finding, f"hand layers on in a list: {step.kind}: [{binding.expression.text}]")
        name = placement.name(step)
        path = f"{placement.prefix}{name}"
        fields = self.context.overrides.apply(path, step.fields)
        step, before = step if fields is step.fields else replace(step, fields=fields), len(self.context.graph.nodes)
        if step.kind in self.context.architecture.modules:
            result = self._call(step, name, current, environment, placement)
        elif isinstance(step.fields, Residual):
            result = self._residual(step, name, current, environment, placement)
        elif isinstance(step.fields, Repeat):
            result = self._repeat(step, step.fields, name, current, environment, placement)
        elif isinstance(step.fields, FixedPoint):
            current = self._read_beside(step, (step.fields.state,), name, current, environment, placement)
            own = replace(placement, inherited=self.context.inherited(step, name, environment, placement))
            result = fixed_point_steps(self.context, self.steps, step, step.fields, name, current, environment, own)
        else:
            return self.layer(
                step, name, current, environment, placement, self.context.architecture.vocabulary[step.kind]
            )
        if len(self.context.graph.nodes) > before:  # not a repeat of no copies
            self._note_fields(step, None)
        if result is not None:
            self.context.graph.call(path, result)
        return result

    def _note_fields(self, step: Step, kind: Kind[Any, Any] | None) -> None:
        """A field that nothing can use would be ignored in silence."""
        for use in said(step.fields, step.place):
            if use not in self.context.said:  # by the first of many copies
                mistake = without_effect(step.kind, kind, use, self.context.architecture.vocabulary)
                self.context.said[use] = mistake

    def layer(
        self,
        step: Step,
        name: str,
        current: str | None,
        environment: Environment,
        placement: Placement,
        kind: Kind[Any, Any],
        inside: Placement | None = None,
    ) -> str:
        """One built-in layer: its operands, `inside` a scope of their own, its shape, its learned arrays."""
        self.context.count_layer(step.place)
        path = f"{placement.prefix}{name}"
        inside = inside or placement.inside(name, placement.inherited.overlay(step.fields, environment, step.place))
        inputs = self._operands(step, current, environment, inside, kind)
        operands = tuple(self._read(node) for node in inputs)
        check_tokens(step, kind, operands, self.context.architecture.vocabulary)
        channels = channels_of("in", [operand.shape for operand in operands], kind)
        at = StepAt(self.context, step.kind, step.place, environment, channels, operands)
        placed = kind.place(step.fields, at)
        kind, placed, replaces = self._smoothed(kind, placed, at)
        channels = {**channels, **channels_of("out", [placed.shape], kind)}
        inherited = self.context.inherited(step, name, environment, placement)
        arrays = balls_of(self.context, step, path, kind, placed, inherited, channels, environment, placement.loops)
        layer = Layer(
            path=path,
            place=step.place,
            inputs=inputs,
            shape=placed.shape,
            features=of_output(len(placed.shape), placed.features, operands),
            loops=placement.loops,
            kind=kind,
            placed=placed,
            arrays=arrays,
            spectral=spectral_of(self.context, kind, inherited, channels),
            replaces=replaces,
        )
        self._note_fields(step, kind)
        self.context.graph.settable |= settable(layer, step.fields, inherited, at, channels)
        self.context.graph.call(path, path)
        self.context.written.setdefault(step.place, []).append(path)
        self.context.graph.add(layer)
        self._parts(layer, operands)
        return path

    def _parts(self, layer: Layer, operands: tuple[Operand, ...]) -> None:
        """What is read of a layer in parts, each by a name inside its own."""
        for index, placed in enumerate(layer.placed.parts):
            assert layer.kind.part
            self.context.count_layer(layer.place)
            part = Layer(
                path=f"{layer.path}.{index}",
                place=layer.place,
                inputs=(layer.path,),
                shape=placed.shape,
                features=of_output(len(placed.shape), placed.features, operands),
                loops=layer.loops,
                kind=layer.kind.part,
                placed=placed,
            )
            self.context.graph.call(part.path, self.context.graph.add(part))

    def _smoothed(
        self, kind: Kind[Any, Any], placed: Placed[Any], at: StepAt
    ) -> tuple[Kind[Any, Any], Placed[Any], Replaced | None]:
        """The smooth layer that stands for this one, where smooth layers are asked for and there is one."""
        if self.context.architecture.smoothing is None or kind.smoothed is None:
            return kind, placed, None
        found = kind.smoothed(placed.facts, at, self.context.mu)
        if found is None:
            return kind, placed, None
        return found.kind, found.placed, Replaced(kind.name, found.error)

    def _read(self, path: str) -> Operand:
        node = self.context.graph.node(path)
        return Operand(
            node.shape,
            tokens=node.tokens,
            row_stochastic=isinstance(node, Layer) and node.placed.row_stochastic,
            features=node.features,
            row_norm=node.placed.row_norm if isinstance(node, Layer) else None,
        )

    def _operands(
        self, step: Step, current: str | None, environment: Environment, inside: Placement, kind: Kind[Any, Any]
    ) -> tuple[str, ...]:
        if kind.operands == 0:
            return ()
        if step.sources is None:
            return (self.current(step, current),)
        if kind.operands is not None and len(step.sources) != kind.operands:
            raise fail(
                step.place,
                f"'{step.kind}' reads one input, not {len(step.sources)}",
                "combine them with add or concat first",
            )
        return tuple(self.operand(operand, current, environment, inside) for operand in step.sources)

    def current(self, step: Step, current: str | None) -> str:
        if current is None:
            if len(self.context.architecture.inputs) > 1:
                raise fail(
                    step.place,
                    f"'{step.kind}' has no step before it",
                    f"say `from:` {' or '.join(self.context.architecture.inputs)}",
                )
            raise UnknownError
        return current

    def operand(self, operand: Source, current: str | None, environment: Environment, inside: Placement) -> str:
        if isinstance(operand, Branch):
            result = self.steps(operand.steps, current, environment.inside(inside.prefix), inside)
        else:
            found = environment.stands_for(operand.name, self.context.graph.paths)
            if isinstance(found, BoundLayers):
                result = self._splice(found, current, inside)
            else:
                return self.context.find(operand, environment, inside)
        if result is None:
            raise fail(operand.place, "this operand has no input", "say `from:` which input it reads")
        return result

    def _splice(self, binding: BoundLayers, current: str | None, placement: Placement) -> str | None:
        """Layers given as an argument: named where they stand, their own names mean what they meant where written."""
        return self.steps(binding.branch.steps, current, *placement.spliced(binding))

    def _call(
        self, step: Step, name: str, current: str | None, environment: Environment, placement: Placement
    ) -> str | None:
        call = Call.of(self.context, step, name, environment, placement)
        nodes = [] if current is None else [current]
        if step.sources is not None:
            body = self._standing(call.module.layers, call.scope(None))
            nodes = self._outside(step, current, environment, placement, call.inside, body)
        return self.steps(call.module.layers, nodes[0] if nodes else None, call.scope(nodes), call.inside)

    def _residual(
        self, step: Step, name: str, current: str | None, environment: Environment, placement: Placement
    ) -> str:
        """`add: [[], layers]`."""
        own = replace(placement, inherited=self.context.inherited(step, name, environment, placement))
        inside = own.inside(name)
        if step.sources is not None:
            reads_one(step)
            body = self._standing(step.body, environment)
            (current,) = self._outside(step, current, environment, placement, inside, body)
        add = Step("add", step.place, StepFields(), (Branch((), step.place), Branch(step.body, step.place)))
        kind = self.context.architecture.vocabulary["add"]
        return self.layer(add, name, current, environment, own, kind, inside)

    def _standing(self, steps: tuple[Step, ...], environment: Environment) -> Iterator[Step]:
        return standing(steps, environment, WALKED * self.context.max_layers)

    def _outside(
        self,
        step: Step,
        current: str | None,
        environment: Environment,
        placement: Placement,
        inside: Placement,
        body: Iterator[Step],
    ) -> list[str]:
        """What a step with a body reads: its operands stand beside the body, which stands `inside`."""
        inherited = placement.inherited.overlay(step.fields, environment, step.place)
        outside = replace(inside.beside(body), inherited=inherited, modules=placement.modules)
        before = len(outside.taken)
        nodes = [self.operand(operand, current, environment, outside) for operand in step.sources or ()]
        inside.take(list(outside.taken)[before:])
        return nodes

    def _repeat(
        self,
        step: Step,
        fields: Repeat,
        name: str,
        current: str | None,
        environment: Environment,
        placement: Placement,
    ) -> str | None:
        states = (carry.name for carry in step.carry)
        current = self._read_beside(step, states, name, current, environment, placement)
        return repeat_steps(self.context, self.steps, step, fields, name, current, environment, placement)

    def _read_beside(
        self,
        step: Step,
        states: Iterable[str],
        name: str,
        current: str | None,
        environment: Environment,
        placement: Placement,
    ) -> str | None:
        """What a step with states reads: its operand stands inside it, beside the body."""
        if step.sources is None:
            return current
        reads_one(step)
        outer = placement.inherited.overlay(step.fields, environment, step.place)
        outside = placement.inside(name, outer, states)
        return self.operand(step.sources[0], current, environment, outside)
