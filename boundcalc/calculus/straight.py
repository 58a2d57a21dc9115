"""A calculus where some primitives, those of a loss f, are not bent: of D^2 f(psi) = D^2 f [D psi, D psi] + D f D^2 psi it keeps
the second term, with the same bounds of D f.

It is what the composition of psi with any one derivative of f is bent by, l_f L_psi, in whichever norms the rules measure: the
bound of `D f D^2 psi` is the rule's own, for operands whose first derivative is taken for zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from boundcalc.calculus.primitives import Average, Bilinear, Concat, Constant, Linear, Map, Parameter, Source, Sum
from boundcalc.calculus.protocol import Calculus, Component, Components, J, Label
from boundcalc.calculus.quantities import LIPSCHITZ, Figures
from boundcalc.program.ir import Arena, Scalar


@dataclass(frozen=True, slots=True)
class Straight(Generic[J]):
    """The rules of `calculus`; those of the primitives in `straight` see operands of first derivative zero."""

    calculus: Calculus[J]
    straight: frozenset[int]

    @property
    def arena(self) -> Arena:
        return self.calculus.arena

    @property
    def labels(self) -> Mapping[int, Label]:
        return self.calculus.labels

    @property
    def alike(self) -> Mapping[Component, Component]:
        return self.calculus.alike

    def source(self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> J:
        return self.calculus.source(at, of, norm, first_order)

    def linear(self, at: int, rule: Linear, of: J) -> J:
        return self.calculus.linear(at, rule, self._still(at, of))

    def bilinear(self, at: int, rule: Bilinear, left: J, right: J) -> J:
        return self.calculus.bilinear(at, rule, self._still(at, left), self._still(at, right))

    def map(self, at: int, rule: Map, of: J) -> J:
        return self.calculus.map(at, rule, self._still(at, of))

    def average(self, at: int, rule: Average, of: J) -> J:
        return self.calculus.average(at, rule, self._still(at, of))

    def sum(self, at: int, rule: Sum, terms: Sequence[J]) -> J:
        return self.calculus.sum(at, rule, [self._still(at, term) for term in terms])

    def concat(self, at: int, rule: Concat, terms: Sequence[J]) -> J:
        return self.calculus.concat(at, rule, [self._still(at, term) for term in terms])

    def carried(self, loop: int, state: int, jet: J | None) -> Components:
        return self.calculus.carried(loop, state, jet)

    def is_finite(self, jet: J) -> bool:
        return self.calculus.is_finite(jet)

    def components(self, jet: J) -> Components:
        return self.calculus.components(jet)

    def jet(self, components: Components) -> J:
        return self.calculus.jet(components)

    def figures(self, at: int, jet: J) -> Figures:
        return self.calculus.figures(at, jet)

    def _still(self, at: int, jet: J) -> J:
        if at not in self.straight:
            return jet
        zero = self.calculus.arena.zero
        components = self.calculus.components(jet).items()
        return self.calculus.jet(
            {name: zero if name.quantity == LIPSCHITZ.name else value for name, value in components}
        )
