"""Jacobians of all layers at many points at once, by complex steps, and points where derivatives are large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.network import Block, Network

Points = NDArray[np.float64]  # (points, width)
STEP = 1e-30  # its square is lost, so that an imaginary part divided by it is the derivative to machine precision


def evaluate(network: Network, points: Points) -> dict[str, NDArray[np.float64]]:
    """path -> (points, entries)."""
    found = network.outputs(points.astype(complex))
    return {path: value.real.reshape(len(points), -1) for path, value in found.items()}


def jacobians(network: Network, points: Points) -> dict[str, NDArray[np.float64]]:
    """path -> (points, entries, selected)."""
    chosen = network.selected
    if not len(chosen):
        return {path: np.zeros((*value.shape, 0)) for path, value in evaluate(network, points).items()}
    copies = np.repeat(points[:, None, :].astype(complex), len(chosen), axis=1)
    copies[:, np.arange(len(chosen)), chosen] += 1j * STEP
    found = network.outputs(copies.reshape(-1, network.width))
    return {
        path: (value.imag / STEP).reshape(len(points), len(chosen), -1).swapaxes(1, 2) for path, value in found.items()
    }


def random_points(network: Network, rng: np.random.Generator, count: int, onto_sphere: bool = True) -> Points:
    directions = rng.normal(size=(count, network.width))
    if not onto_sphere:
        centers = np.concatenate([block.center for block in network.blocks])
        radii = np.concatenate([np.full(len(b.center), b.radius / np.sqrt(len(b.center))) for b in network.blocks])
        return network.project(centers + radii * directions)
    return network.project(directions, onto_sphere=True)


def climb(network: Network, path: str, points: Points, steps: int) -> Points:
    """Steps towards larger ||D path||, all the way along its gradient to the blocks' boundaries (conditional gradient).

    With y, v the leading singular vectors of the Jacobian J, the gradient of its norm is (D J[v])^T y.
    """
    for _ in range(steps):
        jacobian = jacobians(network, points)[path]
        left, _, right = np.linalg.svd(jacobian)
        moved = points.copy()
        t = 1e-5
        moved[:, network.selected] += t * right[:, 0]
        change = (jacobians(network, moved)[path] - jacobian) / t
        gradient = np.zeros_like(points)
        gradient[:, network.selected] = np.einsum("pe,pes->ps", left[:, :, 0], change)
        candidates = network.project(gradient + 1e-12 * points, onto_sphere=True)
        better = top(jacobians(network, candidates)[path]) > top(jacobian)
        points = np.where(better[:, None], candidates, points)
    return points


def top(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Operator norms."""
    if 0 in matrices.shape[-2:]:
        return np.zeros(matrices.shape[:-2])
    return np.linalg.norm(matrices, 2, axis=(-2, -1))


def selected_part(network: Network, block: Block) -> NDArray[np.int64]:
    """Where a block stands among the selected entries."""
    return np.flatnonzero(np.isin(network.selected, np.arange(network.width)[block.part]))
