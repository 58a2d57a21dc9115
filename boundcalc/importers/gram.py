"""Operator norms of matrices from above, by Gram iteration: ||X||^2 = ||X^H X||, so 2^k-th roots of the Euclidean norm of the k-th
Gram matrix decrease to the norm (Delattre et al., arXiv:2305.16173). Rounding is bounded at each step; docs/weights.md has the proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundcalc.importers.upward import LOST, Values, gamma, root, root_of_squares, up

TOLERANCE = 2.0**-14  # how far above the norm: docs/weights.md has what it costs
MOST_STEPS = 24


@dataclass(frozen=True, slots=True)
class _Step:
    """Of one Gram product, for each matrix: X^H X is 2^exponent times the next matrix, but for `error` in Euclidean norm."""

    exponent: NDArray[np.int64]
    error: Values

    def before(self, bound: Values) -> Values:
        """Above the norms of the matrices, from what is above those of the next ones."""
        return root(up(up(np.ldexp(bound, self.exponent)) + self.error))

    def kept(self, chosen: NDArray[np.bool_]) -> _Step:
        return _Step(self.exponent[chosen], self.error[chosen])


def largest_norm(stack: NDArray[Any], tolerance: float = TOLERANCE, known: float = 0.0) -> float:
    """Above the operator norms of the matrices [..., m, n] of a stack, and of those whose bound is `known`: at most 1 + tolerance
    times the largest of all. Entries are at most MOST_TERMS in absolute value, and the matrices that matter have some near 1."""
    if 0 in stack.shape:
        return known
    matrices = stack.reshape(-1, *stack.shape[-2:])
    if matrices.shape[1] < matrices.shape[2]:
        matrices = matrices.swapaxes(1, 2)
    steps: list[_Step] = []
    while True:
        norms = root_of_squares(matrices.reshape(len(matrices), -1))
        bounds = norms
        for step in reversed(steps):
            bounds = step.before(bounds)
        # What need not be sharper: any bound is one, and how near it is only decides how many steps are taken.
        enough = (1 + tolerance) * max(known, float(_estimates(matrices, norms, steps).max()))
        chosen = bounds > enough
        if len(steps) == MOST_STEPS or matrices.shape[2] == 1 or not chosen.any():
            return max(known, float(bounds.max()))
        known = max(known, float(bounds[~chosen].max(initial=0.0)))
        steps = [step.kept(chosen) for step in steps]
        matrices, step = _gram(matrices[chosen], norms[chosen])
        steps.append(step)


def _gram(matrices: NDArray[Any], norms: Values) -> tuple[NDArray[Any], _Step]:
    """Each entry is a sum of m products (two real ones for each part of a complex number): whatever the order, it differs from the
    exact one by at most gamma times the same sum of absolute values, and those matrices have norm at most ||X||_F^2."""
    is_complex = matrices.dtype != np.float64
    products = np.matmul((matrices.conj() if is_complex else matrices).swapaxes(1, 2), matrices)
    parts = np.stack([products.real, products.imag]) if is_complex else products[None]
    largest = np.abs(parts).max(axis=(0, 2, 3))
    exponent = np.frexp(largest)[1].astype(np.int64)
    relative = 1.5 * gamma(2 * matrices.shape[1]) if is_complex else gamma(matrices.shape[1])  # 1.5 > sqrt(2)
    error = up(up(up(norms * norms) * relative) + LOST)
    shift = -exponent[:, None, None]
    parts = np.ldexp(parts, shift[None])
    following = parts[0] + 1j * parts[1] if is_complex else parts[0]
    return following, _Step(exponent, error)


def _estimates(matrices: NDArray[Any], norms: Values, steps: list[_Step]) -> Values:
    """What the norms are at least, but for rounding: sum(l^2) / sum(l) of the eigenvalues l of a Gram matrix is below the largest."""
    if not steps:
        return norms / np.sqrt(matrices.shape[2])
    traces = np.maximum(np.trace(matrices, axis1=1, axis2=2).real, np.finfo(np.float64).tiny)
    found = np.minimum(norms * (norms / traces), norms)
    for step in reversed(steps):
        found = np.sqrt(np.ldexp(found, step.exponent))
    return found
