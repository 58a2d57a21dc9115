"""The functions of formulas with their Taylor coefficients on a ball: g(b), g'(b), g''(b)/2, ... up to the fifth, each an enclosure
of its values at all points of the ball."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import arb, fmpq

ORDER = 5  # of the highest derivative that is enclosed
Coefficients = list[arb]  # ORDER + 1 of them
UNIT = arb(0, 1 - 2.0**-40)  # the radius is rounded up, to 1
assert UNIT.abs_upper() == 1
NARROW = arb(2) ** -20
UNKNOWN: Coefficients = [arb("nan")] * (ORDER + 1)


def monotone(function: Callable[[arb], arb], b: arb) -> arb:
    """The range of an increasing or decreasing function: between its values at the ends."""
    return function(b) if b.is_exact() else function(b.lower()).union(function(b.upper()))


def square(b: arb) -> arb:
    return even(b, 2)


def even(b: arb, n: int) -> arb:
    """b^n of an even n, which is not negative."""
    if b > 0 or b < 0 or b.is_exact():
        return monotone(lambda end: end**n, abs(b))
    return arb(0).union(b.abs_upper() ** n)


def _logistic(b: arb) -> arb:
    return 1 / (1 + (-b).exp())


def exponential(b: arb) -> Coefficients:
    e = monotone(arb.exp, b)
    return [e, e, e / 2, e / 6, e / 24, e / 120]


def logarithm(b: arb) -> Coefficients:
    if not b > 0:
        return UNKNOWN
    q = 1 / b
    return [monotone(arb.log, b), q, -(q**2) / 2, q**3 / 3, -(q**4) / 4, q**5 / 5]


def sigmoid(b: arb) -> Coefficients:
    """With s = sigmoid(b) and c = 1 - s: s' = sc, (sc)' = sc (c - s), and so on; p = sc is largest at 0."""
    s, c = monotone(_logistic, b), monotone(_logistic, -b)
    p, q = s * c, c - s
    p = p if b > 0 or b < 0 else p.min(arb(1) / 4)
    return [s, p, p * q / 2, p * (1 - 6 * p) / 6, p * q * (1 - 12 * p) / 24, p * (1 - 30 * p + 120 * p * p) / 120]


def softplus(b: arb) -> Coefficients:
    """log(1 + exp(b)), whose slope is the sigmoid."""
    return [monotone(lambda end: end.exp().log1p(), b), *(g / (k + 1) for k, g in enumerate(sigmoid(b)[:ORDER]))]


def tanh(b: arb) -> Coefficients:
    """2 sigmoid(2b) - 1."""
    return [monotone(arb.tanh, b), *(g * 2 ** (k + 1) for k, g in enumerate(sigmoid(2 * b)) if k)]


def erf(b: arb) -> Coefficients:
    """Derivatives are Hermite polynomials times 2/sqrt(pi) exp(-b^2)."""
    s = square(b)
    g = 2 / arb.pi().sqrt() * monotone(arb.exp, -s)
    return [
        monotone(arb.erf, b),
        g,
        -b * g,
        g * (2 * s - 1) / 3,
        g * b * (3 - 2 * s) / 6,
        g * (4 * s * s - 12 * s + 3) / 30,
    ]


def arctan(b: arb) -> Coefficients:
    s = square(b)
    q = 1 / (1 + s)
    return [
        monotone(arb.atan, b),
        q,
        -b * q**2,
        (s - arb(1) / 3) * q**3,
        b * (1 - s) * q**4,
        (s * s - 2 * s + arb(1) / 5) * q**5,
    ]


def _within_one(b: arb) -> arb:
    return UNIT if b.abs_upper() > 1 and b.rad() > NARROW else b


def sine(b: arb) -> Coefficients:
    s, c = _within_one(b.sin()), _within_one(b.cos())
    return [s, c, -s / 2, -c / 6, s / 24, c / 120]


def cosine(b: arb) -> Coefficients:
    s, c = _within_one(b.sin()), _within_one(b.cos())
    return [c, -s, -c / 2, s / 6, c / 24, -s / 120]


def power(b: arb, p: fmpq | arb) -> Coefficients:
    """b^p, and the binomial coefficients: of any b where p is a natural number, of b other than 0 where it is whole, else of b > 0."""
    if isinstance(p, fmpq) and p.q == 1:
        n = int(p.p)
        if n < 0 and not (b > 0 or b < 0):
            return UNKNOWN
        return [_binomial(p, k) * _whole(b, n - k) for k in range(ORDER + 1)]
    if not b > 0:
        return UNKNOWN
    return [_binomial(p, k) * monotone(lambda end, k=k: (end.log() * (p - k)).exp(), b) for k in range(ORDER + 1)]


def _whole(b: arb, n: int) -> arb:
    """b^n; of a negative n only where b is not 0 or the binomial coefficient is."""
    if n < 0:
        return 1 / _whole(b, -n) if b > 0 or b < 0 else arb(0)
    return monotone(lambda end: end**n, b) if n % 2 else even(b, n) if n else arb(1)


def _binomial(p: fmpq | arb, k: int) -> arb:
    found = arb(1)
    for j in range(k):
        found = found * (p - j) / (j + 1)
    return found


SMOOTH: Mapping[str, Callable[[arb], Coefficients]] = {
    "exp": exponential,
    "log": logarithm,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "tanh": tanh,
    "erf": erf,
    "arctan": arctan,
    "sin": sine,
    "cos": cosine,
}
