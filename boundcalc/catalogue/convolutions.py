"""Convolutions: how often an entry is touched, and the norm of the bilinear map (kernel, input) -> output."""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy import Integer, Min, ceiling


def touches(outputs: sympy.Expr, kernel: sympy.Expr, stride: sympy.Expr, dilation: sympy.Expr) -> sympy.Expr:
    """q >= number of windows, along one axis, that contain a given input entry; whatever the (zero) padding.

    All four are integers once they have values; ValueError for a number that is not a positive integer.
    Window o and tap j meet entry i where o stride + j dilation = i + padding: an o has at most one j, and the j that
    occur lie in one residue class modulo stride/gcd(stride, dilation), so q = min(outputs, ceil(kernel gcd / stride)).
    For a transposed convolution, the adjoint of one, `outputs` counts the entries that it reads.
    """
    for value in (outputs, kernel, stride, dilation):
        if value.is_number and not (isinstance(value, sympy.Integer) and value > 0):
            raise ValueError(f"a number of entries must be a positive integer, not {value}")
    most = _ceiling(kernel * _common_divisor(stride, dilation) / stride, kernel)
    return most if most == 1 else Min(outputs, most)


def _common_divisor(stride: sympy.Expr, dilation: sympy.Expr) -> sympy.Expr:
    """gcd of positive integers, or min(stride, dilation) >= gcd where a symbol hides it: more touches, never fewer."""
    if stride == dilation:
        return stride
    if isinstance(stride, sympy.Integer) and isinstance(dilation, sympy.Integer):
        return Integer(sympy.igcd(int(stride), int(dilation)))
    if Integer(1) in (stride, dilation):
        return Integer(1)
    return Min(stride, dilation)


def _ceiling(ratio: sympy.Expr, kernel: sympy.Expr) -> sympy.Expr:
    # A symbolic kernel is an integer once it has a value, also where its symbol was not declared so.
    return ratio if ratio == kernel else ceiling(ratio)


def product(factors: Iterable[sympy.Expr]) -> sympy.Expr:
    """The product over the axes."""
    return sympy.Mul(*factors)


def convolution_norm(touch_per_axis: Iterable[sympy.Expr]) -> sympy.Expr:
    """b = sqrt(product of q): ||v * z|| <= b ||v|| ||z||, Euclidean norms of kernel, and input over the whole batch.

    The output is the kernel matrix times the matrix of windows, ||AB|| <= ||A|| ||B|| in Frobenius norm, and every
    entry is in at most product(q) windows. Grouped: group by group. Transposed: the adjoint in z, same norm.
    Witness (limit): many positions, one channel, taps that are congruent modulo stride/gcd(stride, dilation) all equal,
    others 0.
    """
    return sympy.sqrt(product(touch_per_axis))
