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


def dropout_norm(p: sympy.Expr) -> sympy.Expr:
    """Operator norm of dropout in training, entries kept multiplied by 1/(1 - p), 0 <= p < 1; ValueError outside.

    Reached by an entry that is kept. In evaluation dropout is the identity.
    """
    if p.is_negative or (1 - p).is_nonpositive:
        raise ValueError(f"dropout needs 0 <= p < 1, not {p}")
    return 1 / (1 - p)
