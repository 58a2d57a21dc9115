"""What attention computes on arrays with an axis of heads: [n, ..., groups, heads of a group, positions, features of a head].

The heads of a group share a key and a value; of those the axis of the heads of a group has one entry.
"""

from __future__ import annotations

import math
from typing import Any

BASE = 10_000.0  # of the angles of rotary embeddings


def split_heads(z: Any, groups: int, width: int, xp: Any) -> Any:
    """[n, ..., positions, features] -> [n, ..., groups, heads of a group, positions, width]; heads of a group are neighbours."""
    *lead, positions, features = z.shape
    apart = xp.reshape(z, (*lead, positions, groups, features // (groups * width), width))
    first = len(lead)
    return xp.permute_dims(apart, (*range(first), first + 1, first + 2, first, first + 3))


def join_heads(z: Any, xp: Any) -> Any:
    *lead, groups, heads, positions, width = z.shape
    first = len(lead)
    beside = xp.permute_dims(z, (*range(first), first + 2, first, first + 1, first + 3))
    return xp.reshape(beside, (*lead, positions, groups * heads * width))


def transposed(z: Any, xp: Any) -> Any:
    return xp.permute_dims(z, (*range(z.ndim - 2), z.ndim - 1, z.ndim - 2))


def rotated(z: Any, xp: Any) -> Any:
    """Entries k and k + width/2 of position i are turned by the angle i BASE^(-2k/width) (Su et al., arXiv:2104.09864)."""
    positions, half = z.shape[-2], z.shape[-1] // 2
    angles = xp.asarray([[i * BASE ** (-k / half) for k in range(half)] for i in range(positions)], dtype=z.dtype)
    cosines, sines = xp.cos(angles), xp.sin(angles)
    first, second = z[..., :half], z[..., half:]
    return xp.concat([first * cosines - second * sines, second * cosines + first * sines], axis=-1)


def by_offset(table: Any, shape: tuple[int, ...], xp: Any) -> Any:
    """From [heads, offsets] to the last four axes of scores: query i and key j read the offset j - i, the smallest first."""
    *_, queries, keys = shape
    rows = [table[:, start : start + keys] for start in range(queries - 1, -1, -1)]
    return xp.reshape(xp.stack(rows, axis=1), shape)


def causal(scores: Any, xp: Any) -> Any:
    """Position i does not see those after it."""
    queries, keys = scores.shape[-2:]
    rows = xp.asarray([[float(i)] for i in range(queries)], dtype=scores.dtype)
    columns = xp.asarray([[float(j) for j in range(keys)]], dtype=scores.dtype)
    return xp.where(rows >= columns, scores, xp.full(scores.shape, -math.inf, dtype=scores.dtype))
