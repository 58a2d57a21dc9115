"""localresponsenorm: every entry divided by a power of k plus the mean square of `size` neighbouring channels, as in torch.

z_i (k + alpha/size sum of z_j^2)^(-beta), over the window of channels around i, cut off at the ends; beta is at most
100. l and L are in catalogue/local_response.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.views import same
from boundcalc.catalogue.local_response import local_response
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.intervals import at_least
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.language.fields import Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map

STEEPEST = 100  # beta: its constants have beta^(beta + 1), numbers of hundreds of digits from here on


class Fields(StepFields):
    """Every entry times (k + alpha/size sum of the squares of `size` channels around it)^(-beta)."""

    value_field = "size"
    size: Size
    alpha: Term | None = None
    beta: Term | None = None
    k: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    size: sympy.Expr
    alpha: sympy.Expr
    beta: sympy.Expr
    k: sympy.Expr
    entry: Nonlinearity


def place(fields: Fields, at: At) -> Placed[Facts]:
    if not at.shape:
        raise at.error("'localresponsenorm' reads windows of channels (first axis), and its input has no axes")
    size = at.size(fields.size, "the size")
    alpha = _positive(at, fields.alpha, "alpha", sympy.Rational(1, 10_000))
    beta = _positive(at, fields.beta, "beta", sympy.Rational(3, 4))
    k = _positive(at, fields.k, "k", sympy.S.One)
    if (known := at.known(beta)).is_number and known > STEEPEST:
        message = f"beta is above {STEEPEST}: the constants have powers of it by itself"
        raise at.error(message, "3/4 is usual", None if fields.beta is None else fields.beta.place)
    windows = sympy.Min(size, at.shape[0])
    entry = local_response(size, windows, alpha, beta, k, gentle=at.pinned(at_least(sympy.S.One, beta)))
    return Placed(at.shape, Facts(size, alpha, beta, k, entry), features=FIRST)


def _positive(at: At, given: Term | None, what: str, default: sympy.Expr) -> sympy.Expr:
    if given is None:
        return default
    value = at.constant(given, what)
    if not at.fits(sympy.Gt(value, 0)):
        raise at.error(f"{what} is {at.known(value)}", "alpha, beta and k are above 0", given.place)
    return value


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    others = (axis for axis in range(len(lowering.shape) + 1) if axis != 1)
    return lower_map(facts.entry, inputs[0], lowering, same(others))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,), size = inputs, int(facts.size)
    square = z * z
    ends = [xp.full((z.shape[0], n, *z.shape[2:]), 0.0, dtype=z.dtype) for n in (size // 2, (size - 1) // 2) if n]
    padded = xp.concat([*ends[:1], square, *ends[1:]], axis=1) if ends else square
    window = xp.sum(xp.stack([padded[:, i : i + z.shape[1]] for i in range(size)], axis=0), axis=0)
    return z * xp.exp(-float(facts.beta) * xp.log(float(facts.k) + float(facts.alpha) / size * window))


KIND = Kind(
    "localresponsenorm",
    Fields,
    place,
    lower,
    forward,
    example=example("conv1d: {channels: 4, kernel: 1}, localresponsenorm: {size: 3, alpha: 1}", "[2, 3]"),
)
