"""Losses that are sums of a scalar function over the entries of a sample, averaged over the samples: of margins, a score times a label
of 1 or -1, or of residuals, a prediction minus its label.

The gradient of a sample has an entry for each of its `size` entries, and the Hessian is diagonal.
"""

from __future__ import annotations

import sympy
from sympy import Piecewise, Rational, exp, log, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.symbols import batch, delta, size, width, x

_ONE, _HALF, _ZERO = sympy.S.One, sympy.S.Half, sympy.S.Zero
_LABELS = "the labels are fixed, and no bound of their norm is given"


def _summed(
    name: str,
    function: sympy.Expr,
    *,
    title: str,
    lipschitz: tuple[sympy.Expr | str, Witness],
    smoothness: tuple[sympy.Expr | str, Witness],
    at_zero: sympy.Expr | None,
    source: str,
    slope: sympy.Expr | None = None,
    third: tuple[sympy.Expr, Witness] | None = None,
    parameters: tuple[Parameter, ...] = (),
) -> Nonlinearity:
    """lipschitz, smoothness, third: the largest |h'|, |h''| and |h'''| of the scalar function, or why there is none; at_zero: h(0), None where it
    depends on labels; slope: |h'(0)|."""

    def fact(found: tuple[sympy.Expr | str, Witness], scale: sympy.Expr) -> Fact:
        value, witness = found
        return Fact(None, source, witness, value) if isinstance(value, str) else Fact(value * scale, source, witness)

    return Nonlinearity(
        name=name,
        title=title,
        domain="all real entries",
        lipschitz=fact(lipschitz, sqrt(size / batch)),
        smoothness=fact(smoothness, 1 / batch),
        third=None if third is None else fact(third, 1 / batch),
        at_zero=Fact(None, source, reason=_LABELS) if at_zero is None else Fact(at_zero * size, "all entries are h(0)"),
        parameters=parameters,
        sizes=(batch, size),
        derivative_at_zero=None if slope is None else slope * sqrt(size / batch),
        function=sympy.Lambda(x, function),
    )


def _everywhere(point: sympy.Expr, kind: str = "attained") -> Witness:
    return Witness("limit" if kind == "limit" else "attained", f"all entries are {point}", point)


_WIDTH = Parameter("width", width, _ONE, "over how much of the margin the slope changes")
_DELTA = Parameter("delta", delta, _ONE, "the residual from which on it grows linearly")
_LOSS = "h(y z) for each entry z and its label y"

MARGINS: tuple[Nonlinearity, ...] = (
    _summed(
        "binary_logistic",
        log(1 + exp(-x)),
        title=f"{_LOSS}, h = log(1 + exp(-x)), averaged over the samples",
        lipschitz=(_ONE, _everywhere(-sympy.oo, "limit")),
        smoothness=(Rational(1, 4), _everywhere(_ZERO)),
        third=(sqrt(3) / 18, _everywhere(log(2 + sqrt(3)))),
        at_zero=log(2),
        source="h' = -1/(1 + exp(x)), h'' = p (1 - p) <= 1/4, h''' = p (1 - p)(1 - 2p)",
    ),
    _summed(
        "hinge",
        Piecewise((1 - x, x < 1), (_ZERO, True)),
        title=f"{_LOSS}, h = max(0, 1 - x), averaged over the samples",
        lipschitz=(_ONE, _everywhere(_ZERO)),
        smoothness=("hinge has a kink at margin 1: its derivative jumps", _everywhere(_ONE)),
        at_zero=_ONE,
        source="h' = -1 below 1, 0 above",
    ),
    _summed(
        "squared_hinge",
        Piecewise(((1 - x) ** 2 / 2, x < 1), (_ZERO, True)),
        title=f"{_LOSS}, h = max(0, 1 - x)^2/2, averaged over the samples",
        lipschitz=("the gradient of a squared hinge grows with its argument", _everywhere(-sympy.oo, "limit")),
        smoothness=(_ONE, _everywhere(_ZERO)),
        at_zero=_HALF,
        source="h' = x - 1 below 1: on ||z|| <= m a gradient of norm at most sqrt(size) + m for one sample",
        slope=_ONE,
    ),
    _summed(
        "smoothed_hinge",
        Piecewise((1 - x - width / 2, x < 1 - width), ((1 - x) ** 2 / (2 * width), x < 1), (_ZERO, True)),
        title=f"{_LOSS}, h = max(0, 1 - x) with its kink replaced by a parabola over [1 - width, 1], averaged over the samples",
        lipschitz=(_ONE, _everywhere(-width)),
        smoothness=(1 / width, _everywhere(1 - width / 2)),
        at_zero=_ONE,
        source="h' = (x - 1)/width on [1 - width, 1], -1 below; h(0) <= max(0, 1 - 0)",
        parameters=(_WIDTH,),
    ),
)

_RESIDUAL = "h(z - y) for each entry z and its label y"
RESIDUALS: tuple[Nonlinearity, ...] = (
    _summed(
        "huber",
        Piecewise((-delta * x - delta**2 / 2, x < -delta), (x**2 / 2, x < delta), (delta * x - delta**2 / 2, True)),
        title=f"{_RESIDUAL}, h = x^2/2 up to |x| = delta and delta (|x| - delta/2) beyond, averaged over the samples",
        lipschitz=(delta, _everywhere(2 * delta)),
        smoothness=(_ONE, _everywhere(_ZERO)),
        at_zero=None,
        source="h' = max(-delta, min(x, delta))",
        parameters=(_DELTA,),
    ),
    _summed(
        "pseudo_huber",
        delta**2 * (sqrt(1 + (x / delta) ** 2) - 1),
        title=f"{_RESIDUAL}, h = delta^2 (sqrt(1 + (x/delta)^2) - 1), averaged over the samples",
        lipschitz=(delta, _everywhere(sympy.oo, "limit")),
        smoothness=(_ONE, _everywhere(_ZERO)),
        at_zero=None,
        third=(48 * sqrt(5) / (125 * delta), _everywhere(delta / 2)),
        source="h' = x/sqrt(1 + (x/delta)^2), h'' = (1 + (x/delta)^2)^(-3/2), h''' largest at x = delta/2",
        parameters=(_DELTA,),
    ),
    _summed(
        "log_cosh",
        log(1 + exp(2 * x)) - x - log(2),
        title=f"{_RESIDUAL}, h = log(cosh(x)), averaged over the samples",
        lipschitz=(_ONE, _everywhere(sympy.oo, "limit")),
        smoothness=(_ONE, _everywhere(_ZERO)),
        at_zero=None,
        third=(4 * sqrt(3) / 9, _everywhere(log(2 + sqrt(3)) / 2)),
        source="h' = tanh(x), h'' = 1 - tanh(x)^2, h''' = -2 tanh(x) (1 - tanh(x)^2)",
    ),
)
