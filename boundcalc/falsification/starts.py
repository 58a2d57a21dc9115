"""Where the search begins: points at which bounds are often reached, and random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import numpy as np

from boundcalc.falsification.sets import Array, Domain, Point

Rng = np.random.Generator
Shape = tuple[int, ...]
Pattern = Callable[[Rng, Shape], Array]

_SCALES = (1.0, 1.0, 0.5, 0.1, 0.0)


def starts(domain: Domain, shapes: Mapping[str, Shape], seed: int) -> Iterator[tuple[Point, Point]]:
    """Points of the domain and directions, without end. With one of them only, which pattern it has depends on the seed: where
    all inputs are alike a normalisation has nothing but zeros."""
    inputs = {part.name for part in (*domain.inputs, *domain.tokens)}  # their first axis is the batch
    rng = np.random.default_rng(seed)
    for number in count():
        of_arrays, of_inputs = _PATTERNS[(seed + number) % len(_PATTERNS)]
        patterns = {name: (of_inputs if name in inputs else of_arrays)(rng, shape) for name, shape in shapes.items()}
        point = domain.drawn(patterns)
        if number % 2:  # inside as well: bounded maps bend most near 0
            point = domain.project({name: array * rng.choice(_SCALES) for name, array in point.items()})
        yield point, _direction(rng, point, domain, number)


def _direction(rng: Rng, point: Point, domain: Domain, number: int) -> Point:
    """Along the point itself, or random; what is zero would stay so."""
    shapes = {name: point[name].shape for name in sorted(domain.selected)}
    if number % 3 == 0:
        return {name: point[name] + 0.01 * rng.normal(size=shape) for name, shape in shapes.items()}
    if number % 3 == 1:
        return {name: _signs(rng, shape) for name, shape in shapes.items()}
    return {name: _gaussian(rng, shape) for name, shape in shapes.items()}


def _ones(rng: Rng, shape: Shape) -> Array:
    return np.ones(shape)


def _gaussian(rng: Rng, shape: Shape) -> Array:
    return rng.normal(size=shape)


def _signs(rng: Rng, shape: Shape) -> Array:
    """Ties of magnitude."""
    return rng.choice((-1.0, 1.0), size=shape)


def _rank_one(rng: Rng, shape: Shape) -> Array:
    found = np.ones(())
    for axis in shape:
        found = np.multiply.outer(found, rng.choice((-1.0, 1.0), size=axis))
    return found


def _single(rng: Rng, shape: Shape) -> Array:
    found = np.zeros(shape)
    if found.size:
        found.flat[rng.integers(found.size)] = rng.choice((-1.0, 1.0))
    return found


def _some_zero(rng: Rng, shape: Shape) -> Array:
    return np.zeros(shape) if rng.random() < 0.3 else _rank_one(rng, shape)


def _same_samples(rng: Rng, shape: Shape) -> Array:
    return np.broadcast_to(rng.normal(size=shape[1:]), shape).copy()


def _constant_channels(rng: Rng, shape: Shape) -> Array:
    """One number for each sample and channel."""
    return np.broadcast_to(rng.normal(size=(*shape[:2], *(1 for _ in shape[2:]))), shape).copy()


def _one_sample(rng: Rng, shape: Shape) -> Array:
    found = rng.normal(size=shape)
    found[1:] = 0
    return found


_PATTERNS: tuple[tuple[Pattern, Pattern], ...] = (
    (_ones, _ones),
    (_gaussian, _gaussian),
    (_rank_one, _rank_one),
    (_gaussian, _same_samples),
    (_some_zero, _ones),
    (_single, _single),
    (_gaussian, _constant_channels),
    (_signs, _signs),
    (_gaussian, _one_sample),
    (_rank_one, _gaussian),
)
