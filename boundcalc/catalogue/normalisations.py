"""Normalisations: every group of M = `count` entries is (centred and) divided by its standard deviation, with eps.

With u the (centred) group, sigma = ||u||/sqrt(M), both forms are gradients of a convex function of ||u||, so that D^2
is a symmetric trilinear form and its norm is reached on the diagonal (Banach). Put r = ||u|| / (sqrt(M) s).
- sqrt, s = sqrt(eps): D = the Hessian of sqrt(1 + r^2) up to scale, at most its value at 0, eps^(-1/2). Along a line,
  1 + r^2 is c^2 + t^2 with c >= 1, so D^2 is largest for c = 1: 3 t (1 + t^2)^(-5/2) at t = 1/2, that is
  48/(25 sqrt(5)), times M^(-1/2) eps^(-1).
- additive, s = eps: D is the Hessian of r - log(1 + r), at most 1/eps. In a direction at cosine a from y, D^2 is
  2 a^3 (1 + r)^-3 + 3 a (1 - a^2)(1 + r)^-2 <= 3a - a^3 <= 2, times M^(-1/2) eps^(-2), as r tends to 0 (only C^{1,1})
Groups act on separate entries, so several groups have the constants of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sympy
from sympy import Integer, Max, Rational, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.symbols import channels, count, eps, gain, least, rows

_EPS = Parameter("eps", eps, None, "added to the variance (sqrt) or to the standard deviation (additive)")
_CONSTANT_INPUT = Witness(
    "attained", "at an input whose groups are constant (zero, without centring), M >= 2 if centred"
)


def _normalisation(name: str, groups: sympy.Symbol, centred: bool, form: str) -> Nonlinearity:
    if form == "sqrt":
        title = "z/sqrt(variance + eps)"
        lipschitz = Fact(1 / sqrt(eps), "derivative at 0, where it is largest", _CONSTANT_INPUT)
        smoothness = Fact(
            Rational(48, 25) / sqrt(5) / sqrt(count) / eps,
            "third derivative of sqrt(1 + t^2) at t = 1/2",
            Witness("attained", "along a unit centred direction, where the variance is eps/4"),
        )
    else:
        title = "z/(eps + standard deviation)"
        lipschitz = Fact(1 / eps, "derivative at 0, where it is largest", _CONSTANT_INPUT)
        smoothness = Fact(
            2 / sqrt(count) / eps**2,
            "third derivative of |t| - log(1 + |t|) as t tends to 0",
            Witness("limit", "the variance tends to 0"),
        )
    return Nonlinearity(
        name=name,
        title=("centred " if centred else "") + title + ", per group of `count` entries",
        domain="all real entries, eps > 0; statistics of the input itself (training mode), biased variance",
        parameters=(_EPS,),
        sizes=(groups, count),
        lipschitz=lipschitz,
        smoothness=smoothness,
        at_zero=Fact(Integer(0), "0 has no deviation from its mean"),
        norm=Fact(
            sqrt(groups * count),
            "a group of M entries with standard deviation below 1",
            Witness("limit", "the input is scaled up"),
        ),
        sup_at_zero=Integer(0),
        sup=Fact(
            sqrt(count - 1) if centred else sqrt(count),
            "no entry exceeds the norm sqrt(M) of its group; where the M entries add up to 0, sqrt((M - 1)/M) of it",
            Witness("limit", "one entry tends to oo, the others are 0"),
        ),
    )


FORMS = ("sqrt", "additive")

# The groups: a batch-norm has one per channel; the others have one per sample (and position, instance or group of
# channels).
GROUPS: Mapping[str, tuple[sympy.Symbol, bool]] = {
    "batchnorm": (channels, True),
    "layernorm": (rows, True),
    "rmsnorm": (rows, False),
    "groupnorm": (rows, True),
    "instancenorm": (rows, True),
}  # kind: what counts the groups, and whether the mean is subtracted


@cache
def normalisation(name: str, form: str) -> Nonlinearity:
    """The entry of a kind and a form."""
    return _normalisation(name, *GROUPS[name], form)


UNIT = Nonlinearity(
    name="l2norm",
    title="z/max(||z||, eps) of `rows` vectors",
    domain="all real entries, eps > 0",
    parameters=(Parameter("eps", eps, None, "the norm below which a vector is divided by eps itself"),),
    sizes=(rows,),
    lipschitz=Fact(
        1 / eps, "the projection onto the ball of radius eps, over eps", Witness("attained", "inside the ball")
    ),
    smoothness=Fact(
        None,
        "the derivative along z jumps",
        Witness("attained", "a vector of norm eps"),
        reason="z/max(||z||, eps) has a kink where ||z|| = eps: its derivative jumps",
    ),
    at_zero=Fact(Integer(0), "0 stays 0"),
    norm=Fact(sqrt(rows), "no vector is longer than 1", Witness("attained", "vectors of norm eps and above")),
    sup_at_zero=Integer(0),
    sup=Fact(Integer(1), "no vector is longer than 1", Witness("attained", "one entry alone, of at least eps")),
)

# f(g, v) = g v/||v|| of one row, |g| <= gain, ||v|| >= least, y = |g|/||v||, u = v/||v||. Df[c, e] = c u + y (e - <e, u> u) has norm
# max(1, y). With e = a u + b w, w a unit vector orthogonal to u, D^2 f[(c, e), (c, e)] is 2 b (c - a y) w - y b^2 u in units of 1/||v||: along
# a unit vector its square is at most 4 (1 + y^2) t - (4 + 3 y^2) t^2, t = b^2 (Cauchy-Schwarz), largest at t = 2 (1 + y^2)/(4 + 3 y^2) <= 1.
# Both grow with y and with 1/||v||. ||f|| = |g| <= ||(g, v)||, so that the image of zero counts as 0.
WEIGHTS = Nonlinearity(
    name="weight_norm",
    title="g v/||v|| of each of `rows` rows (g, v)",
    domain="|g| <= gain and ||v|| >= least > 0 of each row; convex subsets of this set, which is not convex",
    parameters=(
        Parameter("gain", gain, None, "the largest |g|"),
        Parameter("least", least, None, "the smallest ||v||"),
    ),
    sizes=(rows,),
    lipschitz=Fact(
        Max(1, gain / least),
        "the derivative by g is a unit vector, that by v at most |g|/||v||, and they are orthogonal",
        Witness("attained", "|g| = gain, ||v|| = least, along g, or along what is orthogonal to v"),
    ),
    smoothness=Fact(
        2 * (1 + (gain / least) ** 2) / (least * sqrt(4 + 3 * (gain / least) ** 2)),
        "a quadratic function of the part of the direction that is orthogonal to v",
        Witness("attained", "|g| = gain, ||v|| = least"),
    ),
    at_zero=Fact(Integer(0), "||g v/||v|||| = |g|, no more than ||(g, v)||"),
    norm=Fact(gain * sqrt(rows), "||g v/||v|||| = |g|", Witness("attained", "|g| = gain in each row")),
)
