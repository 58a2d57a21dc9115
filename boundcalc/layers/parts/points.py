"""How far points, the rows of an array, are from being few: on arrays of any namespace. Numbers are arrays of one entry until the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

EXACT = 6  # points up to which all groups are tried
STEPS = 12  # of Lloyd's algorithm
SWEEPS = 8  # of rotations
PASSES = 60  # of projected gradients, of more than two points


def by_groups(points: Any, count: float, xp: Any) -> Any:
    """Half the sum of squared distances to the means of the best groups; of many points, of those that Lloyd's algorithm ends with
    from the first points on, which are no better."""
    size, k = points.shape[0], int(count)
    if size <= EXACT:
        costs = [sum((_scatter(points, group, xp) for group in groups), 0.0) for groups in _partitions(size, k)]
        return xp.sum(_least(costs, xp))
    centres = [points[i : i + 1] for i in range(min(k, size))]
    for _ in range(STEPS):
        weights = _nearest(_distances(points, centres, xp), xp)
        centres = [_mean(points, weight, centre, xp) for weight, centre in zip(weights, centres, strict=True)]
    nearest = xp.stack([-each for each in _distances(points, centres, xp)])
    return -xp.sum(xp.max(nearest, axis=0)) / 2


def _partitions(size: int, groups: int) -> Iterator[list[list[int]]]:
    """All partitions of so many points into at most so many groups."""
    if size == 0:
        yield []
        return
    for rest in _partitions(size - 1, groups):
        last = size - 1
        for i in range(len(rest)):
            yield [[*group, last] if i == j else group for j, group in enumerate(rest)]
        if len(rest) < groups:
            yield [*rest, [last]]


def _scatter(points: Any, group: list[int], xp: Any) -> Any:
    """Half the sum of squared distances to the mean."""
    own = xp.concat([points[i : i + 1] for i in group], axis=0)
    away = own - xp.mean(own, axis=0, keepdims=True)
    return _total(away * away, xp) / 2


def _total(z: Any, xp: Any) -> Any:
    return xp.reshape(xp.sum(z), (1,))


def _least(values: list[Any], xp: Any) -> Any:
    return -xp.max(xp.stack([-value for value in values]), axis=0)


def _distances(points: Any, centres: list[Any], xp: Any) -> list[Any]:
    return [xp.sum((points - centre) * (points - centre), axis=-1) for centre in centres]


def _nearest(distances: list[Any], xp: Any) -> list[Any]:
    """Of each centre, 1 for the points that it is the first of the nearest centres of, and 0 for others."""
    least = _least(distances, xp)
    found, free = list[Any](), 0 * least + 1
    for distance in distances:
        own = xp.where(distance <= least, free, 0 * free)
        found.append(own)
        free = free - own
    return found


def _mean(points: Any, weights: Any, otherwise: Any, xp: Any) -> Any:
    count = _total(weights, xp)
    mean = xp.sum(points * xp.reshape(weights, (-1, 1)), axis=0, keepdims=True)
    return xp.where(count > 0, mean / xp.where(count > 0, count, 0 * count + 1), otherwise)


def by_representatives(points: Any, weight: float, xp: Any) -> Any:
    """min over b of ||z - b||^2/2 + weight * (sum of ||b_i - b_j|| over pairs), by projected gradients of its dual, the maximum of <s, z> -
    ||s||^2/2 over s_i = sum_j p_ij with p_ij = -p_ji of norm at most `weight`; exact for two points."""
    size = points.shape[0]
    if size == 1:
        return 0 * xp.sum(points)
    left, right = xp.reshape(points, (size, 1, -1)), xp.reshape(points, (1, size, -1))
    pairs = 0 * (left - right)
    for _ in range(1 if size == 2 else PASSES):
        b = points - xp.sum(pairs, axis=1)
        moved = pairs + (xp.reshape(b, (size, 1, -1)) - xp.reshape(b, (1, size, -1))) / size
        square = xp.sum(moved * moved, axis=-1, keepdims=True)
        far = square > weight * weight
        root = xp.sqrt(xp.where(far, square, 0 * square + weight * weight))
        pairs = xp.where(far, moved * weight / root, moved)
    s = xp.sum(pairs, axis=1)
    return xp.sum(s * points) - xp.sum(s * s) / 2


def by_singular_values(points: Any, rank: float, xp: Any) -> Any:
    """Half the sum of the squares of all singular values but the largest: rotations of two columns at a time make the columns
    orthogonal (one-sided Jacobi)."""
    if points.shape[0] < points.shape[1]:
        points = xp.permute_dims(points, (1, 0))
    columns = [points[:, i] for i in range(points.shape[1])]
    for _ in range(SWEEPS if len(columns) > 2 else 1):
        for i in range(len(columns)):
            for j in range(i + 1, len(columns)):
                columns[i], columns[j] = _orthogonal(columns[i], columns[j], xp)
    squares = [_total(column * column, xp) for column in columns]
    total = 0 * squares[0]
    for i, square in enumerate(squares):
        before = sum(bool(other >= square if j < i else other > square) for j, other in enumerate(squares))
        total = total if before < int(rank) else total + square
    return xp.sum(total) / 2


def _orthogonal(a: Any, b: Any, xp: Any) -> tuple[Any, Any]:
    """The two columns turned in their plane; as they are where they are orthogonal and equally long already."""
    product, difference = _total(a * b, xp), _total(b * b, xp) - _total(a * a, xp)
    square = difference * difference + 4 * product * product
    turns = square > 1e-30
    root = xp.sqrt(xp.where(turns, square, 0 * square + 1))
    sign = xp.where(difference >= 0, 0 * root + 1, 0 * root - 1)
    tangent = xp.where(turns, 2 * product * sign / (sign * difference + root), 0 * product)
    cosine = 1 / xp.sqrt(1 + tangent * tangent)
    sine = cosine * tangent
    return cosine * a - sine * b, sine * a + cosine * b
