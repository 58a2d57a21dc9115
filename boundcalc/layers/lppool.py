"""lppool2d: (sum |z_i|^p)^(1/p) over windows of two axes, p >= 1; the stride is the kernel unless said.

As in torch where p is even or the entries are nonnegative. A window of k entries has the norm of l_p, which is 1-Lipschitz in
the Euclidean norm for p >= 2, else k^(1/p - 1/2) (Hoelder); an entry is in at most the product of q windows (catalogue/poolings.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.catalogue import convolutions, poolings
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Axes, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import windows
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.moves import windows_of

AXES = 2


class Fields(StepFields):
    """(sum |z_i|^p)^(1/p) over windows of two axes; the stride is the kernel unless said."""

    value_field = "p"
    p: Term
    kernel: Axes
    stride: Axes | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    p: sympy.Expr
    outputs: Shape
    kernel: Shape
    stride: Shape
    touches: Shape


def place(fields: Fields, at: At) -> Placed[Facts]:
    shape = at.shape
    windows.check_rank(at, shape, AXES)
    p = at.term(fields.p)
    known = at.known(p)
    if not known.is_number or (known < 1) == sympy.true:
        raise at.error(f"the exponent p must be a number of at least 1, not {known}", place=fields.p.place)
    at.same(p, known)
    kernel = windows.per_axis(at, fields.kernel, AXES, "the kernel")
    stride = kernel if fields.stride is None else windows.per_axis(at, fields.stride, AXES, "the stride")
    axes = list(zip(shape[1:], kernel, stride, strict=True))
    outputs = tuple(windows.window_count(at, n, k, s, sympy.S.Zero) for n, k, s in axes)
    touches = tuple(convolutions.touches(o, k, s, sympy.S.One) for o, (_, k, s) in zip(outputs, axes, strict=True))
    return Placed((shape[0], *outputs), Facts(known, outputs, kernel, stride, touches), features=FIRST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    entry = poolings.power_pool(facts.touches, size(facts.kernel), facts.p)
    return lower_map(entry, inputs[0], lowering, windows_of(facts.kernel, facts.touches))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """With the largest entry of a window taken out, so that no power overflows; no power of zero is differentiated."""
    p, ones = float(facts.p), (sympy.S.One,) * AXES
    taps = xp.abs(windows.taps(inputs[0], facts.outputs, facts.kernel, facts.stride, ones, xp))
    largest = xp.max(taps, axis=-1, keepdims=True)
    scale = xp.where(largest > 0, largest, largest + 1.0)
    powers = xp.where(taps > 0, xp.where(taps > 0, taps / scale, taps + 1.0) ** p, 0.0 * taps)
    total = xp.sum(powers, axis=-1, keepdims=True)
    norms = xp.where(largest > 0, scale * xp.where(largest > 0, total, total + 1.0) ** (1 / p), 0.0 * largest)
    return norms[..., 0]


KIND = Kind(
    "lppool2d",
    Fields,
    place,
    lower,
    forward,
    example=example("conv2d: {channels: 2, kernel: 1}, tanh, lppool2d: {p: 2, kernel: 2}", "[1, 4, 4]"),
)
