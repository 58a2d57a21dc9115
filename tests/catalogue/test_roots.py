"""Certificates, in ball arithmetic, of the constants of the gated activations.

The derivative concerned is D = a^(k). On a neighbourhood of the root D is concave, so its maximum there is at the root,
which lies in the stored enclosure. On the rest of [-20, 20] balls show |D| < constant. Beyond, the tails below do.
"""

from collections.abc import Callable

import pytest
import sympy
from flint import arb, arb_series, ctx

from boundcalc.catalogue.gates import GATES, GELUS
from boundcalc.catalogue.symbols import x

END = 20

# For |x| >= END: |a'(x) - [x > 0]|, |a''(x)| and |a'''(x)| are at most these, which decrease there.
# silu:  1 - s <= e^-|x| on the right, s <= e^-|x| on the left, s (1 - s) <= e^-|x|.
# gelu:  1 - Phi(|x|) <= phi(x) <= e^(-x^2/2).
# mish:  with e = exp(x), D = e^2 + 2e + 2, the gate is g = 1 - 2/D; g' = 4 (e^2 + e)/D^2; |g''| <= 24 (e^2 + e)/D^2;
#        e^2 + e <= D, and for x < 0 also g <= 1.5 e, g' <= 2e, |g''| <= 12 e. With N = e^2 + e and D' = 2N, N' <= 2N, N'' <= 4N:
#        |g'''| <= 208 N/D^2, and N/D^2 <= exp(-|x|) on both sides.
# gelu_tanh: 1 - tanh(u)^2 <= 4 exp(-2|u|) <= 4 exp(-1.5|x|), u' <= 1 + x^2, |u''| <= |x|, u''' <= 1, and
#        |tanh(u)'''| <= (1 - tanh(u)^2)(u''' + 6 u' |u''| + 6 u'^3).
TAILS: dict[str, tuple[Callable[[arb], arb], ...]] = {
    "silu": (lambda r: (1 + r) * (-r).exp(), lambda r: (2 + r) * (-r).exp(), lambda r: (3 + r) * (-r).exp()),
    "gelu": (
        lambda r: (1 + r) * (-r * r / 2).exp(),
        lambda r: (2 + r * r) * (-r * r / 2).exp(),
        lambda r: (r**3 + 4 * r) * (-r * r / 2).exp(),
    ),
    "mish": (
        lambda r: (2 + 4 * r) * (-r).exp(),
        lambda r: (8 + 24 * r) * (-r).exp(),
        lambda r: (72 + 208 * r) * (-r).exp(),
    ),
    "gelu_tanh": (
        lambda r: (1 + 2 * r * (1 + r * r)) * (-3 * r / 2).exp(),
        lambda r: 4 * (1 + r * r + r / 2 * (r + 2 * (1 + r * r) ** 2)) * (-3 * r / 2).exp(),
        lambda r: (
            4
            * (3 * (r + 2 * (1 + r * r) ** 2) / 2 + r / 2 * (1 + 6 * r * (1 + r * r) + 6 * (1 + r * r) ** 3))
            * (-3 * r / 2).exp()
        ),
    ),
}


@pytest.fixture(autouse=True)
def precision():
    before = ctx.prec
    ctx.prec = 150
    yield
    ctx.prec = before


def series(expression: sympy.Expr, at: arb_series) -> arb_series:
    """The Taylor series of an expression in x, its argument being a series."""
    if expression == x:
        return at
    if isinstance(expression, sympy.Rational):
        return arb_series([arb(int(expression.p)) / int(expression.q)], prec=at.prec)
    arguments = [series(argument, at) for argument in expression.args]
    if isinstance(expression, sympy.Add):
        return sum(arguments[1:], arguments[0])
    if isinstance(expression, sympy.Mul):
        result = arguments[0]
        for argument in arguments[1:]:
            result = result * argument
        return result
    if isinstance(expression, sympy.Pow):
        base, exponent = expression.as_base_exp()
        if exponent == sympy.Rational(1, 2):
            return arguments[0].sqrt()
        if exponent == sympy.Rational(-1, 2):
            return 1 / arguments[0].sqrt()
        assert exponent.is_Integer, expression
        power = series(base, at)
        result = arb_series([1], prec=at.prec)
        for _ in range(abs(int(exponent))):
            result = result * power
        return 1 / result if exponent < 0 else result
    if isinstance(expression, sympy.tanh):
        return 1 - 2 / ((2 * arguments[0]).exp() + 1)
    if expression is sympy.pi:
        return arb_series([arb.pi()], prec=at.prec)
    return {sympy.exp: arb_series.exp, sympy.log: arb_series.log, sympy.erf: arb_series.erf}[expression.func](
        arguments[0]
    )


def derivative(expression: sympy.Expr, order: int, at: arb) -> arb:
    """Encloses the derivative at every point of a ball."""
    coefficient = series(expression, arb_series([at, 1], prec=order + 1))[order]
    return coefficient * arb.fac_ui(order)


def ball(low: sympy.Rational, high: sympy.Rational) -> arb:
    ends = [arb(int(end.p)) / int(end.q) for end in (low, high)]
    return ends[0].union(ends[1])


def number(value: sympy.Expr) -> arb:
    """An exact constant as a ball."""
    return series(value, arb_series([arb(0), 1], prec=1))[0]


def everywhere(holds: Callable[[arb], bool], low: sympy.Rational, high: sympy.Rational, depth: int = 0) -> bool:
    """Whether balls that cover [low, high] all have a property, by bisection."""
    try:
        if holds(ball(low, high)):
            return True
    except ValueError:  # a division by a ball around zero: too wide to tell
        pass
    if depth > 20:
        return False
    middle = (low + high) / 2
    return everywhere(holds, low, middle, depth + 1) and everywhere(holds, middle, high, depth + 1)


ENTRIES = GATES + GELUS
HALVES = {
    "silu",
    "gelu",
    "gelu_tanh",
}  # a(x) - a(-x) = x: a''' is odd, so one half of the line has all its absolute values
CASES = [(entry, order) for entry in ENTRIES for order in (1, 2, 3)]


@pytest.mark.parametrize(("entry", "order"), CASES, ids=lambda v: getattr(v, "name", v))
def test_certificate(entry, order):
    fact = (entry.lipschitz, entry.smoothness, entry.third)[order - 1]
    function = entry.function(x)
    constant = number(fact.value)
    low, high = fact.root.enclosure if fact.root else (fact.witness.point, fact.witness.point)
    if not low.is_Rational:  # an exact point where the derivative is stationary: enclose it
        digits = sympy.floor(low * 10**20)
        low, high = digits / sympy.Integer(10) ** 20, (digits + 1) / sympy.Integer(10) ** 20
    inner = sympy.Rational(1, 8)
    sign = 1 if derivative(function, order, ball(low, high)) > 0 else -1

    # Up to the sign, concave around the root: one stationary point, a maximum, inside the enclosure.
    assert everywhere(lambda at: sign * derivative(function, order + 2, at) < 0, low - inner, high + inner)
    if low < high:
        assert sign * derivative(function, order + 1, ball(low, low)) > 0
        assert sign * derivative(function, order + 1, ball(high, high)) < 0
    else:
        assert derivative(function, order + 1, ball(low, low)).contains(0)  # 0, by parity

    # The maximum, by the mean value theorem on the enclosure, is the constant: below it, and nearly equal.
    wide = ball(low, high)
    at_low = sign * derivative(function, order, ball(low, low))
    peak = at_low + (sign * derivative(function, order + 1, wide) * (ball(high, high) - ball(low, low))).union(arb(0))
    assert peak <= constant or (fact.root is None and peak.overlaps(constant))
    assert abs(peak / constant - 1) < arb("1e-15")

    # Elsewhere: smaller, in absolute value.
    is_half = order == 3 and entry.name in HALVES and high + inner < 0
    last = sympy.Integer(0 if is_half else END)
    for start, end in ((sympy.Integer(-END), low - inner), (high + inner, last)):
        assert everywhere(lambda at: abs(derivative(function, order, at)) < constant, start, end)
    tail = TAILS[entry.name][order - 1](arb(END))
    assert tail + (order == 1) < constant


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_stored_equation_vanishes_in_its_enclosure(entry):
    for fact in (entry.lipschitz, entry.smoothness, entry.third):
        if fact.root is None:
            continue
        equation = fact.root.equation.doit()
        low, high = (equation.subs(fact.root.variable, end).evalf(40) for end in fact.root.enclosure)
        assert low * high < 0
        assert fact.root.enclosure[1] - fact.root.enclosure[0] <= sympy.Rational(1, 10**20)


def test_closed_form_of_silu():
    """At the root a' = 1/2 + x/4."""
    silu = next(entry for entry in GATES if entry.name == "silu")
    low, high = silu.lipschitz.root.enclosure
    assert sympy.Rational(1, 2) + high / 4 <= silu.lipschitz.value
    assert silu.lipschitz.value - (sympy.Rational(1, 2) + low / 4) < sympy.Rational(1, 10**17)
