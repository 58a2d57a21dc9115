"""Poolings: average pooling is linear, max pooling Lipschitz."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from boundcalc.catalogue.convolutions import product
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity


def average_pool_norm(touch_per_axis: Iterable[sympy.Expr], kernel_per_axis: Iterable[sympy.Expr]) -> sympy.Expr:
    """sqrt(product of q / product of kernel): norm of average pooling that divides by the full kernel, also at borders.

    ||A||^2 <= (largest column sum)(largest row sum) (Schur), with rows that sum up to at most 1 and product(q) windows,
    of weight 1/product(kernel), in a column. Reached where windows do not overlap (any constant input), so also by the
    global average, whose norm is 1/sqrt(positions); an upper bound where they do. Does not hold for an average over the
    valid entries only, unless `kernel_per_axis` is the smallest number of them in a window.
    """
    return sympy.sqrt(product(touch_per_axis) / product(kernel_per_axis))


def global_average_norm(positions: sympy.Expr) -> sympy.Expr:
    """Operator norm of the mean over `positions` entries: one window. Reached by a constant input."""
    return 1 / sympy.sqrt(positions)


def max_pool(touch_per_axis: Iterable[sympy.Expr]) -> Nonlinearity:
    """Largest entry of every window, padding ignored (-oo).

    |max z - max z'| <= largest |z_i - z'_i| of the window, and an entry is in at most product(q) windows.
    """
    overlap = product(touch_per_axis)
    return Nonlinearity(
        name="maxpool",
        title="largest entry of every window",
        domain="all real entries; every window contains at least one of them",
        lipschitz=Fact(
            sympy.sqrt(overlap),
            "|max z - max z'| <= max |z - z'|, summed over windows",
            Witness("attained", "one entry above all others, where it lies in that many windows"),
        ),
        smoothness=Fact(
            None,
            "the one-sided derivatives differ",
            Witness("attained", "two entries of a window are equal and largest"),
            reason="max pooling has kinks where two entries of a window tie: its derivative jumps",
        ),
        at_zero=Fact(sympy.Integer(0), "the largest of zeros"),
        sup_at_zero=sympy.Integer(0),
    )


def power_pool(touch_per_axis: Iterable[sympy.Expr], entries: sympy.Expr, p: sympy.Expr) -> Nonlinearity:
    """(sum |z_i|^p)^(1/p) over every window of so many entries, p >= 1 a number.

    The norm of l_p is at most the Euclidean one for p >= 2, else entries^(1/p - 1/2) times it (Hoelder): so fast does it move,
    by the triangle inequality. An entry is in at most product(q) windows.
    """
    overlap = product(touch_per_axis)
    is_euclidean = p >= 2
    reached = is_euclidean or overlap == 1
    point = "one entry that is not 0" if is_euclidean else "all entries of a window are equal"
    return Nonlinearity(
        name="lppool",
        title="norm of l_p of every window",
        domain="all real entries",
        lipschitz=Fact(
            sympy.sqrt(overlap) * (1 if is_euclidean else entries ** (1 / p - sympy.Rational(1, 2))),
            "triangle inequality in l_p, and Hoelder; summed over windows",
            Witness("attained" if reached else "upper", f"{point}, in that many windows"),
        ),
        smoothness=Fact(
            None,
            "a norm is not differentiable at 0",
            Witness("attained", "all entries of a window are 0"),
            reason="lppool has a kink where all entries of a window are 0: its derivative jumps",
        ),
        at_zero=Fact(sympy.Integer(0), "the norm of zeros"),
        sup_at_zero=sympy.Integer(0),
    )
