"""Jets and how they pass through the primitives: the whole theory on one page.

A jet bounds a node z of the network for all parameters in the balls: norm >= ||z||, sup >= max |z_i|, lipschitz >= ||Dz||, smoothness >= the
Lipschitz constant of Dz, all Euclidean over the whole batch. The rules use nothing but + * ** and `minimum`, `hypot`, so that they work on
traced scalars, and on anything else with these operations. Proofs: docs/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol


class Quantity(Protocol):
    """A nonnegative number that may be infinite: a traced scalar, or `Unbounded` with its reason."""

    @property
    def is_zero(self) -> bool: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __pow__(self, exponent: int | Fraction, /) -> Any: ...
    def minimum(self, *others: Any) -> Any: ...
    def maximum(self, *others: Any) -> Any: ...
    def hypot(self, *others: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Unbounded:
    """An infinite or undefined quantity, with the reason that a person gets to read, and the layer it is infinite from.

    An exact zero times it is zero: what does not depend on the parameters has no derivative by them, smooth or not.
    """

    reason: str
    layer: str = ""

    @property
    def is_zero(self) -> bool:
        return False

    def __add__(self, other: Quantity) -> Quantity:
        return self

    __radd__ = __add__

    def __mul__(self, other: Quantity) -> Quantity:
        return other if other.is_zero else self

    __rmul__ = __mul__

    def __pow__(self, exponent: int | Fraction) -> Quantity:
        return self

    def minimum(self, *others: Quantity) -> Quantity:
        finite = [other for other in others if not isinstance(other, Unbounded)]
        return finite[0].minimum(*finite[1:]) if finite else self

    def maximum(self, *others: Quantity) -> Quantity:
        return self

    def hypot(self, *others: Quantity) -> Quantity:
        return self


def smallest(first: Quantity, *others: Quantity) -> Quantity:
    """The smallest of several bounds of one thing; infinite ones do not count."""
    finite = [bound for bound in (first, *others) if not isinstance(bound, Unbounded)]
    return finite[0].minimum(*finite[1:]) if finite else first


def euclidean(first: Quantity, *others: Quantity) -> Quantity:
    """sqrt of the sum of squares."""
    infinite = [part for part in (first, *others) if isinstance(part, Unbounded)]
    return infinite[0] if infinite else first.hypot(*others)


def largest(first: Quantity, *others: Quantity) -> Quantity:
    """The largest of several."""
    infinite = [part for part in (first, *others) if isinstance(part, Unbounded)]
    return infinite[0] if infinite else first.maximum(*others)


@dataclass(frozen=True, slots=True)
class Jet:
    norm: Quantity
    sup: Quantity
    lipschitz: Quantity
    smoothness: Quantity


def linear(z: Jet, norm: Quantity, contracts_sup: bool) -> Jet:
    """A z with ||A|| <= norm: everything is multiplied by the norm."""
    image = norm * z.norm
    sup = smallest(z.sup, image) if contracts_sup else image
    return Jet(image, sup, norm * z.lipschitz, norm * z.smoothness)


@dataclass(frozen=True, slots=True)
class BilinearConstants:
    """norm of B; `constant`: operator norm of the term linear in the left factor; `left_norm`: of B(left, .), or None."""

    norm: Quantity
    constant: Quantity
    left_norm: Quantity | None
    entrywise: bool


def bilinear(f: Jet, g: Jet, of: BilinearConstants) -> Jet:
    """B(f, g) + A f. With B_f = B(f, .), of norm a_f, and A + B(., g), of norm a_g:
    D = B_f Dg + (A + B(., g)) Df and D^2 = B_f D^2 g + 2 sym B(Df, Dg) + (A + B(., g)) D^2 f."""
    left_by_norm = of.norm * (f.sup if of.entrywise else f.norm)
    left = left_by_norm if of.left_norm is None else smallest(left_by_norm, of.left_norm)
    right_by_norm = of.norm * (g.sup if of.entrywise else g.norm)
    right = euclidean(right_by_norm, of.constant)  # Cauchy-Schwarz: f bounds both terms together
    bounds = [right * f.norm]
    if of.entrywise:
        bounds.append(left * g.norm + of.constant * f.norm)
    if of.left_norm is not None:
        bounds.append(of.left_norm * g.norm + of.constant * f.norm)
    norm = smallest(*bounds)
    # |f_i g_i| <= s_f s_g, which is no more than the norm, since no largest entry is; with a second term it may be more.
    sup = of.norm * f.sup * g.sup if of.entrywise and of.constant.is_zero else norm
    cross = of.norm * f.lipschitz * g.lipschitz
    return Jet(
        norm,
        sup,
        left * g.lipschitz + right * f.lipschitz,
        left * g.smoothness + (cross + cross) + right * f.smoothness,
    )


@dataclass(frozen=True, slots=True)
class MapConstants:
    """Constants of a non-linear map. `largest`: of the norm of its image; `at_zero`: of a(0); the same for the largest entry.

    `slope_at_zero`: norm of the derivative at 0, where l = slope + smoothness * argument refines, or replaces, `lipschitz`.
    """

    lipschitz: Quantity
    smoothness: Quantity
    at_zero: Quantity
    largest: Quantity | None
    sup_at_zero: Quantity | None
    largest_sup: Quantity | None
    slope_at_zero: Quantity | None
    elementwise: bool


def nonlinear(z: Jet, of: MapConstants, refine: bool) -> Jet:
    """a(z): ||a(z)|| <= ||a(0)|| + l_a ||z||; D = Da Dz; D^2 = D^2 a [Dz, Dz] + Da D^2 z."""
    slope = of.lipschitz
    if of.slope_at_zero is not None and (refine or isinstance(slope, Unbounded)):
        # ||Da(z)|| <= ||Da(0)|| + L_a ||z||; entry by entry where Da is diagonal.
        slope = smallest(of.slope_at_zero + of.smoothness * (z.sup if of.elementwise else z.norm), slope)
    norm = of.at_zero + slope * z.norm
    norm = norm if of.largest is None else smallest(of.largest, norm)
    sup = norm
    if of.sup_at_zero is not None and of.elementwise:
        sup = of.sup_at_zero + slope * z.sup
    if of.largest_sup is not None:
        sup = smallest(of.largest_sup, sup)
    return Jet(norm, sup, slope * z.lipschitz, slope * z.smoothness + of.smoothness * z.lipschitz**2)


def add(first: Jet, *others: Jet) -> Jet:
    """f + g: triangle inequality."""
    total = first
    for jet in others:
        total = Jet(
            total.norm + jet.norm,
            total.sup + jet.sup,
            total.lipschitz + jet.lipschitz,
            total.smoothness + jet.smoothness,
        )
    return total


def concat(first: Jet, *others: Jet) -> Jet:
    """(f; g): Pythagoras; the largest entry is that of one of the parts."""
    return Jet(
        euclidean(first.norm, *(jet.norm for jet in others)),
        largest(first.sup, *(jet.sup for jet in others)),
        euclidean(first.lipschitz, *(jet.lipschitz for jet in others)),
        euclidean(first.smoothness, *(jet.smoothness for jet in others)),
    )
