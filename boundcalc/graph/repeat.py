"""Repeats: copies one after another where the number of times is a number, a loop over carried states where it is symbolic."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact.intervals import at_least
from boundcalc.graph.context import Context, Placement, Steps
from boundcalc.graph.environment import Binding, BoundNode, BoundNumber, Environment
from boundcalc.graph.layer_graph import Layer, Loop, Shape, State, show_shape
from boundcalc.graph.request import StepRequest
from boundcalc.language.architecture import Carry, Reference, Step
from boundcalc.language.fields import fail
from boundcalc.language.structure import Repeat
from boundcalc.mistakes import Place

UNROLLED = 1024  # copies that `blocks: layer` unrolls a symbolic repeat into, when it has a number
COPY = "*"  # stands for the number of the copy in the paths of a symbolic repeat


def repeat_steps(
    context: Context,
    steps: Steps,
    step: Step,
    fields: Repeat,
    name: str,
    current: str | None,
    environment: Environment,
    placement: Placement,
) -> str | None:
    shapes = () if current is None else (context.graph.layer(current).shape,)
    channels = {"in": shapes[0][0]} if shapes and len(shapes[0]) not in (0, 2) else {}
    times = context.evaluate(fields.times, environment, channels)
    known = context.conditions.exact(times, fields.times.place)
    if not context.conditions.size(times, 0, fields.times.place):
        raise fail(fields.times.place, f"a number of times must be a whole number, not {known}")
    unroll = fields.index is not None or (context.unroll and known.is_number and known <= UNROLLED)
    symbolic = bool(times.free_symbols) and not (known.is_number and unroll)
    copy = _Copy(context, steps, step, fields, name, environment, placement)
    if symbolic:
        if fields.index is not None:
            raise fail(step.place, "a repeat with a symbolic number of times has no index", "give it a number of times")
        return copy.loop(times, current)
    if known != times:
        context.conditions.assumed.setdefault(cast(Boolean, sympy.Eq(times, known)), fields.times.place)
        context.conditions.unrolled.update(s for s in times.free_symbols if isinstance(s, sympy.Symbol))
    if int(known) > context.max_layers:
        context.too_large(fields.times.place, f"more than {context.max_layers} copies")
    return copy.unrolled(int(known), current)


class _Copy:
    """What unrolled copies and the body of a loop have in common."""

    def __init__(
        self,
        context: Context,
        steps: Steps,
        step: Step,
        fields: Repeat,
        name: str,
        environment: Environment,
        placement: Placement,
    ) -> None:
        self.context, self.steps, self.step = context, steps, step
        self.fields, self.environment = fields, environment
        self.path = f"{placement.prefix}{name}"
        self.placement = placement.inside(name, placement.inherited.overlay(fields, environment, self.path))
        self.request = StepRequest(context, "repeat", step.place, fields, environment, {}, ())
        self.collect = self.request.flag(fields.collect)
        self.sequences = {key: self._sequence(reference) for key, reference in step.each}

    def _sequence(self, reference: Reference) -> str:
        node = self.context.find(reference, self.environment, self.placement)
        if not self.context.graph.layer(node).shape:
            raise fail(reference.place, f"'{reference.name}' has no first axis to take slices of")
        return node

    def body(
        self, copy: str, bindings: dict[str, Binding], current: str | None, share: bool
    ) -> tuple[str | None, Environment, Placement]:
        inside = self.placement.inside(copy)
        if share:
            inside = replace(
                inside, inherited=inside.inherited.sharing(f"{self.path}.0", f"{self.path}.{copy}", self.step.place)
            )
        scope = self.environment.inside(inside.prefix, bindings)
        return self.steps(self.step.body, current, scope, inside), scope, inside

    def node(self, name: str, kind: str, inputs: tuple[str, ...], shape: Shape, **settings: object) -> str:
        layer = Layer(name, kind, self.step.place, inputs, shape, settings, loops=self.loops_of(name), visible=False)
        return self.context.graph.add(layer)

    def loops_of(self, name: str) -> tuple[str, ...]:
        inside = name.startswith(f"{self.path}.{COPY}.")
        return (*self.placement.loops, self.path) if inside else self.placement.loops

    def start(self, carry: Carry) -> str:
        if carry.start is not None:
            return self.context.find(carry.start, self.environment, self.placement)
        shape = tuple(self.request.size(axis, "an axis") for axis in carry.shape or ())
        return self.node(f"{self.path}.{carry.name}@start", "zeros", (), shape)

    def check_times(self, times: sympy.Expr, place: Place) -> None:
        for key, node in self.sequences.items():
            length = self.context.graph.layer(node).shape[0]
            if not self.context.conditions.same(times, length, place):
                shape = show_shape(self.context.graph.layer(node).shape)
                raise fail(place, f"'{key}' takes {times} slices of an array of shape {shape}")

    def replacement(self, carry: Carry, shape: Shape, scope: Environment, inside: Placement) -> str:
        node = self.context.find(carry.next, scope, inside)
        found = self.context.graph.layer(node).shape
        same = len(found) == len(shape) and all(
            self.context.conditions.same(a, b, carry.place) for a, b in zip(found, shape, strict=True)
        )
        if not same:
            raise fail(
                carry.next.place,
                f"'{carry.name}' has shape {show_shape(shape)}, and '{carry.next.name}' has {show_shape(found)}",
            )
        return node

    def unrolled(self, times: int, current: str | None) -> str | None:
        graph = self.context.graph
        self.check_times(sympy.Integer(times), self.fields.times.place)
        states = {carry.name: self.start(carry) for carry in self.step.carry}
        collected: list[str] = []
        for t in range(times):
            bindings: dict[str, Binding] = {name: BoundNode(node) for name, node in states.items()}
            for key, node in self.sequences.items():
                shape = graph.layer(node).shape[1:]
                bindings[key] = BoundNode(self.node(f"{self.path}.{t}.{key}@slice", "slice", (node,), shape))
            if self.fields.index is not None:
                bindings[self.fields.index] = BoundNumber(sympy.Integer(t))
            current, scope, inside = self.body(str(t), bindings, current, share=self.fields.share is True and t > 0)
            for carry in self.step.carry:
                shape = graph.layer(states[carry.name]).shape
                states[carry.name] = self.replacement(carry, shape, scope, inside)
            if current is not None:
                graph.paths[f"{self.path}.{t}"] = current
                collected.append(current)
        for name, node in states.items():
            graph.paths.setdefault(f"{self.path}.{name}", node)
        if self.collect:
            if not collected:
                raise fail(self.step.place, "there is nothing to collect from 0 copies")
            first = graph.layer(collected[0]).shape
            for t, node in enumerate(collected):
                if not self._same(graph.layer(node).shape, first):
                    found = f"{show_shape(first)}, and copy {t} has {show_shape(graph.layer(node).shape)}"
                    remedy = "copies that are collected have one shape"
                    raise fail(self.step.place, f"'collect' stacks copies of the shape {found}", remedy)
            shape = (sympy.Integer(times), *first)
            return self.node(f"{self.path}@collected", "stack", tuple(collected), shape)
        return current

    def loop(self, times: sympy.Expr, current: str | None) -> str:
        """One body over carried states: those of `carry`, the running value, and what is collected."""
        graph, loops = self.context.graph, (*self.placement.loops, self.path)
        self.check_times(times, self.fields.times.place)
        starts = {carry.name: self.start(carry) for carry in self.step.carry}
        self.node(f"{self.path}@loop", "repeat", (), ())
        inner = f"{self.path}.{COPY}"
        bindings: dict[str, Binding] = {}
        for name, start in starts.items():
            shape = graph.layer(start).shape
            node = self.node(f"{inner}.{name}@carried", "carried", (), shape, loop=self.path, state=name)
            bindings[name] = BoundNode(node)
        for key, node in self.sequences.items():
            shape = graph.layer(node).shape[1:]
            bindings[key] = BoundNode(self.node(f"{inner}.{key}@slice", "slice", (node,), shape))
        running = None
        if current is not None:
            shape = graph.layer(current).shape
            running = self.node(f"{inner}.@running", "carried", (), shape, loop=self.path, state="@running")
        placement = self.placement
        self.placement = replace(placement, loops=loops)
        last, scope, inside = self.body(COPY, bindings, running, share=False)
        results = {
            carry.name: self.replacement(carry, graph.layer(starts[carry.name]).shape, scope, inside)
            for carry in self.step.carry
        }
        self.placement = placement
        if last is None:
            raise fail(self.step.place, "a repeat without an input needs `carry` or layers that say `from`")
        return self._close(times, starts, results, current, running, last)

    def _close(
        self,
        times: sympy.Expr,
        starts: dict[str, str],
        results: dict[str, str],
        current: str | None,
        running: str | None,
        last: str,
    ) -> str:
        graph = self.context.graph
        shape = graph.layer(last).shape
        reads = running is not None and graph.digraph.out_degree(running) > 0
        kept = running is not None and self._same(graph.layer(running).shape, shape)
        if reads and not kept:
            found = f"{show_shape(graph.layer(str(running)).shape)} becomes {show_shape(shape)}"
            remedy = "a repeat with a symbolic number of times keeps the shape; give it a number of times"
            raise fail(self.step.place, f"the body changes the shape: {found}", remedy)
        start: str | None = current
        if current is None or not kept:
            # Nothing is handed on: the result is that of the last copy, and there must be one.
            self.context.conditions.require(at_least(times, sympy.S.One), self.fields.times.place)
            start = None
        begin: dict[str, str | None] = {**starts, "@running": start}
        results = {**results, "@running": last}
        if self.collect:
            stacked = (times, *shape)
            begin["@collected"] = None
            kept_so_far = self.node(
                f"{self.path}.{COPY}.@collected", "carried", (), stacked, loop=self.path, state="@collected"
            )
            results["@collected"] = self.node(f"{self.path}.{COPY}.@stack", "stack", (kept_so_far, last), stacked)
        last_node = graph.newest
        states: list[State] = []
        for name, node in begin.items():
            inputs = (results[name],) if node is None else (node, results[name])
            shape = graph.layer(results[name]).shape
            after = self.node(f"{self.path}.{name}@after", "after", inputs, shape, loop=self.path, state=name)
            states.append(State(name, node, results[name], after))
            if not name.startswith("@"):
                graph.paths[f"{self.path}.{name}"] = after
        graph.loops[self.path] = Loop(self.path, times, tuple(states), last_node, self.fields.share is True)
        return states[-1].after

    def _same(self, left: Shape, right: Shape) -> bool:
        return len(left) == len(right) and all(
            self.context.conditions.same(a, b, self.step.place) for a, b in zip(left, right, strict=True)
        )
