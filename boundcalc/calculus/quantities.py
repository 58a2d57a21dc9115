"""The quantities that a bound is asked for: one row each, and nothing else lists them.

A further one is a row here, what a calculus knows of it (`figures`, a field of its jets and its terms in the rules), and how
a form of its degree is certified (blocks/degrees.py); without the last, the total recursion bounds it under every grouping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boundcalc.calculus.extended import Extended


@dataclass(frozen=True, slots=True)
class Quantity:
    """`order` of the derivative that it is about, which is its degree in the seeds of the blocks; `bounds`: what of z(w); `letter`: in formulas;
    `guarantees`: what has to be told of it wherever it is printed."""

    name: str
    order: int
    bounds: str
    letter: str
    guarantees: str = ""


NORM = Quantity("norm", 0, "||z||", "m")
LIPSCHITZ = Quantity("lipschitz", 1, "||Dz||, the operator norm: the Lipschitz constant of z", r"\ell")
SMOOTHNESS = Quantity("smoothness", 2, "the Lipschitz constant of Dz: ||D^2 z|| where there is one", "L")
THIRD_ORDER = Quantity("third_order", 3, "the Lipschitz constant of D^2 z: ||D^3 z|| where there is one", "T")

QUANTITIES = (NORM, LIPSCHITZ, SMOOTHNESS, THIRD_ORDER)
OF_DERIVATIVES = tuple(quantity for quantity in QUANTITIES if quantity.order)

# Of an objective that is not smooth, where the loss hands one down (docs/rules.md).
UPPER_CURVATURE = Quantity(
    "upper_curvature",
    2,
    "how much F is bent upwards",
    "c",
    "F(v) <= F(w) + <g, v - w> + c/2 ||v - w||^2 on the balls, g the gradient of F at w (where F has a kink, one that it has beside "
    "it): a gradient step 1/c, projected onto the balls, does not increase F",
)
ORDERED = (*QUANTITIES, UPPER_CURVATURE)  # as outputs print them

Figures = Mapping[Quantity, Extended]  # of one node
