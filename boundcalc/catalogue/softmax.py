"""Softmax along an axis: its derivatives are covariances and third cumulants of the distribution it returns."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Rational, log, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.symbols import classes, rows

# Dp[u] = Cov_p(u, .) and D^2 p[u, v] = third cumulant kappa_p(u, v, .), both symmetric forms, so their norms are
# reached on the diagonal (for the trilinear form: Banach): l = max Var_p(u), L = max |E_p (u - E u)^3| over ||u|| = 1.
# The values of a unit u have range at most sqrt(2); the variance is then at most 2/4 (Popoviciu), and the third central
# moment, which at a given mean is largest for two values, at most 2 sqrt(2) max p(1 - p)(1 - 2p) = 2 sqrt(2) sqrt(3)/18
# = sqrt(6)/9. D^3 p is the fourth cumulant E (u - E u)^4 - 3 Var_p(u)^2: at least -2 Var_p(u)^2 >= -1/2 (Jensen), and at most the
# fourth central moment, which at a given mean is largest for two values: 4 p (1 - p)(1 - 3 p (1 - p)) <= 1/3.
SOFTMAX = Nonlinearity(
    name="softmax",
    title="softmax of `rows` vectors of `classes` entries each",
    domain="all real entries",
    lipschitz=Fact(
        Rational(1, 2),
        "largest variance of a unit vector's entries under the softmax (Popoviciu)",
        Witness("attained", "two classes at equal scores; with more classes, the others at scores that tend to -oo"),
    ),
    smoothness=Fact(
        sqrt(6) / 9,
        "largest third central moment of a unit vector's entries under the softmax",
        Witness("attained", "two classes with p = (3 + sqrt(3))/6; with more, the others at scores that tend to -oo"),
    ),
    third=Fact(
        Rational(1, 2),
        "largest fourth cumulant of a unit vector's entries under the softmax",
        Witness("attained", "two classes at equal scores; with more, the others at scores that tend to -oo"),
    ),
    at_zero=Fact(sqrt(rows / classes), "all entries are 1/classes"),
    sizes=(rows, classes),
    norm=Fact(sqrt(rows), "||p||_2 <= ||p||_1 = 1", Witness("limit", "one score of each vector tends to oo")),
    sup_at_zero=1 / classes,
    sup=Fact(Integer(1), "p_i <= 1", Witness("limit", "one score tends to oo")),
)

# Over some of the entries of each vector, at least one, with 0 in the others' places: the limit of softmax where the scores of
# the others tend to -oo, so that all constants hold, whatever the entries. Only the image of 0 is larger.
MASKED_SOFTMAX = replace(
    SOFTMAX,
    name="masked softmax",
    title="softmax of `rows` vectors over some of the entries of each, at least one",
    at_zero=Fact(sqrt(rows), "||p||_2 <= ||p||_1 = 1", Witness("attained", "vectors that keep one entry")),
    sup_at_zero=Integer(1),
)

# a(z) = z - 1 lse(z) with the gradient p of lse: Da = I - 1 p^T. As <p, 1> = 1, 1 p^T is an oblique projection, whose norm
# ||1|| ||p|| = sqrt(K) ||p|| is that of I - 1 p^T as well (any projection but 0 and I), and ||p||_2 <= ||p||_1 = 1. From there on only
# lse is not linear: D^2 a = -1 Cov_p and D^3 a = -1 kappa_p, so that the norms are sqrt(K) times those of the covariance and of
# the third cumulant, which are l and L of softmax.
LOG_SOFTMAX = Nonlinearity(
    name="logsoftmax",
    title="logarithm of the softmax of `rows` vectors of `classes` entries each",
    domain="all real entries",
    lipschitz=Fact(
        sqrt(classes),
        "I - 1 p^T has the norm of the oblique projection 1 p^T, sqrt(classes) ||p||_2, and ||p||_2 <= ||p||_1 = 1",
        Witness("limit", "two classes or more, one score tends to oo"),
    ),
    smoothness=Fact(
        sqrt(classes) / 2,
        "||1|| times the largest variance of a unit vector's entries under the softmax (Popoviciu)",
        Witness("attained", "two classes at equal scores; with more classes, the others at scores that tend to -oo"),
    ),
    third=Fact(
        sqrt(classes) * sqrt(6) / 9,
        "||1|| times the largest third central moment of a unit vector's entries under the softmax",
        Witness("attained", "two classes with p = (3 + sqrt(3))/6; with more, the others at scores that tend to -oo"),
    ),
    at_zero=Fact(sqrt(rows * classes) * log(classes), "all entries are -log(classes)"),
    sizes=(rows, classes),
    sup_at_zero=log(classes),
)

# With the image's absolute values added up, and the largest score as the norm: Dp[u] has the entries p_j (u_j - E u), so
# sum_j |.| = E|u - E u| <= 1 for |u| <= 1 (l = 1, reached), and D^2 p[u, u] has p_j ((u_j - E u)^2 - Var u), so
# sum_j |.| = E|(u - E u)^2 - Var u|, largest for two values: 8 q (1 - q)|1 - 2q| at q = (1 - 1/sqrt(3))/2.
SUMMED_SMOOTHNESS: Expr = 4 / (3 * sqrt(3))
