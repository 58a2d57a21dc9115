"""Activations of the form x times a gate (gelu, silu, mish): smooth, with constants that are mostly roots of equations.

A root is stored as its equation with an enclosure, and the constant as a rational rounded up. The tests certify with
ball arithmetic that the root is there, that it is the largest value of the derivative concerned, and that the rational
is above it.
"""

from __future__ import annotations

import sympy
from sympy import Derivative, Rational, erf, exp, log, pi, sqrt, tanh

from boundcalc.catalogue.activations import HALF, ZERO, attained
from boundcalc.catalogue.fact import Fact, Root, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, elementwise
from boundcalc.catalogue.symbols import x


def _at_root(value: str, equation: sympy.Expr, low: str, high: str, source: str) -> Fact:
    """The constant `value` (rounded up) is reached at the zero of `equation` between `low` and `high`."""
    enclosure = (Rational(low), Rational(high))
    point = (enclosure[0] + enclosure[1]) / 2
    witness = Witness("attained", f"at the root x in [{low}, {high}] of the equation", point)
    return Fact(Rational(value), source, witness, root=Root(equation, x, enclosure))


_SILU = x / (1 + exp(-x))
_MISH = x * tanh(log(1 + exp(x)))
# 0.044715 is the decimal in the definition of the approximation (Hendrycks and Gimpel, arXiv:1606.08415).
_GELU_TANH = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + Rational(44715, 1000000) * x**3)))

_GELU_BENT = sqrt((7 - sqrt(33)) / 2)

GELU = elementwise(
    "gelu",
    x * (1 + erf(x / sqrt(2))) / 2,
    title="Gaussian error linear unit, x Phi(x)",
    lipschitz=attained(
        (1 + erf(1)) / 2 + exp(-1) / sqrt(pi), sqrt(2), "a' = Phi + x phi, largest where a'' = 0: x^2 = 2"
    ),
    smoothness=attained(sqrt(2 / pi), ZERO, "a'' = (2 - x^2) phi(x), stationary at 0 (0.80) and at x^2 = 4 (0.11)"),
    third=attained(
        _GELU_BENT * (4 - _GELU_BENT**2) * exp(-(_GELU_BENT**2) / 2) / sqrt(2 * pi),
        -_GELU_BENT,
        "a''' = (x^3 - 4x) phi(x), stationary at x^2 = (7 - sqrt(33))/2 (0.78) and at x^2 = (7 + sqrt(33))/2 (0.12)",
    ),
    slope=HALF,
)

GELU_TANH = elementwise(
    "gelu_tanh",
    _GELU_TANH,
    title="gelu with `approximate: tanh`",
    lipschitz=_at_root(
        "1.128993068658771766",
        Derivative(_GELU_TANH, (x, 2)),
        "1.41850400879082835554",
        "1.41850400879082835555",
        "largest a', where a'' = 0",
    ),
    smoothness=attained(sqrt(2 / pi), ZERO, "a'' is even and largest at 0"),
    third=_at_root(
        "0.776691450398540452",
        Derivative(_GELU_TANH, (x, 4)),
        "-0.78757618641889401014",
        "-0.78757618641889401013",
        "largest a''', where a'''' = 0",
    ),
    slope=HALF,
)

SILU = elementwise(
    "silu",
    _SILU,
    title="sigmoid linear unit, x sigmoid(x)",
    lipschitz=_at_root(
        "1.099839320128866917",
        x * tanh(x / 2) - 2,
        "2.39935728051546766783",
        "2.39935728051546766784",
        "a'' = s (1 - s)(2 - x tanh(x/2)) vanishes where x tanh(x/2) = 2; there a' = 1/2 + x/4",
    ),
    smoothness=attained(HALF, ZERO, "a'' = s (1 - s)(2 - x tanh(x/2)), largest at 0"),
    third=_at_root(
        "0.308181515796479121",
        Derivative(_SILU, (x, 4)),
        "-1.03195824178074912341",
        "-1.03195824178074912340",
        "largest a''', where a'''' = 0",
    ),
    slope=HALF,
)

MISH = elementwise(
    "mish",
    _MISH,
    title="x tanh(softplus(x))",
    lipschitz=_at_root(
        "1.088498161251727862",
        Derivative(_MISH, (x, 2)),
        "1.49057117948542845929",
        "1.49057117948542845930",
        "largest a', where a'' = 0",
    ),
    smoothness=_at_root(
        "0.644204637236972430",
        Derivative(_MISH, (x, 3)),
        "-0.08793443131491421133",
        "-0.08793443131491421132",
        "largest a'', where a''' = 0",
    ),
    third=_at_root(
        "0.588412044869019679",
        Derivative(_MISH, (x, 4)),
        "0.71550588670002980217",
        "0.71550588670002980218",
        "largest a''', where a'''' = 0",
    ),
    slope=Rational(3, 5),
)

GATES: tuple[Nonlinearity, ...] = (SILU, MISH)
GELUS: tuple[Nonlinearity, ...] = (GELU, GELU_TANH)  # one layer with a field to choose
