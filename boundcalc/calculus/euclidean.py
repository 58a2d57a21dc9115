"""The Euclidean calculus, and how its jets pass through the primitives: the whole theory on one page.

A jet bounds a node z of the network for all parameters in the balls: norm >= ||z||, sup >= max |z_i|, lipschitz >= ||Dz||, smoothness >= the
Lipschitz constant of Dz, all Euclidean over the whole batch. The rules use nothing but + * ** and `smallest`, `hypot`, `largest` on
traced scalars. Proofs: docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from boundcalc.calculus.extended import Extended, Unbounded, are_finite, hypot, largest, smallest
from boundcalc.calculus.facts import growth_of, lifted, most_of
from boundcalc.calculus.primitives import Average, Bilinear, Concat, Constant, Linear, Map, Parameter, Source, Sum
from boundcalc.calculus.protocol import Component, Components, Label
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS, Figures
from boundcalc.program.ir import Arena, Scalar


@dataclass(frozen=True, slots=True)
class Jet:
    norm: Extended
    sup: Extended
    lipschitz: Extended
    smoothness: Extended


_NORM, _SUP, _LIPSCHITZ, _SMOOTHNESS = (Component(name) for name in ("norm", "sup", "lipschitz", "smoothness"))


@dataclass(frozen=True, slots=True)
class Euclidean:
    """`refine`: also use |a'(0)| + L m as a bound of a map's slope where the catalogue has a finite one."""

    arena: Arena
    refine: bool = False

    @property
    def labels(self) -> Mapping[int, Label]:
        return {}

    @property
    def alike(self) -> Mapping[Component, Component]:
        """The largest entry is bounded by the norm where nothing better is known."""
        return {_SUP: _NORM}

    def source(self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> Jet:
        sup = norm
        if isinstance(of, Source) and of.sup is not None:
            sup = self._lift(of.sup)
        return Jet(norm, sup, first_order, self.arena.zero)

    def linear(self, at: int, rule: Linear, of: Jet) -> Jet:
        """A z with ||A|| <= norm: everything is multiplied by the norm."""
        norm = self._lift(rule.norm)
        image = norm * of.norm
        sup = smallest(of.sup, image) if rule.contracts_sup else image
        return Jet(image, sup, norm * of.lipschitz, norm * of.smoothness)

    def bilinear(self, at: int, rule: Bilinear, left: Jet, right: Jet) -> Jet:
        """B(f, g) + A f. With B_f = B(f, .), of norm a_f, and A + B(., g), of norm a_g:
        D = B_f Dg + (A + B(., g)) Df and D^2 = B_f D^2 g + 2 sym B(Df, Dg) + (A + B(., g)) D^2 f."""
        f, g = left, right
        left_norm = None if rule.left_norm is None else self._lift(rule.left_norm)
        norm, constant = self._lift(rule.norm), self._lift(rule.constant)
        left_by_norm = norm * (f.sup if rule.entrywise else f.norm)
        a_f = left_by_norm if left_norm is None else smallest(left_by_norm, left_norm)
        right_by_norm = norm * (g.sup if rule.entrywise else g.norm)
        a_g = hypot(right_by_norm, constant)  # Cauchy-Schwarz: f bounds both terms together
        if rule.right_norm is not None:
            a_g = smallest(self._lift(rule.right_norm), a_g)
        bounds = [a_g * f.norm]
        if rule.entrywise:
            bounds.append(a_f * g.norm + constant * f.norm)
        if left_norm is not None:
            bounds.append(left_norm * g.norm + constant * f.norm)
        image = smallest(*bounds)
        # |f_i g_i| <= s_f s_g, which is no more than the norm, since no largest entry is; with a second term it may be more.
        sup = norm * f.sup * g.sup if rule.entrywise and constant.is_zero else image
        cross = norm * f.lipschitz * g.lipschitz
        return Jet(
            image,
            sup,
            a_f * g.lipschitz + a_g * f.lipschitz,
            a_f * g.smoothness + (cross + cross) + a_g * f.smoothness,
        )

    def map(self, at: int, rule: Map, of: Jet) -> Jet:
        """a(z): ||a(z)|| <= ||a(0)|| + l_a ||z||; D = Da Dz; D^2 = D^2 a [Dz, Dz] + Da D^2 z."""
        entry = rule.entry
        slope, curvature, at_zero = (
            lifted(self.arena, fact) for fact in (entry.lipschitz, entry.smoothness, entry.at_zero)
        )
        most = most_of(self.arena, entry.norm)
        sup_at_zero = None if entry.sup_at_zero is None else self._lift(entry.sup_at_zero)
        most_sup = most_of(self.arena, entry.sup)
        slope_at_zero = None if entry.derivative_at_zero is None else self._lift(entry.derivative_at_zero)
        if slope_at_zero is not None and (self.refine or isinstance(slope, Unbounded)):
            # ||Da(z)|| <= ||Da(0)|| + L_a ||z||; entry by entry where Da is diagonal.
            slope = smallest(slope_at_zero + curvature * (of.sup if entry.elementwise else of.norm), slope)
        norm = at_zero + slope * of.norm
        norm = norm if most is None else smallest(most, norm)
        sup = norm
        if sup_at_zero is not None and entry.elementwise:
            sup = sup_at_zero + slope * of.sup
        if most_sup is not None:
            sup = smallest(most_sup, sup)
        return Jet(norm, sup, slope * of.lipschitz, slope * of.smoothness + curvature * of.lipschitz**2)

    def sum(self, at: int, rule: Sum, terms: Sequence[Jet]) -> Jet:
        """f + g: triangle inequality."""
        total, *others = terms
        for jet in others:
            total = Jet(
                total.norm + jet.norm,
                total.sup + jet.sup,
                total.lipschitz + jet.lipschitz,
                total.smoothness + jet.smoothness,
            )
        return total

    def concat(self, at: int, rule: Concat, terms: Sequence[Jet]) -> Jet:
        """(f; g): Pythagoras; the largest entry is that of one of the parts."""
        return Jet(
            hypot(*(jet.norm for jet in terms)),
            largest(*(jet.sup for jet in terms)),
            hypot(*(jet.lipschitz for jet in terms)),
            hypot(*(jet.smoothness for jet in terms)),
        )

    def average(self, at: int, rule: Average, of: Jet) -> Jet:
        """sum_i f_i(z_i)/N: with N slopes of Euclidean norm s together, D = s/N; D^2 = L_f/N, slice by slice, and s/N."""
        entry, count = rule.entry, self._lift(rule.count)
        slope, curvature, at_zero = (
            lifted(self.arena, fact) for fact in (entry.lipschitz, entry.smoothness, entry.at_zero)
        )
        slope = slope * count ** Fraction(-1, 2)
        curvature = curvature * count**-1
        if entry.derivative_at_zero is not None and (self.refine or isinstance(slope, Unbounded)):
            growth = growth_of(self.arena, entry) * count**-1
            slope = smallest(self._lift(entry.derivative_at_zero / rule.count) + growth * of.norm, slope)
        norm = at_zero + slope * of.norm
        return Jet(norm, norm, slope * of.lipschitz, slope * of.smoothness + curvature * of.lipschitz**2)

    def carried(self, loop: int, state: int, jet: Jet | None) -> Components:
        zero = self.arena.zero
        return self.components(Jet(zero, zero, zero, zero) if jet is None else jet)

    def is_finite(self, jet: Jet) -> bool:
        return are_finite(jet.norm, jet.sup, jet.lipschitz, jet.smoothness)

    def components(self, jet: Jet) -> Components:
        return {_NORM: jet.norm, _SUP: jet.sup, _LIPSCHITZ: jet.lipschitz, _SMOOTHNESS: jet.smoothness}

    def jet(self, components: Components) -> Jet:
        return Jet(components[_NORM], components[_SUP], components[_LIPSCHITZ], components[_SMOOTHNESS])

    def figures(self, at: int, jet: Jet) -> Figures:
        return {NORM: jet.norm, LIPSCHITZ: jet.lipschitz, SMOOTHNESS: jet.smoothness}

    def _lift(self, value: sympy.Expr) -> Scalar:
        return self.arena.leaf(value)
