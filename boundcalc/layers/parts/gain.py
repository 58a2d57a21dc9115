"""A learned gain, and a shift where there is one: of each channel, or of each entry of a slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.calculus.views import NONE, Axes, View, moved, same
from boundcalc.catalogue import gains
from boundcalc.graph.kind import Lowering


@dataclass(frozen=True, slots=True)
class Most:
    """What bounds (g, h) -> g z + h after a normalisation, and of it each index of the axes `apart` of the image has an equal
    share: catalogue/gains.py."""

    norm: sympy.Expr
    apart: Axes


def lower_gain(own: Sequence[int], of: int, lowering: Lowering, most: Most | None = None) -> int:
    """g z + h with (g, h) = (s, 0) + u: s z plus a map bilinear in (u, z) of norm 1, coefficient of u sqrt(m^2 + copies), and no
    more than `most`; mostly s = 1. With a centre of its own, (g, h) is a parameter of norm centre + radius; the largest entry of g,
    the operator norm of z -> g z, is at most that of the centre + radius.

    own: the axes of the image that the gain has, the batch counted; it is repeated along all others.
    """
    if not lowering.arrays:
        return of
    weight, bias = lowering.arrays["weight"], lowering.arrays.get("bias")
    shape = (lowering.batch, *lowering.shape)
    axes = frozenset(range(len(shape)))
    added = axes - frozenset(own)
    copies = gains.repeat_norm(sympy.Mul(*(shape[axis] for axis in sorted(added))))
    joint = bias is not None and weight.joint(bias)
    each = same(axes)
    largest = lowering.operator_norms("weight", gains.GAIN_NORM) if weight.start is None else []
    product = Bilinear(
        weight.parameter,
        of,
        gains.GAIN_NORM,
        copies if joint else sympy.S.Zero,
        left_norm=sympy.Min(*largest) if largest else None,
        right_norm=None if most is None else most.norm,
        right_apart=NONE if most is None else most.apart,
        left_view=moved((axis, i) for i, axis in enumerate(own)),
        right_view=each,
        added=added,
    )
    terms = [lowering.emit(product)]
    if bias is not None and not joint:
        terms.append(lowering.emit(Linear(bias.parameter, copies, view=View(copied=added))))
    if weight.start is not None:
        started = of if weight.start == 1 else lowering.emit(Linear(of, weight.start, view=each))
        terms.insert(0, started)
    return terms[0] if len(terms) == 1 else lowering.emit(Sum(tuple(terms)))


def forward_gain(z: Any, arrays: Mapping[str, Any], after: int, xp: Any) -> Any:
    """`after`: how many axes of z come after those that the gain has."""
    if not arrays:
        return z
    found = {name: xp.reshape(array, (*array.shape, *(1,) * after)) for name, array in arrays.items()}
    return found["weight"] * z + found["bias"] if "bias" in found else found["weight"] * z
