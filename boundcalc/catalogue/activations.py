"""Smooth elementwise activations whose constants have a closed form."""

from __future__ import annotations

import sympy
from sympy import Integer, Piecewise, Rational, exp, log, oo, sqrt

from boundcalc.catalogue import published
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter, elementwise
from boundcalc.catalogue.symbols import alpha, beta, scale, shift, x


def attained(value: sympy.Expr, point: sympy.Expr, source: str, where: str = "") -> Fact:
    """A constant reached at `point`, or as it is called in words: `where`."""
    return Fact(value, source, Witness("attained", where or f"at x = {point}", point))


def limit(value: sympy.Expr, point: sympy.Expr, source: str) -> Fact:
    """A constant approached as x tends to `point`, from either side."""
    return Fact(value, source, Witness("limit", f"as x tends to {point}", point))


def bent(name: str, point: sympy.Expr, where: str) -> Fact:
    """No constant of the third order: the second derivative of `name` jumps at `point`."""
    witness = Witness("attained", f"the second derivative jumps at x = {point}", point)
    return Fact(
        None, "the one-sided second derivatives differ", witness, f"the second derivative of {name} jumps at {where}"
    )


ZERO, ONE, HALF = Integer(0), Integer(1), Rational(1, 2)

IDENTITY = elementwise(
    "identity",
    x,
    title="identity",
    lipschitz=attained(ONE, ZERO, "a' = 1"),
    smoothness=attained(ZERO, ZERO, "a'' = 0"),
    third=attained(ZERO, ZERO, "a'' = 0"),
    slope=ONE,
)

SOFTPLUS = elementwise(
    "softplus",
    log(1 + exp(beta * x)) / beta,
    title="softplus (the exact function: frameworks switch to x where beta x is large)",
    parameters=(Parameter("beta", beta, ONE, "sharpness"),),
    lipschitz=limit(ONE, oo, "a' = sigmoid(beta x) < 1"),
    smoothness=attained(beta / 4, ZERO, "a'' = beta s (1 - s) <= beta/4 with s = sigmoid(beta x)"),
    third=attained(
        beta**2 * sqrt(3) / 18,
        log(2 + sqrt(3)) / beta,
        "a''' = beta^2 s (1 - s)(1 - 2s), largest at s = (3 + sqrt(3))/6",
    ),
    at_zero=log(2) / beta,
    slope=HALF,
    published=published.SOFTPLUS,
)

LOGSIGMOID = elementwise(
    "logsigmoid",
    -log(1 + exp(-x)),
    title="logarithm of the sigmoid",
    lipschitz=limit(ONE, -oo, "-softplus(-x)"),
    smoothness=attained(Rational(1, 4), ZERO, "-softplus(-x)"),
    third=attained(sqrt(3) / 18, log(2 + sqrt(3)), "-softplus(-x)"),
    at_zero=log(2),
    slope=HALF,
)

SIGMOID = elementwise(
    "sigmoid",
    1 / (1 + exp(-x)),
    title="logistic sigmoid",
    lipschitz=attained(Rational(1, 4), ZERO, "a' = s (1 - s) <= 1/4"),
    smoothness=attained(sqrt(3) / 18, log(2 + sqrt(3)), "a'' = s (1 - s)(1 - 2s), largest at s = (3 + sqrt(3))/6"),
    third=attained(Rational(1, 8), ZERO, "a''' = p (1 - 6p), p = s (1 - s) <= 1/4: largest at p = 1/4 (1/12 is 1/24)"),
    at_zero=HALF,
    slope=Rational(1, 4),
    sup=limit(ONE, oo, "0 < s < 1"),
)

TANH = elementwise(
    "tanh",
    sympy.tanh(x),
    title="hyperbolic tangent",
    lipschitz=attained(ONE, ZERO, "a' = 1 - t^2 <= 1"),
    smoothness=attained(4 * sqrt(3) / 9, log(2 + sqrt(3)) / 2, "a'' = -2 t (1 - t^2), largest at t = 1/sqrt(3)"),
    third=attained(Integer(2), ZERO, "a''' = -2 (1 - t^2)(1 - 3 t^2), stationary at t = 0 (2) and t^2 = 2/3 (2/3)"),
    slope=ONE,
    sup=limit(ONE, oo, "-1 < t < 1"),
)

TANHSHRINK = elementwise(
    "tanhshrink",
    x - sympy.tanh(x),
    title="x - tanh(x)",
    lipschitz=limit(ONE, oo, "a' = t^2 < 1"),
    smoothness=attained(4 * sqrt(3) / 9, log(2 + sqrt(3)) / 2, "a'' = 2 t (1 - t^2), largest at t = 1/sqrt(3)"),
    third=attained(Integer(2), ZERO, "a''' = 2 (1 - t^2)(1 - 3 t^2), stationary at t = 0 (2) and t^2 = 2/3 (2/3)"),
    slope=ZERO,
)

ARCTAN = elementwise(
    "arctan",
    sympy.atan(x),
    title="arc tangent",
    lipschitz=attained(ONE, ZERO, "a' = 1/(1 + x^2) <= 1"),
    smoothness=attained(3 * sqrt(3) / 8, 1 / sqrt(3), "a'' = -2x/(1 + x^2)^2, largest at x^2 = 1/3"),
    third=attained(Integer(2), ZERO, "a''' = (6x^2 - 2)/(1 + x^2)^3, stationary at 0 (2) and at x^2 = 1 (1/2)"),
    slope=ONE,
    sup=limit(sympy.pi / 2, oo, "|arctan| < pi/2"),
)

SOFTSIGN = elementwise(
    "softsign",
    x / (1 + sympy.Abs(x)),
    title="x/(1 + |x|)",
    lipschitz=attained(ONE, ZERO, "a' = (1 + |x|)^-2 <= 1"),
    smoothness=limit(
        Integer(2), ZERO, "|a''| = 2 (1 + |x|)^-3 off 0; a' is continuous, so 2 is its Lipschitz constant"
    ),
    third=bent("softsign", ZERO, "0"),
    slope=ONE,
    sup=limit(ONE, oo, "|x| < 1 + |x|"),
)

CELU = elementwise(
    "celu",
    Piecewise((x, x > 0), (alpha * (exp(x / alpha) - 1), True)),
    title="continuously differentiable exponential linear unit",
    parameters=(Parameter("alpha", alpha, ONE, "minus the value at -oo", sympy.Gt(alpha, 0, evaluate=False)),),
    lipschitz=attained(ONE, ONE, "a' = min(1, exp(x/alpha)) <= 1"),
    smoothness=limit(1 / alpha, ZERO, "a'' = exp(x/alpha)/alpha for x < 0 and 0 for x > 0; a' is continuous"),
    third=bent("celu", ZERO, "0"),
    slope=ONE,
)

SIN = elementwise(
    "sin",
    sympy.sin(x),
    title="sine",
    lipschitz=attained(ONE, ZERO, "a' = cos"),
    smoothness=attained(ONE, sympy.pi / 2, "a'' = -sin"),
    third=attained(ONE, ZERO, "a''' = -cos"),
    slope=ONE,
    sup=attained(ONE, sympy.pi / 2, "|sin| <= 1"),
)

_BENT = sqrt((3 - sqrt(6)) / 2)

GAUSSIAN = elementwise(
    "gaussian",
    exp(-(x**2)),
    title="exp(-x^2)",
    lipschitz=attained(sqrt(2) * exp(-HALF), 1 / sqrt(2), "a' = -2x exp(-x^2), largest where a'' = 0: x^2 = 1/2"),
    smoothness=attained(Integer(2), ZERO, "a'' = (4x^2 - 2) exp(-x^2), stationary at 0 (2) and at x^2 = 3/2 (0.89)"),
    third=attained(
        4 * _BENT * (3 - 2 * _BENT**2) * exp(-(_BENT**2)),
        _BENT,
        "a''' = (12x - 8x^3) exp(-x^2), stationary at x^2 = (3 - sqrt(6))/2 (3.30) and at x^2 = (3 + sqrt(6))/2 (1.04)",
    ),
    at_zero=ONE,
    slope=ZERO,
    sup=attained(ONE, ZERO, "exp(-x^2) <= 1"),
)

AFFINE = elementwise(
    "affine",
    scale * x + shift,
    title="scale x + shift, with fixed numbers",
    parameters=(
        Parameter("scale", scale, ONE, "what every entry is multiplied by"),
        Parameter("shift", shift, ZERO, "what is added to every entry"),
    ),
    lipschitz=attained(sympy.Abs(scale), ZERO, "a' = scale"),
    smoothness=attained(ZERO, ZERO, "a'' = 0"),
    third=attained(ZERO, ZERO, "a'' = 0"),
    at_zero=sympy.Abs(shift),
    slope=sympy.Abs(scale),
)

SQUARE = elementwise(
    "square",
    x**2,
    title="x^2",
    lipschitz=Fact(
        None,
        "a' = 2x",
        Witness("limit", "a' grows without bound", oo),
        reason="square has an unbounded derivative: only a bound of its input makes it finite",
    ),
    smoothness=attained(Integer(2), ZERO, "a'' = 2"),
    third=attained(ZERO, ZERO, "a''' = 0"),
    slope=ZERO,
)

SMOOTH: tuple[Nonlinearity, ...] = (
    SOFTPLUS,
    LOGSIGMOID,
    SIGMOID,
    TANH,
    TANHSHRINK,
    ARCTAN,
    SOFTSIGN,
    CELU,
    SIN,
    GAUSSIAN,
    AFFINE,
)
