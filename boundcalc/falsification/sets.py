"""The sets that learned arrays and inputs range over: projections onto them, and their farthest points in a direction.

A ball of learned arrays holds v = v0 + e with ||e|| <= radius, where the centre v0 is any with the given norms: of each array
(||v0_a|| <= center_a), or of all together; gains start at one, or another number, which is their centre. An input holds one vector, one a sample
or one an entry, each of norm at most the radius. A spectral bound shrinks a weight until its linear map obeys it. An array may be
restricted inside its ball: to rows that are long enough, and to entries that are small enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy

from boundcalc.exact.values import substitute
from boundcalc.falsification.limits import Array, Clipped, LongRows, Point
from boundcalc.falsification.namespaces import DOUBLES
from boundcalc.falsification.taylor import Taylor
from boundcalc.falsification.taylor_namespace import TaylorNamespace
from boundcalc.graph.facts import at_values
from boundcalc.graph.layer_graph import Ball, Layer, LayerGraph
from boundcalc.graph.selection import Selection
from boundcalc.language.architecture import Input as Declared
from boundcalc.language.structure import InputNorm

Number = Callable[[sympy.Expr], float]
_SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class BallSet:
    """Arrays by name. `centers`: norms of the centres of arrays, and `maps` those of the linear maps at them; `starts`: the entries
    of gains, which are their centre; `center`: of all together."""

    names: tuple[str, ...]
    radius: float
    center: float
    centers: Mapping[str, float]
    starts: Mapping[str, float]
    maps: Mapping[str, Spectral] = field(default_factory=dict[str, "Spectral"])

    def project(self, point: Mapping[str, Array]) -> Point:
        """The nearest centre of each array first, then the ball around it."""
        start = {name: self._centre(name, point[name]) for name in self.names}
        offsets = {name: point[name] - start[name] for name in self.names}
        scale = _shrink(length(offsets.values()), self.radius + self.center)
        return {name: start[name] + scale * offsets[name] for name in self.names}

    def farthest(self, gradient: Mapping[str, Array]) -> Point:
        """Where <gradient, v> is largest."""
        reach, norm = self.radius + self.center, length(gradient[name] for name in self.names) or 1.0
        return {
            name: self._farthest_centre(name, gradient[name]) + gradient[name] / norm * reach for name in self.names
        }

    def holds(self, point: Mapping[str, Array]) -> bool:
        offsets = (point[name] - self._centre(name, point[name]) for name in self.names)
        return length(offsets) <= (self.radius + self.center) * (1 + _SLACK)

    def _centre(self, name: str, array: Array) -> Array:
        if name in self.starts:
            return np.full_like(array, self.starts[name])
        return self._possible(name, array * _shrink(length((array,)), self.centers.get(name, 0.0)))

    def _farthest_centre(self, name: str, gradient: Array) -> Array:
        if name in self.starts:
            return np.full_like(gradient, self.starts[name])
        return self._possible(name, gradient / (length((gradient,)) or 1.0) * self.centers.get(name, 0.0))

    def _possible(self, name: str, centre: Array) -> Array:
        return self.maps[name].applied({name: centre})[name] if name in self.maps else centre


@dataclass(frozen=True, slots=True)
class InputSet:
    """An array whose vectors, along the axes from `axis` on, have norm at most `radius` each."""

    name: str
    radius: float
    axis: int

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def project(self, point: Mapping[str, Array]) -> Point:
        return self._scaled(point, lambda norms: np.minimum(1.0, self.radius / np.maximum(norms, 1e-300)))

    def farthest(self, gradient: Mapping[str, Array]) -> Point:
        return self._scaled(gradient, lambda norms: np.where(norms > 0, self.radius / np.maximum(norms, 1e-300), 0.0))

    def _scaled(self, point: Mapping[str, Array], scale: Callable[[Array], Array]) -> Point:
        array = point[self.name]
        axes = tuple(range(self.axis, array.ndim))
        largest = float(np.max(np.abs(array), initial=0.0)) or 1.0
        norms = largest * np.sqrt(np.sum((array / largest) ** 2, axis=axes, keepdims=True))
        return {self.name: array * scale(norms)}


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Token ids below `count`: whole numbers, which have no gradient."""

    name: str
    count: int

    def project(self, point: Mapping[str, Array]) -> Point:
        return {self.name: np.clip(np.rint(point[self.name]), 0, self.count - 1)}

    def drawn(self, pattern: Mapping[str, Array]) -> Point:
        """Ids that are equal where the pattern is."""
        array = pattern[self.name]
        ids = np.unique(array, return_inverse=True)[1] % self.count
        return {self.name: ids.reshape(array.shape).astype(float)}


@dataclass(frozen=True, slots=True)
class Spectral:
    """||z -> weight z|| <= norm. `matrix` writes the linear map of a weight out."""

    name: str
    norm: float
    matrix: Callable[[Array], Array]

    def applied(self, point: Point) -> Point:
        """Shrinking towards 0 stays in every set whose centre may be 0, and such are those of weights."""
        largest = float(np.linalg.norm(self.matrix(point[self.name]), 2))
        return point if largest <= self.norm else {**point, self.name: point[self.name] * (self.norm / largest)}


@dataclass(frozen=True, slots=True)
class Domain:
    """The product of all sets. `selected`: what is differentiated by; `penalised`: what the regularizer sees."""

    balls: Sequence[BallSet]
    inputs: Sequence[InputSet]
    limits: Sequence[Clipped | LongRows]
    spectral: Sequence[Spectral]
    selected: frozenset[str]
    penalised: frozenset[str]
    tokens: Sequence[TokenSet] = ()

    def project(self, point: Mapping[str, Array]) -> Point:
        """The nearest point of the domain, up to limits and spectral bounds."""
        return self._product(part.project(point) for part in (*self.balls, *self.inputs, *self.tokens))

    def farthest(self, gradient: Mapping[str, Array]) -> Point:
        """The point where <gradient, point> is largest, up to limits and spectral bounds; long rows at their shortest, where what
        divides by them is largest. Of token ids nothing is said."""
        sets = (*self.balls, *self.inputs)
        far = self._product(part.farthest(gradient) for part in sets)
        corners = {limit.name: limit.farthest(gradient[limit.name]) for limit in self.limits}
        return self._product(part.project({**far, **corners}) for part in sets) if corners else far

    def drawn(self, patterns: Mapping[str, Array]) -> Point:
        """The farthest point, and token ids of the same patterns."""
        ids = {name: array for part in self.tokens for name, array in part.drawn(patterns).items()}
        return {**self.farthest(patterns), **ids}

    def _product(self, parts: Iterable[Point]) -> Point:
        point = {name: array for part in parts for name, array in part.items()}
        for bound in (*self.limits, *self.spectral):
            point = bound.applied(point)
        return point


def domain_of(
    graph: LayerGraph,
    inputs: Mapping[str, Declared],
    selection: Selection,
    values: Mapping[sympy.Symbol, sympy.Expr],
) -> Domain:
    """The sets of a graph without symbolic repeats, at values of all symbols. `inputs`: as the spec declares them."""

    def number(expression: sympy.Expr) -> float:
        return float(sympy.N(substitute(expression, values), 30))

    maps = {
        array.origin: _spectral(graph, layer, array.center_spectral, values)
        for layer in graph.layers
        for array in layer.arrays
        if array.center_spectral is not None
    }
    balls = {ball: _ball_set(graph, graph.balls[ball], number, maps) for ball in graph.balls}
    learned = {ball for ball in balls if selection.parameter(ball) and not graph.balls[ball].frozen}
    given = [
        InputSet(node.path, number(node.sup), _first_axis(norm, len(node.shape) + 1))
        for node in graph.inputs
        if node.sup is not None and (norm := inputs[node.path].norm) is not None  # token ids have none
    ]
    sees = (lambda ball: True) if graph.regularizer is None else graph.regularizer.sees
    penalised = frozenset(name for ball in learned if sees(ball) for name in balls[ball].names)
    selected = frozenset(name for ball in learned for name in balls[ball].names) | {
        part.name for part in given if selection.input(part.name)
    }
    limits = list(_limits(graph, balls, number))
    tokens = [
        TokenSet(node.path, int(substitute(node.tokens, values))) for node in graph.inputs if node.tokens is not None
    ]
    return Domain(list(balls.values()), given, limits, _spectral_sets(graph, values), selected, penalised, tokens)


def _ball_set(graph: LayerGraph, ball: Ball, number: Number, maps: Mapping[str, Spectral]) -> BallSet:
    """The set of a ball of the graph at values of the symbols."""
    arrays = [a for layer in graph.layers for a in layer.arrays if a.ball == ball.path and not a.shared]
    centers = {a.origin: number(a.center) for a in arrays if a.center is not None}
    joint = 0.0 if ball.center is None or centers else number(ball.center)
    starts = {a.origin: number(a.start) for a in arrays if a.start is not None and a.center is None}
    own = {a.origin: maps[a.origin] for a in arrays if a.origin in maps}
    return BallSet(tuple(a.origin for a in arrays), number(ball.radius), joint, centers, starts, own)


def _limits(graph: LayerGraph, balls: Mapping[str, BallSet], number: Number) -> Iterator[Clipped | LongRows]:
    """Of arrays by their owners: who shares one says the same."""
    for layer in graph.layers:
        least, most = layer.placed.least, layer.placed.most
        own = [array for array in layer.arrays if not array.shared]
        yield from (Clipped(a.origin, number(most[a.name])) for a in own if a.name in most)
        yield from (
            LongRows(a.origin, number(least[a.name]), balls[a.ball].names, balls[a.ball].holds)
            for a in own
            if a.name in least
        )


def _spectral_sets(graph: LayerGraph, values: Mapping[sympy.Symbol, sympy.Expr]) -> list[Spectral]:
    """One for each layer that has a spectral bound."""
    return [
        _spectral(graph, layer, layer.spectral, values)
        for layer in graph.layers
        if layer.spectral is not None and layer.arrays
    ]


def _spectral(graph: LayerGraph, layer: Layer, norm: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> Spectral:
    gain = next((a for a in layer.arrays if a.name == layer.kind.diagonal), None)
    if gain is not None:
        return Spectral(gain.origin, float(substitute(norm, values)), lambda weight: np.diag(np.ravel(weight)))
    array = next(a for a in layer.arrays if a.name == layer.kind.spectral)
    shape = tuple(int(substitute(axis, values)) for axis in graph.node(layer.inputs[0]).shape)
    own = tuple(int(substitute(axis, values)) for axis in array.shape)
    facts = at_values(layer.placed.facts, values)
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    xp = TaylorNamespace(DOUBLES)

    def matrix(weight: Array) -> Array:
        stored = weight if weight.shape == own else weight.T
        images: Taylor = layer.kind.forward(facts, {array.name: xp.asarray(stored)}, [xp.asarray(units)], xp)
        return images.parts[0].reshape(len(units), -1)

    return Spectral(array.origin, float(substitute(norm, values)), matrix)


def _first_axis(norm: InputNorm, rank: int) -> int:
    """Of a vector that is bounded on its own."""
    return 0 if norm.batch is not None else 1 if norm.sample is not None else rank


def length(arrays: Iterable[Array]) -> float:
    """Of all entries together. They are scaled: squares overflow where norms do not."""
    entries = np.concatenate([np.ravel(array) for array in arrays] or [np.zeros(0)])
    largest = float(np.max(np.abs(entries), initial=0.0))
    return largest * float(np.linalg.norm(entries / largest)) if 0 < largest < np.inf else largest


def _shrink(norm: float, radius: float) -> float:
    return 1.0 if norm <= radius else radius / norm
