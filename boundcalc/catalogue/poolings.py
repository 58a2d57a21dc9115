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
    valid entries only.
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
