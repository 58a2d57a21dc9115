"""Steps in the operator norm, as Muon takes them. Proof: docs/steps.md.

Of a layer whose weight V is a matrix and acts as one (on every sample and position, or window), ||V z|| <= b |V|_op ||z||: the
bounds of such a layer hold with N(V, bias) = hypot(|V|_op, ||bias||) in place of the Euclidean norm, of the balls and of
directions. Other layers keep the Euclidean norm. The regularizer is bent by its weight times rank(V) in this geometry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy

from boundcalc.arguments import Suggesting
from boundcalc.blocks.figures import Values
from boundcalc.bounds.curvature import Part, curvature_of
from boundcalc.bounds.grouped import traced_by
from boundcalc.bounds.guarantee import Guarantee
from boundcalc.bounds.options import Json, Options
from boundcalc.bounds.steps import LayerSteps, layer_steps
from boundcalc.calculus import primitives as p
from boundcalc.graph.layer_graph import LayerGraph

OPERATOR, EUCLIDEAN = "operator", "euclidean"
TOGETHER = (
    "all layers move at once, each by minus step * its dual norm * its steepest direction (of a gradient U S V^T: U V^T, and the "
    "sum of S): F falls by at least the sum of step/2 (dual norm)^2"
)
ALONE = "this layer moves so, all others stay: F falls by at least step/2 (dual norm)^2"
TOTAL = "F(w + u) - F(w) - <grad F(w), u> is at most half of this where no layer of u has norm above 1: F falls by (sum of dual norms)^2 over twice this"


@dataclass(frozen=True, eq=False)
class Spectral(Suggesting):
    """`norms`: of each ball, "operator" or "euclidean"; `curvature`: the sum of all entries, for layers that all move by 1."""

    norms: Mapping[str, str]
    curvature: Guarantee
    steps: LayerSteps

    def to_dict(self, values: Values) -> dict[str, Json]:
        curvature = self.curvature.to_dict(values)
        return {"norms": dict(self.norms), "curvature": curvature, **self.steps.to_dict(values)}


def spectral_of(graph: LayerGraph, primitives: p.PrimitiveGraph, options: Options) -> Spectral:
    """Those of an objective, from the Euclidean calculus; `graph` has copies in place of repeats, where it can."""
    alone = replace(graph, regularizer=None)
    program = traced_by(alone, primitives, replace(options, blocks="layer", norms="euclidean"), seeded=True)
    curvature = curvature_of(program)
    ranks = {block: rank for block in curvature.blocks if (rank := _rank(graph, primitives, block)) is not None}
    if curvature.form is not None and graph.regularizer is not None:
        learned = {each.ball for each in primitives.primitives if isinstance(each, p.Parameter)}
        arena, form = curvature.form.arena, curvature.form
        for block, seed in zip(curvature.blocks, curvature.seeds, strict=True):
            if block in learned and graph.regularizer.sees(block):
                weight = graph.regularizer.weight * ranks.get(block, sympy.S.One)
                form = form + arena.leaf(weight) * arena.leaf(seed) ** 2
        curvature = replace(curvature, form=form)
    everywhere = [key for i in range(len(curvature.blocks)) for key in curvature.row(i)]
    whole = Part(curvature, everywhere, curvature.total)
    return Spectral(
        {block: OPERATOR if block in ranks else EUCLIDEAN for block in curvature.blocks},
        Guarantee("spectral_curvature", TOTAL, whole, graph.conditions),
        layer_steps(curvature, graph.conditions, {"together": TOGETHER, "alone": ALONE}, "spectral_step"),
    )


def _rank(graph: LayerGraph, primitives: p.PrimitiveGraph, ball: str) -> sympy.Expr | None:
    """The largest rank of the matrix in a ball, by its first axis against all others; None where no matrix is known to act as one.

    A kind that can use a bound of the operator norm of its linear map (`spectral`) reads its weight so, and adds its bias.
    """
    uses = [(layer, array) for layer in graph.layers for array in layer.arrays if array.ball == ball]
    if not uses or any(not layer.kind.spectral or layer.placed.least or layer.placed.most for layer, _ in uses):
        return None
    own = [array for _, array in uses if not array.shared]
    matrices = [array.shape for array in own if len(array.shape) > 1]
    if len(matrices) != 1 or any(array.start is not None for array in own):
        return None
    places = {i for i, each in enumerate(primitives.primitives) if isinstance(each, p.Parameter) and each.ball == ball}
    for each in primitives.primitives:
        if places.intersection(p.operands(each)) and not _is_product(each, places):
            return None
    (shape,) = matrices
    return sympy.Min(shape[0], sympy.Mul(*shape[1:]))


def _is_product(primitive: p.Primitive, places: set[int]) -> bool:
    """Whether it multiplies what is at one of the places with something else."""
    if not isinstance(primitive, p.Bilinear) or primitive.right in places:
        return False
    return primitive.left in places and primitive.right_norm is None and not primitive.entrywise
