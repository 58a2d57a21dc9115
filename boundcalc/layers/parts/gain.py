"""The learned gain and shift of a channel, after a normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.calculus.views import View, moved, same
from boundcalc.catalogue import gains
from boundcalc.graph.kind import Lowering


def lower_gain(positions: sympy.Expr, of: int, lowering: Lowering) -> int:
    """g z + h with (g, h) = (1, 0) + u: the identity plus a map bilinear in (u, z) of norm 1, coefficient of u
    sqrt(m^2 + n positions). With a centre of its own, (g, h) is a parameter of norm centre + radius."""
    weight, bias = lowering.arrays["weight"], lowering.arrays["bias"]
    copies = gains.repeat_norm(lowering.batch * positions)
    joint = weight.joint(bias)
    constant = copies if joint else sympy.S.Zero
    axes = frozenset(range(len(lowering.shape) + 1))
    added, channel, each = axes - {1}, moved([(1, 0)]), same(axes)
    terms = [
        lowering.emit(
            Bilinear(weight.parameter, of, gains.GAIN_NORM, constant, left_view=channel, right_view=each, added=added)
        )
    ]
    if not joint:
        terms.append(lowering.emit(Linear(bias.parameter, copies, view=View(copied=added))))
    if weight.at_one:
        terms.insert(0, of)
    return terms[0] if len(terms) == 1 else lowering.emit(Sum(tuple(terms)))


def forward_gain(z: Any, arrays: Mapping[str, Any], xp: Any) -> Any:
    """One entry of the gain and of the shift for each channel of [n, channels, *positions]."""
    shape = (-1, *(1 for _ in z.shape[2:]))
    return xp.reshape(arrays["weight"], shape) * z + xp.reshape(arrays["bias"], shape)
