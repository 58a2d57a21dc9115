"""One order further: the Euclidean calculus with third >= the Lipschitz constant of D^2 z, ||D^3 z|| where there is one.

D^3 of a composition is what is bent, and the last derivative passed on: of the latter the rules know already what they
make of D^2 z where the first derivative of an operand is zero (a_f L_g + a_g L_f, l_a L). Bent is 3 sym B(Df, D^2 g) +
3 sym B(D^2 f, Dg) of a bilinear map, and 3 sym D^2 a[Dz, D^2 z] + D^3 a[Dz, Dz, Dz] of a map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from boundcalc.calculus.euclidean import Euclidean, Jet
from boundcalc.calculus.extended import Extended, Unbounded, are_finite
from boundcalc.calculus.facts import lifted
from boundcalc.calculus.primitives import Average, Bilinear, Concat, Constant, Linear, Map, Parameter, Source, Sum
from boundcalc.calculus.protocol import Component, Components, Label
from boundcalc.calculus.quantities import THIRD_ORDER, Figures
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.program.ir import Arena, Scalar

_THIRD = Component(THIRD_ORDER.name)


@dataclass(frozen=True, slots=True)
class ThirdJet:
    lower: Jet
    third: Extended


@dataclass(frozen=True, slots=True)
class ThirdOrder:
    """Its figures are those of the third order alone."""

    lower: Euclidean

    @property
    def arena(self) -> Arena:
        return self.lower.arena

    @property
    def labels(self) -> Mapping[int, Label]:
        return self.lower.labels

    @property
    def alike(self) -> Mapping[Component, Component]:
        return self.lower.alike

    def source(self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> ThirdJet:
        return ThirdJet(self.lower.source(at, of, norm, first_order), self.arena.zero)

    def linear(self, at: int, rule: Linear, of: ThirdJet) -> ThirdJet:
        passed = self.lower.linear(at, rule, self._last(of))
        return ThirdJet(self.lower.linear(at, rule, of.lower), passed.smoothness)

    def bilinear(self, at: int, rule: Bilinear, left: ThirdJet, right: ThirdJet) -> ThirdJet:
        f, g = left.lower, right.lower
        passed = self.lower.bilinear(at, rule, self._last(left), self._last(right))
        bent = self.arena.leaf(3 * rule.norm) * (f.lipschitz * g.smoothness + f.smoothness * g.lipschitz)
        return ThirdJet(self.lower.bilinear(at, rule, f, g), passed.smoothness + bent)

    def map(self, at: int, rule: Map, of: ThirdJet) -> ThirdJet:
        passed = self.lower.map(at, rule, self._last(of))
        return ThirdJet(self.lower.map(at, rule, of.lower), passed.smoothness + self._bent(rule.entry, of.lower, None))

    def average(self, at: int, rule: Average, of: ThirdJet) -> ThirdJet:
        """Slice by slice: ||D^3 f_i[u_i, u_i, u_i]|| adds up to at most H/N ||u||^3."""
        passed = self.lower.average(at, rule, self._last(of))
        share = self.arena.leaf(rule.count) ** Fraction(-1)
        bent = self._bent(rule.entry, of.lower, share)
        return ThirdJet(self.lower.average(at, rule, of.lower), passed.smoothness + bent)

    def sum(self, at: int, rule: Sum, terms: Sequence[ThirdJet]) -> ThirdJet:
        passed = self.lower.sum(at, rule, [self._last(term) for term in terms])
        return ThirdJet(self.lower.sum(at, rule, [term.lower for term in terms]), passed.smoothness)

    def concat(self, at: int, rule: Concat, terms: Sequence[ThirdJet]) -> ThirdJet:
        passed = self.lower.concat(at, rule, [self._last(term) for term in terms])
        return ThirdJet(self.lower.concat(at, rule, [term.lower for term in terms]), passed.smoothness)

    def carried(self, loop: int, state: int, jet: ThirdJet | None) -> Components:
        lower = self.lower.carried(loop, state, None if jet is None else jet.lower)
        return {**lower, _THIRD: self.arena.zero if jet is None else jet.third}

    def is_finite(self, jet: ThirdJet) -> bool:
        return self.lower.is_finite(jet.lower) and are_finite(jet.third)

    def components(self, jet: ThirdJet) -> Components:
        return {**self.lower.components(jet.lower), _THIRD: jet.third}

    def jet(self, components: Components) -> ThirdJet:
        return ThirdJet(self.lower.jet(components), components[_THIRD])

    def figures(self, at: int, jet: ThirdJet) -> Figures:
        return {THIRD_ORDER: jet.third}

    def _last(self, of: ThirdJet) -> Jet:
        """The operand as a rule sees it that passes on its last derivative: the third in the place of the second."""
        return replace(of.lower, lipschitz=self.arena.zero, smoothness=of.third)

    def _bent(self, entry: Nonlinearity, of: Jet, share: Scalar | None) -> Extended:
        """3 L_a l L + H_a l^3; `share`: the part of it that counts."""
        curvature, third = lifted(self.arena, entry.smoothness), self._third(entry)
        if share is not None:
            curvature, third = curvature * share, third * share
        three = self.arena.leaf(sympy.Integer(3))
        return three * (curvature * (of.lipschitz * of.smoothness)) + third * of.lipschitz**3

    def _third(self, entry: Nonlinearity) -> Extended:
        if entry.third is not None:
            return lifted(self.arena, entry.third)
        reason = entry.smoothness.reason if entry.smoothness.value is None else ""
        return Unbounded(reason or f"the catalogue has no bound of the third derivative of {entry.name}")
