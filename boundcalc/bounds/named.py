"""The bounds of some quantities together: of a layer, of an objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy

from boundcalc.arguments import Named, Suggesting
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.shown import layer_title, own_of, page_together, together_in_line
from boundcalc.calculus.quantities import (
    LIPSCHITZ,
    NORM,
    ORDERED,
    SMOOTHNESS,
    THIRD_ORDER,
    UPPER_CURVATURE,
    Quantity,
)
from boundcalc.catalogue.fact import Fact
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.graph.layer_graph import Layer


class OfDerivatives(Suggesting):
    """The bounds of some quantities, by name as well."""

    __slots__ = ()
    figures: Mapping[Quantity, Bound]

    @property
    def named(self) -> Mapping[str, Bound]:
        """The quantities by name, in the order of the table."""
        return {quantity.name: self.figures[quantity] for quantity in ORDERED if quantity in self.figures}

    @property
    def lipschitz(self) -> Bound:
        return self.figures[LIPSCHITZ]

    @property
    def smoothness(self) -> Bound:
        return self.figures[SMOOTHNESS]

    @property
    def third_order(self) -> Bound:
        """The Lipschitz constant of the second derivative. Raises ValueError unless the bounds were compiled with it."""
        if THIRD_ORDER not in self.figures:
            raise ValueError("the third order was not asked for; compile with third_order=True")
        return self.figures[THIRD_ORDER]


class OfAll(OfDerivatives):
    __slots__ = ()

    @property
    def norm(self) -> Bound:
        return self.figures[NORM]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LayerBounds(Shown, OfAll):
    """Bounds of the network up to and including one layer, as functions of what is differentiated by.

    searched: those constants of an activation of the spec's own that are finite, each with its witness and enclosure."""

    layer: Layer
    radius: sympy.Expr | Mapping[str, sympy.Expr] | None
    own: Named[sympy.Expr | None]
    figures: Mapping[Quantity, Bound]
    searched: Mapping[str, Fact] = field(default_factory=dict[str, Fact])

    @property
    def path(self) -> str:
        return self.layer.path

    @property
    def quantities(self) -> tuple[Bound, ...]:
        return tuple(self.named.values())

    def _brief_(self) -> Page:
        return together_in_line(layer_title(self), self.named)

    def _page_(self) -> Page:
        return page_together(layer_title(self), self.named, own_of(self))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Objective(Shown, OfDerivatives):
    """l and L of F(w) = f(psi(w)) + r(w)."""

    figures: Mapping[Quantity, Bound]
    samples: Callable[[], Mapping[str, Bound]]

    @property
    def upper_curvature(self) -> Bound | None:
        """c with F(v) <= F(w) + <g, v - w> + c/2 ||v - w||^2 on the balls, so that a step 1/c does not increase F: where the loss
        is not smooth, and known to bend downwards only where it has kinks; None for other losses."""
        return self.figures.get(UPPER_CURVATURE)

    @property
    def bend(self) -> Bound:
        """What a gradient step has to mind: the smoothness, or where it is infinite and the upper curvature is not, that."""
        upper = self.upper_curvature
        return self.smoothness if self.smoothness.finite or upper is None or not upper.finite else upper

    @property
    def per_sample(self) -> Named[Bound]:
        """By layer: a bound of the gradient of one sample's loss by its own parameters, the regularizer aside, in mixed norms.
        It is the sensitivity of a sum of gradients to one sample, what training with differential privacy adds noise for.
        Infinite where a layer couples samples; layers without parameters that are differentiated by are left out."""
        return Named("layer", self.samples())

    @property
    def quantities(self) -> tuple[Bound, ...]:
        return tuple(self.named.values())

    def _brief_(self) -> Page:
        return together_in_line("objective", self.named)

    def _page_(self) -> Page:
        return page_together("objective", self.named)
