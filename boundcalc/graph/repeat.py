"""Repeats: copies one after another where the number of times is a number, a loop over carried states where it is symbolic."""

from __future__ import annotations

from dataclasses import replace

import sympy

from boundcalc.exact.intervals import at_least
from boundcalc.graph.at import StepAt
from boundcalc.graph.bookkeeping import COLLECTED, RUNNING, Bookkeeping
from boundcalc.graph.context import Context, Steps
from boundcalc.graph.copies import UNROLLED
from boundcalc.graph.environment import Binding, BoundNode, BoundNumber, Environment
from boundcalc.graph.features import with_new
from boundcalc.graph.layer_graph import Loop, State
from boundcalc.graph.placement import Placement
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.architecture import Carry, Reference, Step
from boundcalc.language.fields import fail
from boundcalc.language.structure import Repeat
from boundcalc.mistakes import Place

NOTHING = "0 passes hand on nothing: there is no step before this one, or the body changes its shape"
EMPTY = "there is nothing to collect from 0 passes"
ONE_PASS = "give the repeat at least one pass"
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
    shapes = () if current is None else (context.graph.node(current).shape,)
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
    context.unrolled(times, known, fields.times.place)
    if known == 0 and current is None:
        raise fail(fields.times.place, NOTHING, ONE_PASS)
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
        self.placement = placement.inside(name, placement.inherited.overlay(fields, environment, step.place))
        self.request = StepAt(context, step.kind, step.place, environment)
        self.collect = self.request.flag(fields.collect)
        self.nodes = Bookkeeping(context.graph, self.path, step.place)
        self.sequences = {key: self._sequence(reference) for key, reference in step.each}

    def _sequence(self, reference: Reference) -> str:
        node = self.context.find(reference, self.environment, self.placement)
        if not self.context.graph.node(node).shape:
            raise fail(reference.place, f"'{reference.name}' has no first axis to take slices of")
        return node

    def body(
        self, copy: str, bindings: dict[str, Binding], current: str | None, share: bool
    ) -> tuple[str | None, Environment, Placement]:
        inside = self.placement.inside(copy, taken=bindings)
        if share:
            inside = replace(
                inside, inherited=inside.inherited.sharing(f"{self.path}.0", f"{self.path}.{copy}", self.step.place)
            )
        scope = self.environment.inside(inside.prefix, bindings)
        return self.steps(self.step.body, current, scope, inside), scope, inside

    def start(self, carry: Carry) -> str:
        if carry.start is not None:
            start = self.context.find(carry.start, self.environment, self.placement)
            if self.context.graph.node(start).tokens is not None:
                finding = f"'{carry.name}' starts at '{carry.start.name}', which holds token ids"
                raise fail(carry.start.place, finding, "take them slice by slice: each: {NAME: INPUT}")
            return start
        shape = tuple(self.request.size(axis, "an axis") for axis in carry.shape or ())
        return self.nodes.zeros(carry.name, shape, self.placement.loops)

    def check_times(self, times: sympy.Expr, place: Place) -> None:
        for key, node in self.sequences.items():
            length = self.context.graph.node(node).shape[0]
            if not self.context.conditions.same(times, length, place):
                shape = show_shape(self.context.graph.node(node).shape)
                raise fail(place, f"'{key}' takes {times} slices of an array of shape {shape}")

    def replacement(self, carry: Carry, shape: Shape, scope: Environment, inside: Placement) -> str:
        node = self.context.find(carry.next, scope, inside)
        found = self.context.graph.node(node).shape
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
        before, start = self.context.layers, self._running(current)
        for t in range(times):
            if t == 1 and self.fields.index is None and self._running(current) == start:  # then all copies are equal
                self.context.expect_layers((times - 1) * (self.context.layers - before), self.fields.times.place)
            bindings: dict[str, Binding] = {name: BoundNode(node) for name, node in states.items()}
            for key, node in self.sequences.items():
                bindings[key] = BoundNode(self.nodes.slice(f"{self.path}.{t}.{key}", node, self.placement.loops, t))
            if self.fields.index is not None:
                bindings[self.fields.index] = BoundNumber(sympy.Integer(t))
            current, scope, inside = self.body(str(t), bindings, current, share=self.fields.share is True and t > 0)
            for carry in self.step.carry:
                shape = graph.node(states[carry.name]).shape
                states[carry.name] = self.replacement(carry, shape, scope, inside)
            if current is not None:
                graph.call(f"{self.path}.{t}", current)
                collected.append(current)
        for name, node in states.items():
            graph.call(f"{self.path}.{name}", node)
        if self.collect:
            if not collected:
                raise fail(self.fields.times.place, EMPTY, ONE_PASS)
            first = graph.node(collected[0]).shape
            for t, node in enumerate(collected):
                if not self._same(graph.node(node).shape, first):
                    found = f"{show_shape(first)}, and copy {t} has {show_shape(graph.node(node).shape)}"
                    remedy = "copies that are collected have one shape"
                    raise fail(self.step.place, f"'collect' stacks copies of the shape {found}", remedy)
            shape = (sympy.Integer(times), *first)
            return self.nodes.stack(f"{self.path}@collected", tuple(collected), shape, self.placement.loops)
        return current

    def loop(self, times: sympy.Expr, current: str | None) -> str:
        """One body over carried states: those of `carry`, the running value, and what is collected."""
        graph, loops = self.context.graph, (*self.placement.loops, self.path)
        self.check_times(times, self.fields.times.place)
        starts = {carry.name: self.start(carry) for carry in self.step.carry}
        graph.loops[self.path] = Loop(self.path, times, self.fields.share is True, self.fields.times.place)
        self.nodes.enter(self.placement.loops)
        inner = f"{self.path}.{COPY}"
        bindings: dict[str, Binding] = {}
        for name, start in starts.items():
            at = graph.node(start)
            bindings[name] = BoundNode(self.nodes.carried(f"{inner}.{name}", name, at.shape, at.features, loops))
        for key, node in self.sequences.items():
            bindings[key] = BoundNode(self.nodes.slice(f"{inner}.{key}", node, loops, None))
        running = None
        if current is not None:
            at = graph.node(current)
            running = self.nodes.carried(inner, RUNNING, at.shape, at.features, loops, at.tokens)
        placement = self.placement
        self.placement = replace(placement, loops=loops)
        last, scope, inside = self.body(COPY, bindings, running, share=False)
        results = {
            carry.name: self.replacement(carry, graph.node(starts[carry.name]).shape, scope, inside)
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
        shape = graph.node(last).shape
        reads = running is not None and running in graph.read
        kept = running is not None and self._same(graph.node(running).shape, shape)
        if running is not None and graph.node(running).tokens is not None:
            if reads:
                remedy = "turn them into features before the repeat, or take slices of them: each: {NAME: INPUT}"
                raise fail(self.step.place, "the body reads token ids, and hands on features", remedy)
            kept = False
        if reads and not kept:
            found = f"{show_shape(graph.node(str(running)).shape)} becomes {show_shape(shape)}"
            remedy = "a repeat with a symbolic number of times keeps the shape; give it a number of times"
            raise fail(self.step.place, f"the body changes the shape: {found}", remedy)
        start: str | None = current
        if current is None or not kept:
            self.at_least_once(times, NOTHING)
            start = None
        begin: dict[str, str | None] = {**starts, RUNNING: start}
        results = {**results, RUNNING: last}
        if self.collect:
            self.at_least_once(times, EMPTY)
            stacked = (times, *shape)
            inner, loops = f"{self.path}.{COPY}", (*self.placement.loops, self.path)
            begin[COLLECTED] = None
            kept_so_far = self.nodes.carried(inner, COLLECTED, stacked, with_new(graph.node(last).features, 0), loops)
            results[COLLECTED] = self.nodes.stack(f"{inner}.@stack", (kept_so_far, last), stacked, loops)
        states: list[State] = []
        for name, node in begin.items():
            own = name in starts
            shown = f"{self.path}.{name}" if own else self.path
            after = self.nodes.after(name, node, results[name], shown, self.placement.loops)
            states.append(State(name, shown, node, results[name], after))
            if own:
                graph.call(shown, after)
        graph.loops[self.path] = replace(graph.loops[self.path], states=tuple(states))
        return states[-1].after

    def at_least_once(self, times: sympy.Expr, finding: str) -> None:
        if self.context.conditions.holds(at_least(times, sympy.S.One), self.fields.times.place) is False:
            raise fail(self.fields.times.place, finding, ONE_PASS)

    def _running(self, current: str | None) -> Shape | None:
        return None if current is None else self.context.graph.node(current).shape

    def _same(self, left: Shape, right: Shape) -> bool:
        return len(left) == len(right) and all(
            self.context.conditions.same(a, b, self.step.place) for a, b in zip(left, right, strict=True)
        )
