"""Smooth maps in place of those with kinks, and by how much they differ.

Infimal convolution: the Moreau envelope of ReLU with parameter mu moved by its curvature is (x/(2 mu)) x/2 up to 2 mu and x - mu
beyond, between ReLU - mu and ReLU; mu log-sum-exp(z/mu) lies between the largest of w entries and mu log w above it.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from boundcalc.catalogue.activations import ONE, ZERO, attained, bent
from boundcalc.catalogue.convolutions import product
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter, elementwise
from boundcalc.catalogue.symbols import mu, x

MOREAU_RELU = elementwise(
    "moreau_relu",
    sympy.Piecewise((ZERO, x < 0), (x**2 / (4 * mu), x < 2 * mu), (x - mu, True)),
    title="ReLU, rounded on [0, 2 mu]",
    parameters=(Parameter("mu", mu, ONE, "the largest difference from ReLU"),),
    lipschitz=attained(ONE, 3 * mu, "a' = x/(2 mu) on [0, 2 mu], 0 below and 1 above"),
    smoothness=attained(1 / (2 * mu), mu, "a'' = 1/(2 mu) on [0, 2 mu], 0 elsewhere"),
    third=bent("moreau_relu", ZERO, "0 and 2 mu"),
    slope=ZERO,
)


def log_sum_exp(
    touches: Iterable[sympy.Expr], taps: sympy.Expr, windows: sympy.Expr, value: sympy.Expr
) -> Nonlinearity:
    """mu log(sum of exp(z_i/mu)) over windows of at most `taps` entries, padding ignored; `value` is mu.

    The gradient of one is a softmax p: of sum 1, so it moves by at most the largest change of the window; its second derivative
    is Var_p(u)/mu <= ||u||^2/(2 mu) (Popoviciu). An entry is in at most product(q) windows.
    """
    overlap = product(touches)
    at_zero = value * sympy.log(taps)
    return Nonlinearity(
        name="lsepool",
        title="mu times the log-sum-exp of the entries over mu, of every window",
        domain="all real entries; every window contains at least one of them",
        lipschitz=Fact(
            sympy.sqrt(overlap),
            "the gradient of a window is a softmax, and ||p||_2 <= ||p||_1 = 1, summed over windows",
            Witness("limit", "one entry far above all others, where it lies in that many windows"),
        ),
        smoothness=Fact(
            sympy.sqrt(overlap) / (2 * value),
            "Var_p(u)/mu <= ||u||^2/(2 mu), and ||u|| <= 1 in every window, summed over windows",
            Witness("limit", "two entries that tie far above all others, where both lie in that many windows"),
        ),
        at_zero=Fact(at_zero * sympy.sqrt(windows), "mu log w of each window of w zeros"),
        sup_at_zero=at_zero,
    )
