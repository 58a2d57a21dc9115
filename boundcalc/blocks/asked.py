"""Of which nodes a person asks for figures: the network, its objective, every layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import sympy

from boundcalc.blocks.figures import Evaluated, Figure, Grouped, Infinite, NodeFigures, Values
from boundcalc.blocks.objective import regularized
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.quantities import Figures, Quantity
from boundcalc.calculus.trace import Traced
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.program.dependence import dependents
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.ways import PASSES, Ways, are_equal, choose, logarithms

IN_LOOPS = "in a repeat the same way is kept in every pass"


@dataclass(frozen=True, slots=True)
class Asked:
    """The nodes that are asked for, by number, and what the calculus says of them. The objective is the node after the last
    primitive. `rows`: the output of each layer but the loss, by path. `kept`: the figures along one way each; the same where
    the calculus knows one only."""

    rows: Mapping[str, int]
    output: int
    objective: int | None
    figures: Mapping[int, Figures]
    kept: Mapping[int, Figures]
    seeds: Mapping[str, sympy.Symbol]
    made: Mapping[sympy.Symbol, Set[int]]
    larger: Set[int] = frozenset()  # those kept that may be larger at the values where they were chosen

    def grouped(self, of: Callable[[int], NodeFigures], warnings: tuple[str, ...] = ()) -> Grouped:
        """The figures that `of` gives to each node."""
        objective = None if self.objective is None else of(self.objective)
        return Grouped({path: of(node) for path, node in self.rows.items()}, of(self.output), objective, warnings)

    def figure(self, node: int, quantity: Quantity, loose: tuple[str, ...] = ()) -> Figure:
        """The value of the recursion itself; `loose`: why a smaller bound could not be had."""
        value, kept = self.figures[node][quantity], self.kept[node][quantity]
        if isinstance(value, Unbounded) or isinstance(kept, Unbounded):
            assert isinstance(value, Unbounded)
            return Infinite(value.reason, value.layer, loose)
        if kept == value:
            return Evaluated(kept, loose)
        return Evaluated(kept, (*loose, *((IN_LOOPS,) if kept.index in self.larger else ())), value)

    def keeping(self, kept: Mapping[Scalar, Scalar], larger: Set[int]) -> Asked:
        """The same with what is kept of each figure."""
        chosen = {
            node: {q: kept[s] if isinstance(s, Scalar) else s for q, s in figures.items()}
            for node, figures in self.figures.items()
        }
        return replace(self, kept=chosen, larger=larger)

    @property
    def has_ways(self) -> bool:
        """Whether the calculus knows several."""
        return self.kept is not self.figures

    @property
    def network(self) -> tuple[int, ...]:
        """The output and the objective, where there is one."""
        return (self.output,) if self.objective is None else (self.output, self.objective)


def asked(graph: LayerGraph, primitives: PrimitiveGraph, traced: Traced) -> Asked:
    """The nodes of one traced program."""
    rows = {layer.path: primitives.outputs[layer.path] for layer in graph.layers if layer.path != graph.loss}
    if primitives.loss is None:
        return Asked(rows, primitives.output, None, traced.figures, traced.figures, traced.seeds, traced.made)
    objective = len(primitives.primitives)
    figures = {**traced.figures, objective: regularized(graph, primitives, traced, primitives.loss)}
    return Asked(rows, primitives.output, objective, figures, figures, traced.seeds, traced.made)


def along(programs: Sequence[Asked], values: Values) -> tuple[Sequence[Asked], Ways | None]:
    """The same with one way kept for each figure: the smallest at these values. What the programs share is looked at once."""
    figures = (s for asked in programs for f in asked.figures.values() for s in f.values())
    scalars = list(dict.fromkeys(s for s in figures if isinstance(s, Scalar)))
    if not scalars:
        return programs, None
    at = {**values, **{seed: sympy.S.One for asked in programs for seed in asked.seeds.values()}}
    ways = choose(scalars, at)
    kept = dict(zip(scalars, ways.kept(scalars), strict=True))
    larger = _larger_in_loops(kept, at)
    return [asked.keeping(kept, larger) for asked in programs], ways


def _larger_in_loops(kept: Mapping[Scalar, Scalar], values: Values) -> frozenset[int]:
    """Those that are larger than what they were kept of, since a repeat may take another side in each pass. With more passes
    than were looked at, nobody knows."""
    arena, ends = next(iter(kept)).arena, {scalar.index for scalar in kept.values()}
    order = arena.needed(ends)
    loops = {i for i in order if arena.nodes[i].op is Op.LOOP}
    if not loops:
        return frozenset()
    looped = dependents(arena, order, loops)
    found = [(before, after) for before, after in kept.items() if after != before and after.index in looped]
    logs = logarithms([scalar for pair in found for scalar in pair], values) if found else {}
    passes = max(logs.get(arena.nodes[i].args[-1], 0.0) for i in loops)
    is_known = passes <= math.log(PASSES)
    return frozenset(
        after.index for before, after in found if not (is_known and are_equal(logs[before.index], logs[after.index]))
    )
