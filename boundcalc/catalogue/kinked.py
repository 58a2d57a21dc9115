"""Elementwise activations with a kink or a jump: Lipschitz at best, smooth only where a parameter removes the kink."""

from __future__ import annotations

from typing import cast

import sympy
from sympy import Abs, Integer, Max, Min, Piecewise, Rational, exp
from sympy.logic.boolalg import Boolean

from boundcalc.catalogue import published
from boundcalc.catalogue.activations import HALF, ONE, ZERO, attained, bent, limit
from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter, elementwise
from boundcalc.catalogue.symbols import alpha, lambd, max_val, min_val, negative_slope, x


def kink(name: str, point: sympy.Expr, where: str) -> Fact:
    """No smoothness constant: the derivative of `name` jumps at `point`."""
    witness = Witness("attained", f"the derivative jumps at x = {point}", point)
    return Fact(
        None, "the one-sided derivatives differ", witness, f"{name} has a kink at {where}: its derivative jumps"
    )


RELU = elementwise(
    "relu",
    Max(x, 0),
    title="rectified linear unit",
    lipschitz=attained(ONE, ONE, "a' is 0 or 1"),
    smoothness=kink("relu", ZERO, "0"),
    published=published.RELU,
)

RELU6 = elementwise(
    "relu6",
    Min(Max(x, 0), 6),
    title="min(max(x, 0), 6)",
    lipschitz=attained(ONE, ONE, "a' is 0 or 1"),
    smoothness=kink("relu6", ZERO, "0"),
    sup=attained(Integer(6), Integer(6), "clipped at 6"),
)

HARDTANH = elementwise(
    "hardtanh",
    Min(Max(x, min_val), max_val),
    title="x clipped to [min_val, max_val]",
    parameters=(
        Parameter("min_val", min_val, Integer(-1), "lower end", sympy.Lt(min_val, max_val, evaluate=False)),
        Parameter("max_val", max_val, ONE, "upper end"),
    ),
    lipschitz=attained(ONE, (min_val + max_val) / 2, "a' is 0 or 1"),
    smoothness=kink("hardtanh", max_val, "both ends of its interval"),
    at_zero=Max(0, min_val, -max_val),
    sup=attained(
        Max(Abs(min_val), Abs(max_val)),
        Piecewise((max_val, Abs(max_val) >= Abs(min_val)), (min_val, True)),
        "the image is [min_val, max_val]",
        "at the end of the interval that is farther from 0",
    ),
)

LEAKY_RELU = elementwise(
    "leaky_relu",
    Max(x, 0) + negative_slope * Min(x, 0),
    title="leaky rectified linear unit",
    parameters=(Parameter("negative_slope", negative_slope, Rational(1, 100), "derivative at negative x"),),
    lipschitz=attained(
        Max(1, Abs(negative_slope)),
        Piecewise((ONE, Abs(negative_slope) <= 1), (-ONE, True)),
        "a' is 1 or negative_slope",
        "at x = 1 or x = -1, on the steeper side",
    ),
    smoothness=Fact(
        ZERO,
        "a' is 1 or negative_slope",
        Witness("attained", "at x = 0", ZERO),
        reason="leaky_relu has a kink at 0: its derivative jumps",
        holds_if=cast(Boolean, sympy.Eq(negative_slope, 1)),
    ),
    third=Fact(
        ZERO,
        "negative_slope = 1: a' is constant",
        Witness("attained", "at x = 0", ZERO),
        reason="leaky_relu has a kink at 0: its derivative jumps",
        holds_if=cast(Boolean, sympy.Eq(negative_slope, 1)),
    ),
    slope=ONE,
)

# The decimals of torch.nn.functional.selu, taken as exact.
_SELU_ALPHA = Rational("1.6732632423543772848170429916717")
_SELU_SCALE = Rational("1.0507009873554804934193349852946")

SELU = elementwise(
    "selu",
    _SELU_SCALE * Piecewise((x, x > 0), (_SELU_ALPHA * (exp(x) - 1), True)),
    title="scaled exponential linear unit",
    lipschitz=limit(_SELU_SCALE * _SELU_ALPHA, ZERO, "a' = scale alpha exp(x) for x < 0, scale for x > 0"),
    smoothness=kink("selu", ZERO, "0"),
)

ELU = elementwise(
    "elu",
    Piecewise((x, x > 0), (alpha * (exp(x) - 1), True)),
    title="exponential linear unit",
    parameters=(Parameter("alpha", alpha, ONE, "minus the value at -oo"),),
    lipschitz=limit(Max(1, Abs(alpha)), ZERO, "a' = alpha exp(x) for x < 0, 1 for x > 0"),
    smoothness=Fact(
        ONE,
        "alpha = 1: a'' = exp(x) for x < 0 and 0 for x > 0; a' is continuous",
        Witness("limit", "as x tends to 0 from below", ZERO),
        reason="elu has a kink at 0 unless alpha = 1: its derivative jumps",
        holds_if=cast(Boolean, sympy.Eq(alpha, 1)),
    ),
    third=bent("elu", ZERO, "0"),
    slope=ONE,
)

HARDSIGMOID = elementwise(
    "hardsigmoid",
    Min(Max(x + 3, 0), 6) / 6,
    title="relu6(x + 3)/6",
    lipschitz=attained(Rational(1, 6), ZERO, "a' is 0 or 1/6"),
    smoothness=kink("hardsigmoid", Integer(3), "-3 and 3"),
    at_zero=HALF,
    sup=attained(ONE, Integer(3), "clipped at 1"),
)

HARDSWISH = elementwise(
    "hardswish",
    x * Min(Max(x + 3, 0), 6) / 6,
    title="x relu6(x + 3)/6",
    lipschitz=limit(Rational(3, 2), Integer(3), "a' = (2x + 3)/6 on [-3, 3], 0 below and 1 above"),
    smoothness=kink("hardswish", Integer(3), "-3 and 3"),
)

SOFTSHRINK = elementwise(
    "softshrink",
    Max(x - lambd, 0) + Min(x + lambd, 0),
    title="x moved towards 0 by lambd",
    parameters=(Parameter("lambd", lambd, HALF, "half the width of the flat part"),),
    lipschitz=attained(ONE, lambd + 1, "a' is 0 or 1"),
    smoothness=kink("softshrink", lambd, "-lambd and lambd"),
)

HARDSHRINK = elementwise(
    "hardshrink",
    Piecewise((ZERO, Abs(x) <= lambd), (x, True)),
    title="x where |x| > lambd, else 0",
    parameters=(Parameter("lambd", lambd, HALF, "half the width of the flat part"),),
    lipschitz=Fact(
        None,
        "the one-sided limits differ",
        Witness("limit", "a(x) jumps by lambd at x = lambd", lambd),
        reason="hardshrink is not continuous: it jumps at -lambd and lambd",
    ),
    smoothness=Fact(
        None,
        "the one-sided limits differ",
        Witness("limit", "a(x) jumps by lambd at x = lambd", lambd),
        reason="hardshrink is not continuous: it jumps at -lambd and lambd",
    ),
)

KINKED: tuple[Nonlinearity, ...] = (
    RELU,
    RELU6,
    HARDTANH,
    LEAKY_RELU,
    SELU,
    ELU,
    HARDSIGMOID,
    HARDSWISH,
    SOFTSHRINK,
    HARDSHRINK,
)
