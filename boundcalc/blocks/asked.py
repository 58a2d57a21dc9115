"""Of which nodes a person asks for figures: the network, its objective, every layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import sympy

from boundcalc.blocks.figures import Grouped, NodeFigures
from boundcalc.blocks.objective import regularized
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.quantities import Figures
from boundcalc.calculus.trace import Traced
from boundcalc.graph.layer_graph import LayerGraph


@dataclass(frozen=True, slots=True)
class Asked:
    """The nodes that are asked for, by number, and what the calculus says of them. The objective is the node after the last
    primitive. `rows`: the output of each layer but the loss, by path."""

    rows: Mapping[str, int]
    output: int
    objective: int | None
    figures: Mapping[int, Figures]
    seeds: Mapping[str, sympy.Symbol]
    made: Mapping[sympy.Symbol, Set[int]]

    def grouped(self, of: Callable[[int], NodeFigures], warnings: tuple[str, ...] = ()) -> Grouped:
        """The figures that `of` gives to each node."""
        objective = None if self.objective is None else of(self.objective)
        return Grouped({path: of(node) for path, node in self.rows.items()}, of(self.output), objective, warnings)

    @property
    def network(self) -> tuple[int, ...]:
        """The output and the objective, where there is one."""
        return (self.output,) if self.objective is None else (self.output, self.objective)


def asked(graph: LayerGraph, primitives: PrimitiveGraph, traced: Traced) -> Asked:
    """The nodes of one traced program."""
    rows = {layer.path: primitives.outputs[layer.path] for layer in graph.layers if layer.path != graph.loss}
    if primitives.loss is None:
        return Asked(rows, primitives.output, None, traced.figures, traced.seeds, traced.made)
    objective = len(primitives.primitives)
    figures = {**traced.figures, objective: regularized(graph, primitives, traced, primitives.loss)}
    return Asked(rows, primitives.output, objective, figures, traced.seeds, traced.made)
