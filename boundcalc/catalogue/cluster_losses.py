"""Losses of all samples together, as n = `batch` points z_i: how far they are from being few. Divided by n.

k-means and spectral clustering are minima of ||z - P z||^2/2 over projections P (onto what is constant on k groups; onto what has rank k):
each is bent by at most 1, and of the least one the gradient z - P z is no longer than z.
"""

from __future__ import annotations

from sympy import Integer, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.symbols import batch, weight

_ZERO = Integer(0)


def _least_distance(name: str, title: str, kink: str, where: str) -> Nonlinearity:
    return Nonlinearity(
        name=name,
        title=title,
        domain="all real entries",
        lipschitz=Fact(
            None,
            "gradient (z - P z)/n for a projection P: at most ||z||/n",
            Witness("attained", "z with P z = 0"),
            reason=f"the gradient of '{name}' grows with its argument",
        ),
        smoothness=Fact(None, "the gradient jumps where two projections tie", Witness("attained", where), reason=kink),
        at_zero=Fact(_ZERO, "0 is one point"),
        sizes=(batch,),
        derivative_at_zero=_ZERO,
        upper=Fact(1 / batch, "a minimum of functions with Hessian (1 - P)/n", Witness("attained", "along z - P z")),
    )


KMEANS = _least_distance(
    "kmeans",
    "half the sum of squared distances to the nearest of the k best centres, divided by the number of points",
    "k-means has kinks: where a point is as near to two centres, the gradient jumps",
    "a point as near to two centres",
)
SPECTRAL = _least_distance(
    "spectral_clustering",
    "half the sum of the squares of all singular values but the k largest, divided by the number of points",
    "spectral clustering has kinks: where the singular values k and k + 1 are equal, the gradient jumps",
    "equal singular values k and k + 1",
)

# The Moreau envelope of g(b) = weight * sum over i < j of ||b_i - b_j||: gradient z - prox(z), 1-Lipschitz, an element of the subdifferential
# of g: weight D^T s, s_ij in the unit ball for each of n (n - 1)/2 pairs, ||D^T||^2 = n. (Between points on a line at most
# weight sqrt(n (n^2 - 1)/3).)
CONVEX_CLUSTERING = Nonlinearity(
    name="convex_clustering",
    title="the least over b of ||z - b||^2/2 + weight * (the sum of ||b_i - b_j|| over all pairs), divided by the number of points",
    domain="all real entries",
    parameters=(Parameter("weight", weight, None, "what a unit of distance between two representatives costs"),),
    sizes=(batch,),
    lipschitz=Fact(
        weight * sqrt((batch - 1) / 2),
        "gradient of a Moreau envelope: in the subdifferential of the sum of distances, weight n sqrt((n - 1)/2)/n",
        Witness("attained", "points far from each other and all at the same distance"),
    ),
    smoothness=Fact(
        1 / batch,
        "gradient of a Moreau envelope: z - prox(z), firmly nonexpansive",
        Witness("attained", "near points, moved apart"),
    ),
    at_zero=Fact(_ZERO, "0 is one point"),
    derivative_at_zero=_ZERO,
)

CLUSTERINGS: tuple[Nonlinearity, ...] = (KMEANS, CONVEX_CLUSTERING, SPECTRAL)
