"""The gradient of one sample's loss by every layer: what a sample can move, whatever the others are.

One sample's loss is the slice of a mean over samples, so it is measured by its largest slice. By one layer, the recursion has its
blocks alone; where it is a polynomial in the seeds, the entries of all layers are one gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy

from boundcalc.blocks.figures import Evaluated, Figure, Infinite, Values
from boundcalc.blocks.seeds import is_linear_in_seeds
from boundcalc.calculus import primitives as p
from boundcalc.calculus.demand import demanded
from boundcalc.calculus.extended import Extended, Unbounded
from boundcalc.calculus.mixed import Mixed
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.protocol import Component
from boundcalc.calculus.quantities import LIPSCHITZ
from boundcalc.calculus.trace import trace
from boundcalc.calculus.views import View
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.program.differentiate import gradient
from boundcalc.program.ir import Arena, Op
from boundcalc.program.ways import choose

SAMPLE = frozenset({0})
MOST_WORK = 300_000  # primitives traced, one layer after the other
LOOSE = "the bound by all layers together is taken for each"


@dataclass(frozen=True, slots=True)
class PerSample:
    """The loss of one network; `at`: the values at which ways are chosen. All figures are of one arena."""

    graph: LayerGraph
    primitives: p.PrimitiveGraph
    refine: bool
    at: Values
    arena: Arena = field(default_factory=Arena)

    def figures(self) -> Mapping[str, Figure]:
        """By layer: those with learned arrays of their own that are differentiated by. Empty without a loss that is a mean, or a
        sum, over the samples."""
        loss = self.primitives.loss
        balls = self._balls()
        if loss is None or self.graph.loss is None:
            return {}
        whole = self.primitives.primitives[loss]
        if isinstance(whole, p.Linear):  # a sum over the samples is a multiple of their mean
            outputs = {**self.primitives.outputs, self.graph.loss: whole.of}
            return replace(self, primitives=replace(self.primitives, loss=whole.of, outputs=outputs)).figures()
        if not isinstance(whole, p.Average):
            return {}
        if (coupled := self._coupling(loss)) is not None:
            what = "the loss" if coupled == self.graph.loss else f"layer '{coupled}'"
            reason = f"{what} couples samples: the loss of one depends on all others"
            return dict.fromkeys(balls, Infinite(reason, coupled))
        if not self.graph.has_loops and (found := self._by_gradient(loss, balls)) is not None:
            return found
        if len(balls) * len(self.primitives.primitives) > MOST_WORK:
            together = self._alone(loss, frozenset(self.primitives.block_of))
            return {path: _figure(together, self.at, (LOOSE,)) for path in balls}
        return {path: _figure(self._alone(loss, own), self.at) for path, own in balls.items()}

    def _balls(self) -> Mapping[str, frozenset[str]]:
        selected = set(self.primitives.block_of)
        own = {
            layer.path: frozenset(array.ball for array in layer.arrays if not array.shared) & selected
            for layer in self.graph.layers
        }
        return {path: balls for path, balls in own.items() if balls}

    def _calculus(self, loss: int) -> Mixed:
        """Layers that the loss does not read are traced too, and have to have a norm."""
        read = demanded(self.primitives, {loss: Norm(SAMPLE)}).norms
        others = {at: WHOLE for at in self.primitives.outputs.values() if at not in read}
        return Mixed.of(self.arena, self.primitives, {**others, loss: Norm(SAMPLE)}, self.refine)

    def _by_gradient(self, loss: int, balls: Mapping[str, frozenset[str]]) -> Mapping[str, Figure] | None:
        """p of l(s) = p.s along one way; None where l is no polynomial in the seeds."""
        traced = trace(self.primitives, self._calculus(loss), seeded=True)
        form = traced.components(loss)[Component(LIPSCHITZ.name, Norm(SAMPLE))]
        if isinstance(form, Unbounded):
            return {path: Infinite(form.reason, form.layer) for path in balls}
        seeds = list(traced.seeds.values())
        kept = choose([form], {**self.at, **dict.fromkeys(seeds, sympy.S.One)}).kept([form])
        if not is_linear_in_seeds(kept, seeds):
            return None
        entries = dict(zip(traced.seeds, gradient(kept[0], seeds), strict=True))
        combine = traced.arena.combine
        return {
            path: Evaluated(combine(Op.HYPOT, [entries[ball] for ball in sorted(own)])) for path, own in balls.items()
        }

    def _alone(self, loss: int, balls: frozenset[str]) -> Extended:
        """The recursion by these balls alone."""

        def frozen(primitive: p.Primitive) -> p.Primitive:
            is_learned = isinstance(primitive, p.Parameter)
            return replace(primitive, differentiated=primitive.ball in balls) if is_learned else primitive

        calculus = self._calculus(loss)
        graph = replace(self.primitives, primitives=tuple(map(frozen, self.primitives.primitives)))
        return trace(graph, calculus).components(loss)[Component(LIPSCHITZ.name, Norm(SAMPLE))]

    def _coupling(self, loss: int) -> str | None:
        """The first layer before the loss that reads several samples at once, or the loss itself."""
        graph = self.primitives
        whole = graph.primitives[loss]
        if isinstance(whole, p.Average) and not whole.axes >= SAMPLE:
            return graph.owners[loss]
        reached, waiting = set[int](), list(p.operands(graph.primitives[loss]))
        while waiting:
            at = waiting.pop()
            if at not in reached:
                reached.add(at)
                waiting += p.operands(graph.primitives[at])
                waiting += _of_state(graph.primitives, at)
        data = _depends_on_data(graph.primitives)
        for at in sorted(reached):
            if any(of in data and not _keeps_samples(view) for of, view in _views(graph.primitives[at])):
                return graph.owners[at]
        return None


def _figure(value: Extended, at: Values, loose: tuple[str, ...] = ()) -> Figure:
    if isinstance(value, Unbounded):
        return Infinite(value.reason, value.layer, loose)
    (kept,) = choose([value], at).kept([value])
    return Evaluated(kept, loose, None if kept == value else value)


def _of_state(primitives: Sequence[p.Primitive], at: int) -> list[int]:
    """What a state of a loop or a fixed point is made of, besides what it carries."""
    primitive = primitives[at]
    if isinstance(primitive, p.FixedPoint):
        return [primitive.result]
    if not isinstance(primitive, (p.Carried, p.After)):
        return []
    repeat = primitives[primitive.loop]
    assert isinstance(repeat, p.Repeat)
    start, result = repeat.starts[primitive.state], repeat.results[primitive.state]
    return [result] if start < 0 else [start, result]


def _depends_on_data(primitives: Sequence[p.Primitive]) -> set[int]:
    """What is made of inputs; states of loops and fixed points count as such."""
    states = (p.Source, p.Constant, p.Carried, p.After, p.FixedPoint)
    found = {i for i, q in enumerate(primitives) if isinstance(q, states)}
    for i, primitive in enumerate(primitives):
        if not found.isdisjoint(p.operands(primitive)):
            found.add(i)
    return found


def _views(primitive: p.Primitive) -> Iterator[tuple[int, View]]:
    """What is read in slices; sums and arrays side by side keep every sample where it is."""
    match primitive:
        case p.Linear(of) | p.Map(of):
            yield of, primitive.view
        case p.Bilinear(left, right):
            yield left, primitive.left_view
            yield right, primitive.right_view
        case _:
            return


def _keeps_samples(view: View) -> bool:
    return (SAMPLE, SAMPLE) in view.along
