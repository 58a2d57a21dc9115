"""Relative smoothness: a kernel h with D^2 F(w) <= D^2 h(w) for all w, in no ball. Proof: docs/steps.md.

Every learned array of w has norm at most ||w||, so the curvature of F at w is at most L(||w||), where L(rho) is the smoothness
bound with rho in place of every radius. Where L(rho) <= sum c_k rho^k, h(w) = sum c_k ||w||^(k+2)/(k+2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy

from boundcalc.blocks.figures import Values
from boundcalc.bounds.forms import EXPRESSION_CAP
from boundcalc.bounds.grouped import traced_by
from boundcalc.bounds.guarantee import Guarantee
from boundcalc.bounds.options import Json, Options
from boundcalc.bounds.shown import form_in_line
from boundcalc.calculus import primitives as p
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.quantities import SMOOTHNESS
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.layers.parts.maps import GIVEN
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.power_sums import Exponent, NoPowerSumError, power_sum
from boundcalc.program.to_sympy import to_sympy

NOTE = "F(v) <= F(w) + <grad F(w), v - w> + h(v) - h(w) - <grad h(w), v - w> at all parameters, whatever their norms"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """c_k as an upper bound: the closed form and its number."""

    scalar: Scalar

    @property
    def finite(self) -> bool:
        return True

    @property
    def reason(self) -> str | None:
        return None

    @property
    def expression(self) -> sympy.Expr | None:
        return to_sympy(self.scalar, EXPRESSION_CAP)

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        return free_symbols([self.scalar])[0]

    @property
    def upper(self) -> tuple[str, ...]:
        return ()

    def certified(self, values: Values) -> Number:
        return evaluate([self.scalar], values)[0]


@dataclass(frozen=True, eq=False, repr=False)
class Kernel(Shown):
    """`terms`: k and c_k; `reason`: why there is no kernel, then there are no terms."""

    terms: tuple[tuple[Exponent, Guarantee], ...] = ()
    reason: str | None = None

    @property
    def expression(self) -> sympy.Expr | None:
        """h in ||w||, called `norm_w`; None where it would be too long."""
        norm, total = sympy.Symbol("norm_w", nonnegative=True), sympy.S.Zero
        for k, coefficient in self.terms:
            form, power = coefficient.bound.expression, sympy.Rational(k.numerator, k.denominator) + 2
            if form is None:
                return None
            total = total + form * norm**power / power
        return total if self.terms else None

    def _page_(self) -> Page:
        form = (
            ""
            if self.reason is not None
            else form_in_line(self.expression, f"a sum of {len(self.terms)} powers of norm_w")
        )
        return Page(f"<kernel: {form or f'none, {self.reason}'}>")

    def to_dict(self, values: Values) -> dict[str, Json]:
        expression = self.expression
        return {
            "expression": None if expression is None else to_str(expression),
            "terms": [
                {"power": str(k + 2), "smoothness_power": str(k), "coefficient": c.to_dict(values)}
                for k, c in self.terms
            ],
            "reason": self.reason,
            "note": NOTE,
        }


def kernel_of(graph: LayerGraph, primitives: p.PrimitiveGraph, options: Options) -> Kernel:
    """That of an objective; `graph` has copies in place of repeats, where it can."""
    if (reason := _refusal(graph, primitives)) is not None:
        return Kernel(reason=reason)
    rho = sympy.Dummy("rho", nonnegative=True)
    free = tuple(_free(each, primitives, rho) for each in primitives.primitives)
    everywhere = replace(primitives, primitives=free, given=None)
    program = traced_by(graph, everywhere, replace(options, blocks="total"), False, {rho: sympy.S.One})
    assert program.objective is not None
    bound = program.kept[program.objective][SMOOTHNESS]
    if isinstance(bound, Unbounded):
        return Kernel(reason=bound.reason)
    try:
        powers = power_sum(bound, rho)
    except NoPowerSumError as error:
        return Kernel(reason=str(error))
    terms = tuple(
        (k, Guarantee(f"kernel_{k}", "a larger one is one as well", Coefficient(c), graph.conditions))
        for k, c in sorted(powers.items())
    )
    return Kernel(terms, None if terms else "the objective is not bent anywhere")


def _free(primitive: p.Primitive, of: p.PrimitiveGraph, rho: sympy.Symbol) -> p.Primitive:
    """Parameters of any norm: what a ball or a spectral bound says of them is left out."""
    match primitive:
        case p.Parameter(differentiated=True):
            return replace(primitive, norm=rho)
        case p.Bilinear(left) if isinstance(of.primitives[left], p.Parameter):
            return replace(primitive, left_norm=None)
        case _:
            return primitive


def _refusal(graph: LayerGraph, primitives: p.PrimitiveGraph) -> str | None:
    """What is known on the balls alone."""
    for layer in graph.layers:
        if layer.placed.least or layer.placed.most:
            return f"layer '{layer.path}' is bounded for restricted arrays only"
        if layer.placed.smooth_where:
            return f"the smoothness of '{layer.label}' holds {layer.placed.smooth_where}"
    for primitive, owner in zip(primitives.primitives, primitives.owners, strict=True):
        match primitive:
            case p.Source(differentiated=True):
                return "inputs are differentiated by: a kernel is one of parameters"
            case p.FixedPoint():
                return f"'{primitive.path}' contracts on its balls only"
            case p.Map(_, entry) | p.Average(_, entry) if GIVEN in (entry.lipschitz.source, entry.smoothness.source):
                return f"the constants given for layer '{owner}' are those on the balls"
            case _:
                pass
    return None
