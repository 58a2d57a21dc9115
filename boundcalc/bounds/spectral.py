"""Steps in the operator norm, as Muon takes them. Proof: docs/steps.md.

Of a layer whose weight V is a matrix and acts as one (on every sample and position, or window), ||V z|| <= b |V|_op ||z||: the
bounds of such a layer hold with N(V, bias) = hypot(|V|_op, ||bias||) in place of the Euclidean norm, of the balls and of
directions. Other layers keep the Euclidean norm. The regularizer is bent by its weight times rank(V) in this geometry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy

from boundcalc.arguments import Suggesting
from boundcalc.blocks.figures import Evaluated, Infinite, Values
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.curvature import Part, curvature_of
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.grouped import traced_by
from boundcalc.bounds.guarantee import Guarantee
from boundcalc.bounds.options import Json, Options
from boundcalc.bounds.shown import names_in_line
from boundcalc.bounds.steps import LayerSteps, layer_steps
from boundcalc.calculus import primitives as p
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.quantities import LIPSCHITZ
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.graph.layer_graph import LayerGraph

OPERATOR, EUCLIDEAN = "operator", "euclidean"
TOGETHER = (
    "all layers move at once, each by minus step * its dual norm * its steepest direction (of a gradient U S V^T: U V^T, and the "
    "sum of S): F falls by at least the sum of step/2 (dual norm)^2"
)
ALONE = "this layer moves so, all others stay: F falls by at least step/2 (dual norm)^2"
SLOPE_NAME = "spectral_lipschitz"
SLOPE = "|F(w + u) - F(w)| where no layer of u has norm above 1, as long as w and w + u are in the set"
TOTAL = "F(w + u) - F(w) - <grad F(w), u> is at most half of this where no layer of u has norm above 1: F falls by (sum of dual norms)^2 over twice this"


@dataclass(frozen=True, eq=False, repr=False)
class Spectral(Shown, Suggesting):
    """`norms`: of each ball, "operator" or "euclidean", and a block of several is measured by the root of the sum of their squares;
    `members`: the balls of each block; `lipschitz` and `curvature`: of F along blocks that all move by 1 in their norms, l(1, ..., 1) and the sum of all entries."""

    norms: Mapping[str, str]
    members: Mapping[str, Sequence[str]]
    lipschitz: Guarantee
    curvature: Guarantee
    steps: LayerSteps

    def norm_of(self, block: str) -> str:
        """By what the balls of a block are measured."""
        return ", ".join(dict.fromkeys(self.norms[ball] for ball in self.members[block]))

    def _page_(self) -> Page:
        return Page(f"<spectral: {names_in_line(self.members, 'block')}; .lipschitz, .curvature, .steps>")

    def to_dict(self, values: Values) -> dict[str, Json]:
        whole = {"lipschitz": self.lipschitz.to_dict(values), "curvature": self.curvature.to_dict(values)}
        return {"norms": dict(self.norms), **whole, **self.steps.to_dict(values)}


def spectral_of(graph: LayerGraph, primitives: p.PrimitiveGraph, options: Options) -> Spectral:
    """Those of an objective, from the Euclidean calculus; `graph` has copies in place of repeats, where it can."""
    alone = replace(graph, regularizer=None)
    program = traced_by(alone, primitives, replace(options, norms="euclidean"), seeded=True)
    curvature = curvature_of(program)
    members = {block: primitives.blocks[block].members for block in curvature.blocks}
    ranks = {b: rank for own in members.values() for b in own if (rank := _rank(graph, primitives, b)) is not None}
    if curvature.form is not None and graph.regularizer is not None:
        learned = {each.ball for each in primitives.primitives if isinstance(each, p.Parameter)}
        arena, form = curvature.form.arena, curvature.form
        for own, seed in zip(members.values(), curvature.seeds, strict=True):
            bent = [ranks.get(ball, sympy.S.One) for ball in own if ball in learned and graph.regularizer.sees(ball)]
            if bent:
                weight = graph.regularizer.weight * sympy.Max(*bent)
                form = form + arena.leaf(weight) * arena.leaf(seed) ** 2
        curvature = replace(curvature, form=form)
    everywhere = [key for i in range(len(curvature.blocks)) for key in curvature.row(i)]
    whole = Part(curvature, everywhere, curvature.total)
    return Spectral(
        {ball: OPERATOR if ball in ranks else EUCLIDEAN for own in members.values() for ball in own},
        members,
        Guarantee(SLOPE_NAME, SLOPE, _slope(graph, alone, primitives, options, ranks), graph.conditions),
        Guarantee("spectral_curvature", TOTAL, whole, graph.conditions),
        layer_steps(curvature, graph.conditions, {"together": TOGETHER, "alone": ALONE}, "spectral_step"),
    )


def _slope(
    graph: LayerGraph,
    alone: LayerGraph,
    primitives: p.PrimitiveGraph,
    options: Options,
    ranks: Mapping[str, sympy.Expr],
) -> Bound:
    """l(1, ..., 1), which is the recursion with one block. Of the regularizer, |<v, u>| <= rank(V) N(v) N(u) for each ball."""
    program = traced_by(alone, primitives, replace(options, norms="euclidean"), seeded=False)
    assert program.objective is not None
    slope = program.kept[program.objective][LIPSCHITZ]
    if isinstance(slope, Unbounded):
        return Bound(SLOPE_NAME, Infinite(slope.reason, slope.layer), Forms({}, []), graph.conditions)
    penalty = graph.regularizer
    for each in primitives.primitives:
        if isinstance(each, p.Parameter) and each.differentiated and penalty is not None and penalty.sees(each.ball):
            norm = (each.norm + each.ones) * graph.copies(each.made_in) * ranks.get(each.ball, sympy.S.One)
            slope = slope + slope.arena.leaf(penalty.weight * norm)
    forms = Forms(graph.conditions.symbols, [(SLOPE_NAME, slope)])
    return Bound(SLOPE_NAME, Evaluated(slope), forms, graph.conditions)


def _rank(graph: LayerGraph, primitives: p.PrimitiveGraph, ball: str) -> sympy.Expr | None:
    """The largest rank of the matrix in a ball, by its first axis against all others; None where it is not known to act as one
    wherever it is read."""
    uses = [(layer, array) for layer in graph.layers for array in layer.arrays if array.ball == ball]
    if not uses or any(layer.placed.least or layer.placed.most for layer, _ in uses):
        return None
    own = [array for _, array in uses if not array.shared]
    matrices = [array.shape for array in own if len(array.shape) > 1]
    if len(matrices) != 1 or any(array.start is not None for array in own):
        return None
    places = {i for i, each in enumerate(primitives.primitives) if isinstance(each, p.Parameter) and each.ball == ball}
    for each in primitives.primitives:
        if places.intersection(p.operands(each)) and not (isinstance(each, p.Bilinear) and _is_matrix(each, places)):
            return None
    (shape,) = matrices
    return sympy.Min(shape[0], sympy.Mul(*shape[1:]))


def _is_matrix(product: p.Bilinear, places: set[int]) -> bool:
    """Whether what is at one of the places multiplies something else as a matrix."""
    return product.is_matrix and product.left in places and product.right not in places
