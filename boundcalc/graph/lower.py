"""Layer graph -> primitives: every layer in the vocabulary of the rules, with the constants of one profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.primitives import (
    After,
    Carried,
    Concat,
    Constant,
    Linear,
    Parameter,
    Primitive,
    PrimitiveGraph,
    Repeat,
    Source,
)
from boundcalc.catalogue import symbols
from boundcalc.catalogue.published import PUBLISHED, Published
from boundcalc.graph.layer_graph import Array, Layer, LayerGraph, Loop, size
from boundcalc.graph.layers import LOSS_RULES, RULES
from boundcalc.graph.selection import Selection
from boundcalc.language.fields import fail

WITHOUT_CONSTANTS = frozenset(
    {"flatten", "reshape", "identity", "add", "concat", "multiply", "matmul", "parameter", "linear", "map", "bilinear", "generic", "square"}
)  # fmt: skip


@dataclass(slots=True)
class GraphLowering:
    graph: LayerGraph
    selection: Selection
    use_published: bool
    result: PrimitiveGraph = field(default_factory=PrimitiveGraph)
    _parameters: dict[str, int] = field(default_factory=dict)
    _loops: dict[str, int] = field(default_factory=dict)

    @property
    def batch(self) -> sympy.Expr:
        return self.graph.batch

    def run(self) -> PrimitiveGraph:
        for ball in self.graph.balls.values():  # before any loop, so that a ball has one primitive
            norm = ball.radius if ball.center is None else ball.radius + ball.center
            selected = not ball.frozen and self.selection.parameter(ball.path)
            self._parameters[ball.path] = self.emit(Parameter(ball.path, norm, selected, ball.ones))
            if selected:
                self.result.blocks.append(ball.path)
        for layer in self.graph:
            self.result.outputs[layer.path] = self._layer(layer)
        outputs = [self.result.outputs[path] for path in self.graph.outputs]
        self.result.output = outputs[0] if len(outputs) == 1 else self.emit(Concat(tuple(outputs)))
        self.result.loss = None if self.graph.loss is None else self.result.outputs[self.graph.loss]
        return self.result

    def _layer(self, layer: Layer) -> int:
        inputs = tuple(self.result.outputs[node] for node in layer.inputs)
        match layer.kind:
            case "input":
                return self._input(layer)
            case "zeros":
                return self.emit(Constant(sympy.S.Zero))
            case "slice":
                return self.emit(Linear(inputs[0], sympy.S.One, contracts_sup=True))
            case "stack":
                return self.emit(Concat(inputs))
            case "repeat":
                # Its states are known once the body is lowered; until then the place is kept.
                path = layer.path.removesuffix("@loop")
                loop = self.graph.loops[path]
                names = tuple(path if s.carried.startswith("@") else f"{path}.{s.carried}" for s in loop.states)
                self._loops[path] = self.emit(Repeat(names, loop.times, (), (), 0))
                return self._loops[path]
            case "carried" | "after":
                path, state = str(layer.settings["loop"]), str(layer.settings["state"])
                index = [s.carried for s in self.graph.loops[path].states].index(state)
                if layer.kind == "carried":
                    return self.emit(Carried(self._loops[path], index))
                self._close(self.graph.loops[path])
                return self.emit(After(self._loops[path], index))
            case _:
                rule = RULES[layer.kind] if layer.kind in RULES else LOSS_RULES[layer.kind]
                return rule.lower(layer, inputs, self)

    def _close(self, loop: Loop) -> None:
        """Fill in the loop's states when its body is there."""
        at = self._loops[loop.path]
        repeat = self.result.primitives[at]
        assert isinstance(repeat, Repeat)
        if repeat.results:
            return
        last = len(self.result.primitives) - 1
        starts = tuple(-1 if s.start is None else self.result.outputs[s.start] for s in loop.states)
        results = tuple(self.result.outputs[s.result] for s in loop.states)
        self.result.primitives[at] = replace(repeat, starts=starts, results=results, last=last)

    def _input(self, layer: Layer) -> int:
        norm, sup = layer.settings["norm"], layer.settings["sup"]
        if norm is None:
            return self.emit(Constant(sympy.S.Zero))  # token ids: no layer reads their norm
        assert isinstance(norm, sympy.Expr)
        assert isinstance(sup, sympy.Expr)
        selected = self.selection.input(layer.path)
        if selected:
            self.result.blocks.append(layer.path)
        return self.emit(Source(layer.path, norm, sup, selected))

    # What a rule's `lower` asks for ----------------------------------------------------------------------------------

    def emit(self, primitive: Primitive) -> int:
        return self.result.emit(primitive)

    def array(self, array: Array) -> int:
        return self._parameters[array.ball]

    def source(self, node: str) -> Layer:
        return self.graph.layer(node)

    def assume(self, conditions: Sequence[Boolean], layer: Layer) -> None:
        for condition in conditions:
            self.graph.conditions.require(condition, layer.place)

    def own(self, layer: Layer, **constants: sympy.Expr | None) -> None:
        self.result.own[layer.path] = constants

    def published(self, layer: Layer) -> Published | None:
        """The paper's constants of a layer in its own sizes; SpecError where the paper has none."""
        if not self.use_published or layer.kind in WITHOUT_CONSTANTS:
            return None
        entry = PUBLISHED.get(layer.kind)
        if entry is None:
            raise fail(layer.place, f"there are no published constants of '{layer.kind}'", "use --constants sharp")
        values = {symbols.batch: self.batch, symbols.size: size(layer.shape)}
        values |= self._published_values(layer, entry)
        for warning in entry.warnings:
            if warning not in self.result.warnings:
                self.result.warnings.append(warning)
        changed = {
            name: value.xreplace(values)
            for name in ("bilinear", "bias", "lipschitz", "smoothness", "norm")
            if (value := getattr(entry, name)) is not None
        }
        return replace(entry, **changed)

    def _published_values(self, layer: Layer, entry: Published) -> dict[sympy.Basic, sympy.Expr]:
        """Sizes that the paper's constants use, and a refusal outside its domain."""
        settings = layer.settings
        outside = ""
        values: dict[sympy.Basic, sympy.Expr] = {}
        if layer.kind == "conv2d":
            kernel, stride, dilation = (settings[name] for name in ("kernel", "stride", "dilation"))
            assert isinstance(kernel, tuple)
            assert isinstance(stride, tuple)
            if kernel[0] != kernel[1] or stride[0] != stride[1] or dilation != (1, 1):
                outside = "kernels and strides that are not square, or a dilation"
            values = {symbols.kernel: kernel[0], symbols.stride: stride[0]}
        elif layer.kind == "batchnorm":
            eps = settings["eps"]
            assert isinstance(eps, sympy.Expr)
            values = {symbols.eps: eps}
            if settings["form"] != "sqrt":
                outside = "the additive form"
        elif layer.kind == "softplus" and settings.get("beta", sympy.S.One) != 1:
            outside = "softplus with beta other than 1"
        if outside:
            remedy = f"the paper covers {entry.domain}; use --constants sharp"
            raise fail(layer.place, f"there are no published constants for {outside}", remedy)
        return values


def lower(graph: LayerGraph, selection: Selection, use_published: bool = False) -> PrimitiveGraph:
    """The primitive graph. `selection` says what is differentiated. Raises SpecError where a profile has no constants."""
    return GraphLowering(graph, selection, use_published).run()
