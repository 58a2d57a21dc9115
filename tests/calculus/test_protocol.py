"""Another calculus over the same primitives: tracing knows no jet, no component and no quantity of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import boundcalc as bc
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.extended import Extended, Unbounded
from boundcalc.calculus.primitives import Average, Bilinear, Concat, Constant, Linear, Map, Parameter, Source, Sum
from boundcalc.calculus.protocol import Component, Components
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, Figures
from boundcalc.calculus.trace import trace
from boundcalc.graph.expand import expand
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import select
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

NETWORK = """
symbols: {R:, x:, k: {integer: true}}
radius: R
input: {shape: [2], norm: x}
layers: [dense: {units: 2, bias: false}, repeat: {times: k, layers: [dense: {units: 2, bias: false}, relu]}, map: {smoothness: 1, at_zero: 0}]
"""

M, L = Component("m"), Component("l")


@dataclass(frozen=True)
class OfFirstOrder:
    """Norm and first derivative alone, as a pair; a map is known by its constant l, and a(0) = 0."""

    arena: Arena

    @property
    def alike(self) -> Mapping[Component, Component]:
        return {}

    def source(
        self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar
    ) -> tuple[Extended, Extended]:
        return norm, first_order

    def linear(self, at: int, rule: Linear, of: tuple[Extended, Extended]) -> tuple[Extended, Extended]:
        norm = self.arena.leaf(rule.norm)
        return norm * of[0], norm * of[1]

    def bilinear(
        self, at: int, rule: Bilinear, left: tuple[Extended, Extended], right: tuple[Extended, Extended]
    ) -> tuple[Extended, Extended]:
        norm = self.arena.leaf(rule.norm)
        return norm * left[0] * right[0], norm * left[0] * right[1] + norm * right[0] * left[1]

    def map(self, at: int, rule: Map, of: tuple[Extended, Extended]) -> tuple[Extended, Extended]:
        fact = rule.entry.lipschitz
        slope = Unbounded(fact.reason) if fact.value is None else self.arena.leaf(fact.value)
        return slope * of[0], slope * of[1]

    def average(self, at: int, rule: Average, of: tuple[Extended, Extended]) -> tuple[Extended, Extended]:
        raise AssertionError("there is none in this network")

    def sum(self, at: int, rule: Sum | Concat, terms: Sequence[tuple[Extended, Extended]]) -> tuple[Extended, Extended]:
        raise AssertionError("there is none in this network")

    concat = sum

    def carried(self, loop: int, state: int, jet: tuple[Extended, Extended] | None) -> Components:
        return self.components(jet or (self.arena.zero, self.arena.zero))

    def is_finite(self, jet: tuple[Extended, Extended]) -> bool:
        return not any(isinstance(value, Unbounded) for value in jet)

    def components(self, jet: tuple[Extended, Extended]) -> Components:
        return {M: jet[0], L: jet[1]}

    def jet(self, components: Components) -> tuple[Extended, Extended]:
        return components[M], components[L]

    def figures(self, at: int, jet: tuple[Extended, Extended]) -> Figures:
        return {NORM: jet[0], LIPSCHITZ: jet[1]}


def test_a_calculus_of_its_own_goes_through_loops_and_names_what_is_infinite() -> None:
    graph = expand(bc.loads(NETWORK))
    primitives = lower(graph, select(graph, ("parameters",)))
    arena = Arena()
    own, euclidean = trace(primitives, OfFirstOrder(arena)), trace(primitives, Euclidean(arena))
    before, last = (primitives.outputs[graph.paths[path]] for path in ("repeat_0", "map_0"))
    values = {graph.conditions.symbols[name]: value for name, value in (("R", 2), ("x", 3), ("k", 4))}
    for quantity in (NORM, LIPSCHITZ):
        pair = [own.figures[before][quantity], euclidean.figures[before][quantity]]
        here, there = evaluate([value for value in pair if isinstance(value, Scalar)], values)
        assert here == there
    infinite = own.figures[last][LIPSCHITZ]
    assert isinstance(infinite, Unbounded)
    assert infinite.layer == "map_0"
