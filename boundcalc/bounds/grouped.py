"""The figures of a primitive graph by the calculus that the options ask for."""

from __future__ import annotations

from boundcalc.blocks.asked import Asked, along, asked
from boundcalc.blocks.figures import Grouped, Values
from boundcalc.blocks.index import grouped
from boundcalc.bounds.options import Options
from boundcalc.bounds.values import reference
from boundcalc.calculus.demand import demanded
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.mixed import Mixed
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.protocol import Calculus, J
from boundcalc.calculus.straight import Straight
from boundcalc.calculus.third_order import ThirdOrder
from boundcalc.calculus.trace import Traced, trace
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.lower import lower
from boundcalc.graph.measure import coarser, measured
from boundcalc.graph.partition import partitioned
from boundcalc.graph.selection import select
from boundcalc.program.ir import Arena


def lowered_by(graph: LayerGraph, options: Options) -> PrimitiveGraph:
    """The primitives of a graph, with what is differentiated by in blocks. Raises SpecError."""
    primitives = lower(graph, select(graph, options.wrt), use_published=options.constants == "published")
    return partitioned(primitives, options.blocks)


def grouped_by(graph: LayerGraph, primitives: PrimitiveGraph, options: Options, straight: bool = False) -> Grouped:
    """The figures under these options; `straight`: what is bent in the loss is left out (calculus/straight.py)."""
    owned = frozenset(i for i, owner in enumerate(primitives.owners) if straight and owner == graph.loss)

    def found(calculus: Calculus[J], at: Values | None = None) -> Grouped:
        rules = Straight(calculus, owned) if straight else calculus
        further = third_order(primitives, rules.arena, options).figures if options.third_order else None
        return grouped(graph, primitives, rules, options.blocks, at, further)

    if options.norms == "mixed":
        return found(_mixed(graph, primitives, options), reference(graph.conditions))
    return found(Euclidean(Arena(), options.refine))


def traced_by(
    graph: LayerGraph, primitives: PrimitiveGraph, options: Options, seeded: bool, more: Values | None = None
) -> Asked:
    """The nodes of the program alone, with a seed for each block or with one block; along one way where there are several.
    `more`: values of symbols that the spec does not have, at which the way is chosen."""
    if options.norms == "mixed":
        program = asked(graph, primitives, trace(primitives, _mixed(graph, primitives, options), seeded))
        return along([program], {**reference(graph.conditions), **(more or {})})[0][0]
    return asked(graph, primitives, trace(primitives, Euclidean(Arena(), options.refine), seeded))


def third_order(primitives: PrimitiveGraph, arena: Arena, options: Options, scaled: bool = False) -> Traced:
    """The nodes with the figures of the third order, in the Euclidean norm of the whole batch, one block for all."""
    return trace(primitives, ThirdOrder(Euclidean(arena, options.refine)), scaled=scaled)


def _mixed(graph: LayerGraph, primitives: PrimitiveGraph, options: Options) -> Mixed:
    norms, others = measured(graph, primitives, options.measure), coarser(graph, primitives, options.measure)
    return Mixed(Arena(), primitives, demanded(primitives, norms, others), options.refine)
