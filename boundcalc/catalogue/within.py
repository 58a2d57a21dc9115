"""The identity where no entry is larger than one: what is known of the states of a recurrent layer, as a map."""

from __future__ import annotations

from boundcalc.catalogue.activations import ONE, ZERO, attained
from boundcalc.catalogue.nonlinearity import elementwise
from boundcalc.catalogue.symbols import x

# A mean of h and tanh, with weights that add up to one, is between them; by induction from h = 0 it is never larger than 1.
WITHIN_ONE = elementwise(
    "within_one",
    x,
    title="identity on [-1, 1]",
    lipschitz=attained(ONE, ZERO, "a' = 1"),
    smoothness=attained(ZERO, ZERO, "a'' = 0"),
    third=attained(ZERO, ZERO, "a'' = 0"),
    slope=ONE,
    sup=attained(ONE, ONE, "no entry is larger there"),
)
