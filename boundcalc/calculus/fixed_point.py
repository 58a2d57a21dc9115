"""The jet of a fixed point z = phi(z, u), from the rules for phi alone: each bound of phi is plain arithmetic, and so is z's.

The layers of phi are traced with several jets in place of z. With z alone, of Lipschitz constant 1, the Lipschitz constant is the
contraction factor q. With z of known derivatives of order below k and none of order k, what is left of order k, divided by
1 - q, is that of z. Proofs: docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus import readings
from boundcalc.calculus.extended import Extended, Unbounded, smallest
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.protocol import Calculus, Component, Components, J
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, OF_DERIVATIVES
from boundcalc.exact.intervals import proved
from boundcalc.program.ir import Scalar
from boundcalc.program.to_sympy import NotClosed, to_sympy

# phi of a state; the flag says whether all else counts as constant.
Image = Callable[[Components, bool], Components]
MOST = 500  # nodes of the expression of a contraction factor
_ORDERS = {quantity.name: quantity.order for quantity in OF_DERIVATIVES}
_UNKNOWN = Unbounded("the norm of the state of a fixed point is not known before its contraction factor is")
_OTHER = Unbounded("only one norm of the state is known")
_LONG = Unbounded("its expression is too long")
_OPEN = Unbounded("it changes with what a repeat carries; a repeat inside a fixed point needs a number of times")


def order(component: Component) -> int:
    """Of the derivative that a component is about."""
    return _ORDERS.get(component.quantity, 0)


def still(components: Components, zero: Scalar) -> Components:
    """Those of something that nothing is differentiated by."""
    return {name: zero if order(name) else value for name, value in components.items()}


@dataclass(frozen=True, slots=True)
class Solver(Generic[J]):
    """A fixed point of that shape, the batch first; `nothing`: its components, all zero."""

    calculus: Calculus[J]
    shape: readings.Shape
    nothing: Components
    image: Image

    def reach(self) -> Components:
        """What phi never exceeds, whatever the state: so large are all fixed points, and phi maps what is so large to itself."""
        unknown = {name: value if order(name) else _UNKNOWN for name, value in self.nothing.items()}
        return still(self.image(unknown, True), self.calculus.arena.zero)

    def factor(self, reach: Components, norm: Norm = WHOLE) -> Extended:
        """How far phi pulls two states apart at most, in one norm, among those within reach."""
        one, given = self.calculus.arena.one, dict(reach)
        for name in given:
            if name.quantity == LIPSCHITZ.name:
                finer = norm.is_plain and name.norm.is_plain and norm.largest <= name.norm.largest
                given[name] = one if finer else _OTHER
        return self.image(given, True)[Component(LIPSCHITZ.name, norm)]

    def solved(self, reach: Components, factor: sympy.Expr) -> Components:
        """The jet of the fixed point, with this contraction factor in the norm of the whole batch."""
        if sympy.S.One == factor:
            return dict.fromkeys(self.nothing, _UNKNOWN)
        scale = self.calculus.arena.leaf(1 / (1 - factor))
        norms = self._contracting(reach, factor)
        starts = self.image(self.nothing, True)
        known = dict(self.nothing)
        for name in known:
            if not order(name):
                known[name] = smallest(reach[name], *self._bounds(name.norm, NORM.name, starts, scale, norms))
        quantities = {name.quantity for name in known}
        for quantity in (q for q in OF_DERIVATIVES if q.name in quantities):
            found = self.image(known, False)
            for name in known:
                if name.quantity == quantity.name:
                    known[name] = smallest(*self._bounds(name.norm, quantity.name, found, scale, norms))
        return known

    def _bounds(
        self, wanted: Norm, quantity: str, found: Components, scale: Scalar, norms: Sequence[Norm]
    ) -> list[Extended]:
        """Of one quantity in one norm: from each of those in which phi contracts."""
        within = {norm: readings.within(wanted, norm, self.shape) for norm in norms}
        leaf = self.calculus.arena.leaf
        return [leaf(c) * (scale * found[Component(quantity, norm)]) for norm, c in within.items() if c is not None]

    def _contracting(self, reach: Components, factor: sympy.Expr) -> list[Norm]:
        """The norms in which the contraction factor is not larger."""
        norms = [norm for norm in dict.fromkeys(name.norm for name in self.nothing) if norm.is_plain]
        return [norm for norm in norms if norm == WHOLE or _is_at_most(self.factor(reach, norm), factor)]


def expression_of(factor: Extended) -> sympy.Expr | Unbounded:
    """A contraction factor as an expression; where it has none, the reason."""
    if isinstance(factor, Unbounded):
        return factor
    try:
        return to_sympy(factor, MOST) or _LONG
    except NotClosed:
        return _OPEN


def _is_at_most(factor: Extended, most: sympy.Expr) -> bool:
    found = expression_of(factor)
    if isinstance(found, Unbounded):
        return False
    return found == most or proved(cast(Boolean, sympy.Le(found, most, evaluate=False)))
