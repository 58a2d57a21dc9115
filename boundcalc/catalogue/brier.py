"""Brier score of one row of scores z: f(z) = ||p - e||^2/2 with p = softmax(z) and e the label's unit vector, entry y; p_y = a.

With J = diag(p) - p p^T, S = ||p||^2 and r = e - p: the gradient is -J r, the Hessian H = (a - S) J + 2 J^2 - a r r^T.

First derivative. With t = 1 - a, b the other probabilities and B = ||b||^2: g_y = -a (t^2 + B) and g_i = b_i (b_i + a t - B), which add
up to 0. Let -N be the sum of the negative ones of the g_i and beta that of their b_i, P = N + a (t^2 + B). Then ||g||^2 <= (P - N)^2 + P^2
+ N^2 with B <= (t - beta)^2 + beta^2 and N <= beta ((t - beta)^2 - a t): a polynomial in (a, beta), largest at beta = 0, where it is
8 a^2 t^4 <= 2 (8/27)^2, at a = 1/3.

Second derivative. H_ij = -p_i p_j (2 p_i + 2 p_j + 2 a - 3 S) and H_iy = -a p_i (2 p_i + 4 a - 3 S - 1), each row adding up to 0. By the
ovals of Brauer, |lambda| is at most the larger root of (x - h_i)(x - h_j) = r_i r_j for two of the rows, with h their diagonal entries
and r the sums of |.| off it. Of what is neither i nor j (nor y), with sum u and sum of squares T <= u^2, sum p |2 p + c| = 2 T + c u for
c >= 0, and for c < 0 at most |c| u - 2 T + 2 max(0, 2 T - |c| sqrt(T)), since 2 p - |c| <= p (2 - |c|/sqrt(T)). What is left are functions of
three (rows y and i) and of four (rows i and j) numbers; the largest values are those of two classes, |4 q (1 - q)^2 (3 q - 1)| at
q = (9 + sqrt(33))/24, which is 0.308118, and 0.3081 (tests/catalogue/test_brier.py).
"""

from __future__ import annotations

from sympy import Rational, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.symbols import batch, classes

_OTHERS = "; with more classes, the others at scores that tend to -oo"

BRIER = Nonlinearity(
    name="brier",
    title="half the squared distance of the softmax of the scores from the label's unit vector, averaged",
    domain="all real scores, at least two classes, a label for each sample",
    lipschitz=Fact(
        8 * sqrt(2) / 27 / sqrt(batch),
        "the gradient adds up to 0, and its square is at most 8 a^2 (1 - a)^4 for a label of probability a (catalogue/brier.py)",
        Witness("attained", "two classes, the label's of probability 1/3" + _OTHERS),
    ),
    smoothness=Fact(
        Rational(31, 100) / batch,
        "ovals of Brauer of two rows of the Hessian (catalogue/brier.py)",
        Witness("upper", "two classes, the label's of probability (9 + sqrt(33))/24: 0.308117 is attained" + _OTHERS),
    ),
    at_zero=Fact((1 - 1 / classes) / 2, "all probabilities are 1/classes"),
    sizes=(batch, classes),
)
