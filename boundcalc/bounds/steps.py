"""Steps for every layer: all layers at once, or one alone. Proofs: docs/steps.md.

A block is a ball of learned arrays (or an input that is differentiated by), or what a pattern of `--blocks` puts together. With `Q` that of `bounds/curvature.py` and c_i the
(Q d)_i / d_i of any d > 0, F(w + u) <= F(w) + <grad F(w), u> + 1/2 sum_i c_i ||u_i||^2 as long as w and w + u are in the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from boundcalc.arguments import Named, Suggesting, one_of
from boundcalc.blocks.figures import Values
from boundcalc.bounds.curvature import Curvature, Part, curvature_of
from boundcalc.bounds.grouped import traced_by
from boundcalc.bounds.guarantee import Guarantee, Rounding
from boundcalc.bounds.options import Json, Options
from boundcalc.bounds.shown import names_in_line
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.language.conditions import Conditions
from boundcalc.program.evaluate import MissingValues

Moved = Literal["together", "alone"]
MOVED: tuple[Moved, ...] = ("together", "alone")
TOGETHER = (
    "all layers move at once, each by its step: F falls by at least the sum of step/2 ||gradient of the layer||^2"
)
ALONE = "this layer moves, all others stay: F falls by at least step/2 ||gradient of the layer||^2"


def _part(curvature: Curvature, i: int, moved: Moved) -> Part:
    """What one block is bent by: q_ii, or (Q d)_i / d_i, whose closed form is that of d = (1, ..., 1)."""
    if moved == "alone":
        return Part(curvature, [(i, i)], partial(curvature.alone, i))
    return Part(curvature, curvature.row(i), partial(curvature.together, i))


@dataclass(frozen=True, eq=False, repr=False)
class LayerSteps(Shown, Suggesting):
    """By the name of each block: `together`, which belong together, and `alone`."""

    together: Named[Guarantee]
    alone: Named[Guarantee]

    def of(self, moved: Moved) -> Named[Guarantee]:
        one_of(moved, MOVED, "moved")
        return self.together if moved == "together" else self.alone

    def _page_(self) -> Page:
        return Page(f"<steps of {names_in_line(self.together, 'block')}; .together, .alone>")

    def to_dict(self, values: Values) -> dict[str, Json]:
        return {moved: {path: step.to_dict(values) for path, step in self.of(moved).items()} for moved in MOVED}


def layer_steps(
    curvature: Curvature, conditions: Conditions, notes: Mapping[Moved, str], name: str = "step"
) -> LayerSteps:
    """The steps of all blocks."""

    def steps(moved: Moved) -> Named[Guarantee]:
        return Named(
            "layer",
            {
                path: Guarantee(
                    f"{name}_{moved}_{path}",
                    notes[moved],
                    _part(curvature, i, moved),
                    conditions,
                    inverse=True,
                    rounding=Rounding.DOWN,
                )
                for i, path in enumerate(curvature.blocks)
            },
        )

    return LayerSteps(steps("together"), steps("alone"))


def of_objective(graph: LayerGraph, primitives: PrimitiveGraph, options: Options) -> LayerSteps:
    """Those of an objective; `graph` has copies in place of repeats, where it can."""
    curvature = curvature_of(traced_by(graph, primitives, options, seeded=True))
    return layer_steps(curvature, graph.conditions, {"together": TOGETHER, "alone": ALONE})


def by_array(
    graph: LayerGraph, primitives: PrimitiveGraph, steps: Mapping[str, Guarantee], values: Values
) -> dict[str, float]:
    """The step of every learned array, by the path of the array (`head.weight`): that of its block, rounded down.

    Raises MissingValues, which is a KeyError, and ArithmeticError where no step is known.
    """
    missing = sorted({symbol.name for step in steps.values() for symbol in step.free_symbols - values.keys()})
    if missing:
        raise MissingValues(missing)
    block_of = primitives.block_of
    own = [array for layer in graph.layers for array in layer.arrays if not array.shared and array.ball in block_of]
    found = {
        block: steps[block].safe_float(steps[block].certified(values))
        for block in dict.fromkeys(block_of[array.ball] for array in own)
    }
    return {array.origin: found[block_of[array.ball]] for array in own}
