"""F(w) = f(psi(w)) + weight/2 ||w||^2: the loss is a map of the output; the regularizer adds weight to the curvature."""

from __future__ import annotations

import sympy

from boundcalc.calculus.primitives import Parameter, PrimitiveGraph
from boundcalc.calculus.quantities import SMOOTHNESS, UPPER_CURVATURE, Figures
from boundcalc.calculus.trace import Traced
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.program.ir import Scalar


def regularized(graph: LayerGraph, primitives: PrimitiveGraph, traced: Traced, loss: int) -> Figures:
    """The figures of the derivatives of F. The gradient of r is weight * w, at most weight ||w||; its Hessian is weight times
    the identity; further derivatives are zero.

    By blocks that it sees, ||D_i r|| <= weight ||v_i|| and Q_r = weight I, that is weight * sum of s_i^2 in the seeds.
    """
    figures = {quantity: figure for quantity, figure in traced.figures[loss].items() if quantity.order}
    if primitives.above is not None:
        figures[UPPER_CURVATURE] = traced.figures[primitives.above][SMOOTHNESS]
    if graph.regularizer is None:
        return figures
    arena = traced.arena
    weight, sees = arena.leaf(graph.regularizer.weight), graph.regularizer.sees
    balls = [p for p in primitives.primitives if isinstance(p, Parameter) and p.differentiated and sees(p.ball)]
    # In a symbolic repeat, one ball in each pass that has its own.
    norms = [arena.leaf((ball.norm + ball.ones) * sympy.sqrt(graph.copies(ball.made_in))) for ball in balls]
    if traced.seeds:
        block_of, of_blocks = primitives.block_of, dict[str, list[Scalar]]()
        for ball, norm in zip(balls, norms, strict=True):
            of_blocks.setdefault(block_of[ball.ball], []).append(norm)
        first, second = arena.zero, arena.zero
        for block, own in of_blocks.items():
            seed = arena.leaf(traced.seeds[block])
            first, second = first + own[0].hypot(*own[1:]) * seed, second + seed**2
    else:
        first = norms[0].hypot(*norms[1:]) if norms else arena.zero
        second = arena.one if norms else arena.zero
    of_order = {1: weight * first, 2: weight * second}
    return {q: figure + of_order[q.order] if q.order in of_order else figure for q, figure in figures.items()}
