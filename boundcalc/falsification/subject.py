"""What is attacked: norms of a network's outputs and of their derivatives along a direction, at points of the domain.

With z(t) the outputs at the point w + t u, ||z||, ||D z [u]|| / ||u||, ||D^2 z [u, u]|| / ||u||^2 and so on are at most the norm, the
Lipschitz constant, the smoothness constant of z, and so on. As D^k z is symmetric and ||u|| that of a Hilbert space, nothing is lost
with equal directions, in whatever norm z is measured (Banach).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from boundcalc.falsification.namespaces import DOUBLES, Base, recording
from boundcalc.falsification.network import Network, Node
from boundcalc.falsification.norms import EUCLIDEAN, Norm
from boundcalc.falsification.sets import Array, Domain, Point
from boundcalc.falsification.taylor import Taylor
from boundcalc.falsification.taylor_namespace import TaylorNamespace

Target = tuple[str, int]  # a row, and the order of the derivative
OUTPUT, OBJECTIVE = "", "@objective"  # no layer has such a path


@dataclass(frozen=True)
class Subject:
    """`rows`: the nodes whose outputs together are a row, by its key; `regularizer`: the weight of r(w) = weight/2 ||w||^2;
    `norms`: in which rows are measured, the Euclidean one unless said; `highest`: the order of the last derivative that is attacked."""

    network: Network
    domain: Domain
    rows: Mapping[str, Sequence[str]]
    regularizer: float
    norms: Mapping[str, Norm] = field(default_factory=dict[str, Norm])
    highest: int = 2

    @cached_property
    def _below(self) -> Mapping[str, Sequence[Node]]:
        """The nodes that a row is made of."""
        loss = {} if self.network.loss is None else {OBJECTIVE: (self.network.loss,)}
        return {key: self.network.below(paths) for key, paths in (*self.rows.items(), *loss.items())}

    @cached_property
    def reach(self) -> Mapping[str, frozenset[str]]:
        """Of each row, the arrays that it depends on and that are differentiated by."""
        found = {key: frozenset[str]().union(*(node.arrays for node in nodes)) for key, nodes in self._below.items()}
        if OBJECTIVE in found and self.regularizer:
            found[OBJECTIVE] |= self.domain.penalised
        return {key: names & self.domain.selected for key, names in found.items()}

    @property
    def targets(self) -> Sequence[Target]:
        return tuple((key, order) for key in self._below for order in range(self.highest + 1))

    def series(
        self, point: Mapping[str, Any], direction: Mapping[str, Any], base: Base, order: int, key: str | None = None
    ) -> Outputs:
        """The outputs along point + t direction, up to t^order; of one row, or of all."""
        along = [] if order == 0 else [None] * (order - 1)
        arrays = {
            name: Taylor(base, (array, direction.get(name), *along) if order else (array,))
            for name, array in point.items()
        }
        nodes = self.network.run(arrays, TaylorNamespace(base), None if key is None else self._below[key])
        rows = {row: [nodes[path] for path in paths] for row, paths in self.rows.items() if key in (None, row)}
        if self.network.loss is not None and key in (None, OBJECTIVE):
            rows[OBJECTIVE] = [self._objective(nodes[self.network.loss], arrays)]
        return Outputs({row: (series, self.norms.get(row, EUCLIDEAN)) for row, series in rows.items()}, base)

    def _objective(self, loss: Taylor, arrays: Mapping[str, Taylor]) -> Taylor:
        total, xp = loss, TaylorNamespace(loss.base)
        for name in sorted(self.domain.penalised) if self.regularizer else ():
            total = total + self.regularizer / 2 * xp.sum(arrays[name] * arrays[name])
        return total

    def measured(self, point: Point, direction: Point, order: int) -> dict[Target, float]:
        """Every row's ||z||, ||D z [u]|| / ||u||, ||D^2 z [u, u]|| / ||u||^2 and so on, with the parts of u that it depends on."""
        with np.errstate(all="ignore"):
            outputs = self.series(point, direction, DOUBLES, order)
            found: dict[Target, float] = {}
            squares = {name: float(np.vdot(array, array)) for name, array in direction.items()}
            for key, reach in self.reach.items():
                length = math.sqrt(sum(squares[name] for name in reach)) if order else 1.0
                for k in range(order + 1):
                    value = outputs.norm(key, k) * math.factorial(k)
                    found[key, k] = value / length**k if length > 0 else 0.0 if k else value
        return found

    def gradients(self, key: str, order: int, point: Point, direction: Point) -> tuple[Point, Point]:
        """Of ||z_order|| by the point and by the direction, up to a factor: where it is a largest slice, of that one.

        Raises ImportError without autograd.
        """
        from autograd import grad

        names = list(point)
        turned = sorted(self.reach[key]) if order else []
        base = recording()

        def height(*leaves: Any) -> Any:
            moved = dict(zip(names, leaves[: len(names)], strict=True))
            along = dict(zip(turned, leaves[len(names) :], strict=True))
            outputs = self.series(moved, along, base, order, key)
            parts = outputs.slices(key, order)
            scale = max((float(np.max(np.abs(base.raw(part)), initial=0.0)) for part in parts), default=0.0) or 1.0
            return sum((base.module.sum((part / scale) ** 2) for part in parts), 0.0)

        leaves = [*(point[name] for name in names), *(direction[name] for name in turned)]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an output that depends on nothing
            found: Sequence[Array] = grad(height, tuple(range(len(leaves))))(*leaves)
        return dict(zip(names, found[: len(names)], strict=True)), dict(zip(turned, found[len(names) :], strict=True))


@dataclass(frozen=True, slots=True)
class Outputs:
    """What one pass over Taylor series computed, and how each row is measured."""

    rows: Mapping[str, tuple[Sequence[Taylor], Norm]]
    base: Base

    def slices(self, key: str, order: int) -> list[Any]:
        """Of the coefficients of t^order of the outputs of a row, those whose Euclidean norm is that of the row; zeros are left out."""
        outputs, norm = self.rows[key]
        return norm.slices([z.parts[order] if order < len(z.parts) else None for z in outputs], self.base)

    def norm(self, key: str, order: int) -> float:
        """Of a row, in double precision."""
        return math.sqrt(sum(float(np.vdot(part, part)) for part in self.slices(key, order)))
