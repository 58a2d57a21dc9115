"""Biases, learned gains and shifts, dropout, means: the linear and bilinear maps whose norm is one line."""

from __future__ import annotations

import sympy

# ||g z|| <= max |g_c| ||z|| <= ||g|| ||z||, g repeated over samples and positions; reached by a single channel.
GAIN_NORM: sympy.Expr = sympy.Integer(1)

# ||V z|| <= ||V|| ||z|| in Frobenius norm, whatever the number of samples; reached by one unit and one feature.
DENSE_NORM: sympy.Expr = sympy.Integer(1)


def repeat_norm(copies: sympy.Expr) -> sympy.Expr:
    """Operator norm of v -> (v, ..., v): a bias added to `copies` samples and positions. Reached by every v."""
    return sympy.sqrt(copies)


def augmented_norm(bilinear: sympy.Expr, norm: sympy.Expr, copies: sympy.Expr) -> sympy.Expr:
    """sqrt(b^2 norm^2 + copies): norm of (V, bias) -> B(V, z) + (bias repeated `copies` times) where ||z|| <= norm.

    Cauchy-Schwarz on b ||V|| norm + sqrt(copies) ||bias||: one radius for weights and bias together. Reached for dense
    layers and gains where all samples are equal.
    """
    return sympy.sqrt(bilinear**2 * norm**2 + copies)


def normalised_norm(entries: sympy.Expr) -> sympy.Expr:
    """Operator norm of a learned gain and shift, (g, h) -> g z + h, after a normalisation: the root of the number of `entries`
    of all the groups in which a gain is used, where that exceeds nothing else that is known.

    In a group of M entries, centred, of norm at most sqrt(M), let g and h be used at some places, w a unit vector on these and s
    the sum of its entries. <g z + h, w> = g <z, w - s/M> + h s <= |g| sqrt(M) sqrt(1 - s^2/M) + |h| |s| <= sqrt(M) ||(g, h)||
    (Cauchy-Schwarz twice). Groups that use the same gain add up in squares, gains of their own act on entries of their own.
    Without a centre the same holds of the gain alone. Approached where variances are large.
    """
    return sympy.sqrt(entries)


def dropout_norm(p: sympy.Expr) -> sympy.Expr:
    """Operator norm of dropout in training, entries kept multiplied by 1/(1 - p), 0 <= p < 1; ValueError outside.

    Reached by an entry that is kept. In evaluation dropout is the identity.
    """
    if p.is_negative or (1 - p).is_nonpositive:
        raise ValueError(f"dropout needs 0 <= p < 1, not {p}")
    return 1 / (1 - p)
