"""Layer graph -> primitives: every layer in the vocabulary of the rules, with the constants of one profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.above import above
from boundcalc.calculus.primitives import (
    After,
    Block,
    Carried,
    Concat,
    Constant,
    FixedPoint,
    Linear,
    Parameter,
    Primitive,
    PrimitiveGraph,
    Repeat,
    Source,
)
from boundcalc.calculus.views import Window, moved
from boundcalc.graph import layer_graph as nodes
from boundcalc.graph.contraction import contracting
from boundcalc.graph.given import around, given_point
from boundcalc.graph.kind import Learned
from boundcalc.graph.layer_graph import Layer, LayerGraph, Loop, Node
from boundcalc.graph.narrow import narrowed
from boundcalc.graph.selection import Selection
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import fail
from boundcalc.mistakes import SpecError


def lower(graph: LayerGraph, selection: Selection, use_published: bool = False) -> PrimitiveGraph:
    """The primitive graph, with a block for each ball and input. `selection` says what is differentiated. Raises SpecError where a profile has no constants."""
    return _GraphLowering(graph, selection, use_published).run()


@dataclass(slots=True)
class _GraphLowering:
    graph: LayerGraph
    selection: Selection
    use_published: bool
    primitives: list[Primitive] = field(default_factory=list[Primitive])
    owners: list[str] = field(default_factory=list[str])
    shapes: list[Shape] = field(default_factory=list[Shape])
    outputs: dict[str, int] = field(default_factory=dict[str, int])
    blocks: dict[str, Block] = field(default_factory=dict[str, Block])
    own: dict[str, Mapping[str, sympy.Expr | None]] = field(default_factory=dict[str, Mapping[str, sympy.Expr | None]])
    warnings: list[str] = field(default_factory=list[str])
    parameters: dict[str, int] = field(default_factory=dict[str, int])
    loops: dict[str, int] = field(default_factory=dict[str, int])
    owner: str = ""  # the path of the node that is lowered

    def run(self) -> PrimitiveGraph:
        for ball in self.graph.balls.values():  # before any loop, so that a ball has one primitive
            norm = ball.radius if ball.center is None else ball.radius + ball.center
            selected = not ball.frozen and self.selection.parameter(ball.path)
            parameter = Parameter(ball.path, norm, selected, ball.ones, ball.made_in)
            self.parameters[ball.path] = self.emit(parameter, ())
            if selected:
                self.blocks[ball.path] = Block((ball.path,), ball.made_in)
        for node in self.graph:
            self.owner = node.path
            self.outputs[node.path] = self.node(node)
            self.close_fixed_points(node.path)
        above = None if self.graph.loss is None else self.above(self.graph.loss)
        self.owner = ""
        outputs = [self.outputs[path] for path in self.graph.outputs]
        output = outputs[0] if len(outputs) == 1 else self.emit(Concat(tuple(outputs)), (self.graph.batch,))
        given, remarks = given_point(self.graph, self.selection)
        found = PrimitiveGraph(
            tuple(self.primitives),
            tuple(self.owners),
            tuple(self.shapes),
            self.outputs,
            output,
            None if self.graph.loss is None else self.outputs[self.graph.loss],
            self.blocks,
            self.own,
            (*self.warnings, *remarks),
            above,
        )
        found = narrowed(self.graph, contracting(self.graph, found) if self.graph.fixed_points else found)
        return found if given is None else around(found, given)

    def above(self, loss: str) -> int | None:
        """The loss once more, where it is not smooth and only what bends it upwards counts."""
        found = above(self.primitives, self.outputs[loss])
        if found is None:
            return None
        self.owner = loss
        mean, factors = found
        at = self.emit(mean, (self.graph.batch,))
        for factor in factors:
            at = self.emit(replace(factor, of=at), (self.graph.batch,))
        return at

    def emit(self, primitive: Primitive, axes: Shape) -> int:
        """`axes`: the sizes of all axes, the batch first; of parameters none."""
        self.primitives.append(primitive)
        self.owners.append(self.owner)
        self.shapes.append(axes)
        return len(self.primitives) - 1

    def node(self, node: Node) -> int:
        inputs = tuple(self.outputs[path] for path in node.inputs)
        axes = (self.graph.batch, *node.shape)

        def emit(primitive: Primitive) -> int:
            return self.emit(primitive, axes)

        match node:
            case Layer():
                return self.layer(node, inputs)
            case nodes.Input():
                return self.input(node)
            case nodes.Zeros():
                return emit(Constant(sympy.S.Zero))
            case nodes.Slice():
                rest = ((axis, axis + 1) for axis in range(1, len(axes)))
                view = moved([(0, 0), *rest], (Window(1, None, sympy.S.One),))
                return emit(Linear(inputs[0], sympy.S.One, contracts_sup=True, view=view))
            case nodes.Stack():
                return emit(Concat(inputs, axis=1))
            case nodes.Solution(path=path):
                return emit(FixedPoint(path, -1, -1))
            case nodes.Enter(loop=path):
                # Its states are known once the body is lowered; until then the place is kept.
                loop = self.graph.loops[path]
                self.loops[path] = emit(
                    Repeat(path, tuple(state.shown for state in loop.states), loop.times, (), (), 0)
                )
                return self.loops[path]
            case nodes.Carried(loop=path, state=state):
                return emit(Carried(self.loops[path], self.state(path, state)))
            case nodes.After(loop=path, state=state):
                self.close(self.graph.loops[path])
                return emit(After(self.loops[path], self.state(path, state)))
            case _:
                raise AssertionError(node)

    def state(self, loop: str, name: str) -> int:
        return [state.name for state in self.graph.loops[loop].states].index(name)

    def close(self, loop: Loop) -> None:
        """Fill in the loop's states when its body is there."""
        at = self.loops[loop.path]
        repeat = self.primitives[at]
        assert isinstance(repeat, Repeat)
        if repeat.results:
            return
        last = len(self.primitives) - 1
        starts = tuple(-1 if s.start is None else self.outputs[s.start] for s in loop.states)
        results = tuple(self.outputs[s.result] for s in loop.states)
        self.primitives[at] = replace(repeat, starts=starts, results=results, last=last)

    def close_fixed_points(self, last: str) -> None:
        """Fill in where those end whose last node this is."""
        for fixed in self.graph.fixed_points.values():
            if fixed.last == last:
                whole = FixedPoint(fixed.state, self.outputs[fixed.result], len(self.primitives) - 1)
                self.primitives[self.outputs[fixed.state]] = whole

    def input(self, node: nodes.Input) -> int:
        axes = (self.graph.batch, *node.shape)
        if node.norm is None:
            return self.emit(Constant(sympy.S.Zero), axes)  # token ids: no layer reads their norm
        selected = self.selection.input(node.path)
        if selected:
            self.blocks[node.path] = Block((node.path,))
        return self.emit(Source(node.path, node.norm, node.sup, selected, node.sample), axes)

    def layer(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        lower = layer.kind.published if self.use_published else layer.kind.lower
        if lower is None:
            message = f"there are no published constants of '{layer.kind.name}'"
            raise fail(layer.place, message, "use --constants sharp")
        try:
            return lower(layer.placed.facts, inputs, _LayerLowering(self, layer))
        except OverflowError:  # SymPy looks for factors of what is under a root up to its root, a double
            message = f"'{layer.kind.name}' counts what has more than 300 digits, and takes roots of it"
            raise fail(layer.place, message, "make its sizes smaller") from None


@dataclass(frozen=True, slots=True)
class _LayerLowering:
    """What a kind asks for while it lowers one layer."""

    whole: _GraphLowering
    of: Layer

    @property
    def batch(self) -> sympy.Expr:
        return self.whole.graph.batch

    @property
    def shape(self) -> Shape:
        return self.of.shape

    @property
    def arrays(self) -> Mapping[str, Learned]:
        parameters = self.whole.parameters
        return {a.name: Learned(parameters[a.ball], a.ball, a.origin, a.start) for a in self.of.arrays}

    def operator_norms(self, array: str, bilinear: sympy.Expr) -> list[sympy.Expr]:
        known = next((a for a in self.of.arrays if a.name == array and a.center_spectral is not None), None)
        bounds = [] if self.of.spectral is None else [self.of.spectral]
        if known is not None and known.center_spectral is not None:
            bounds.append(known.center_spectral + bilinear * self.whole.graph.balls[known.ball].radius)
        return bounds

    def emit(self, primitive: Primitive, shape: Shape | None = None, *, batched: bool = True) -> int:
        axes = self.shape if shape is None else shape
        return self.whole.emit(primitive, (self.batch, *axes) if batched else axes)

    def loop(
        self, states: Mapping[str, Shape], passes: sympy.Expr, body: Callable[[Sequence[int]], Sequence[int]]
    ) -> tuple[int, ...]:
        names = tuple(f"{self.of.path}.{name}" for name in states)
        starts = (-1,) * len(states)  # zero
        path = f"{self.of.path}@{len(self.whole.primitives)}"
        at = self.emit(Repeat(path, names, passes, starts, (), 0), ())
        results = tuple(body([self.emit(Carried(at, state), shape) for state, shape in enumerate(states.values())]))
        last = len(self.whole.primitives) - 1
        self.whole.primitives[at] = Repeat(path, names, passes, starts, results, last)
        return tuple(self.emit(After(at, state), shape) for state, shape in enumerate(states.values()))

    def own(self, **constants: sympy.Expr | None) -> None:
        self.whole.own[self.of.path] = constants

    def assume(self, conditions: Sequence[Boolean]) -> None:
        for condition in conditions:
            self.whole.graph.conditions.require(condition, self.of.place)

    def warn(self, message: str) -> None:
        if message not in self.whole.warnings:
            self.whole.warnings.append(message)

    def error(self, message: str, remedy: str | None = None) -> SpecError:
        return fail(self.of.place, message, remedy)
