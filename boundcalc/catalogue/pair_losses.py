"""Losses of pairs and triples of vectors: a sample is one of them; averaged over the samples."""

from __future__ import annotations

from sympy import Integer, Min, Rational, log, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.symbols import batch, largest, least, margin, rows
from boundcalc.catalogue.symbols import temperature as t

_MARGIN = Parameter("margin", margin, Integer(1), "the distance that unlike vectors are kept apart by")
_ONE = Integer(1)

# Of a pair that is unlike, max(0, margin - ||d||)^2/2 is the least ||d - c||^2/2 over ||c|| >= margin: each of these is bent by 1, and where
# one of them is least, it touches f from above. Its gradient there is d - c, of norm max(0, margin - ||d||).
CONTRASTIVE = Nonlinearity(
    name="contrastive",
    title="||d||^2/2 of each difference d of a like pair, max(0, margin - ||d||)^2/2 of an unlike one, averaged",
    domain="all real entries, each pair like or unlike",
    lipschitz=Fact(
        None,
        "gradient of norm ||d|| (like) or max(0, margin - ||d||) (unlike): no more than margin + ||d||",
        Witness("limit", "like pairs far apart"),
        reason="the gradient of a contrastive loss grows with the distance of like pairs",
    ),
    smoothness=Fact(
        None,
        "at d = 0 the gradient of an unlike pair jumps between vectors of norm margin",
        Witness("attained", "an unlike pair with d = 0"),
        reason="a contrastive loss has a kink where the vectors of an unlike pair are equal",
    ),
    at_zero=Fact(margin**2 / 2, "an unlike pair with d = 0"),
    parameters=(_MARGIN,),
    sizes=(batch,),
    derivative_at_zero=margin / sqrt(batch),
    upper=Fact(1 / batch, "half the squared distance to a set", Witness("attained", "like pairs, everywhere")),
)

# A function of vectors and not of their entries: the norm of each of `rows` rows.
DISTANCE = Nonlinearity(
    name="distance",
    title="the Euclidean norm of each of `rows` vectors",
    domain="all real entries",
    lipschitz=Fact(_ONE, "the gradient is a unit vector", Witness("attained", "everywhere but at 0")),
    smoothness=Fact(
        None,
        "the gradient jumps at 0",
        Witness("attained", "the vector 0"),
        reason="a distance has a kink where it is 0: its derivative jumps",
    ),
    at_zero=Fact(Integer(0), "||0|| = 0"),
    sizes=(rows,),
)

TRIPLET = Nonlinearity(
    name="triplet",
    title="max(0, x + margin) for a difference x of distances, averaged",
    domain="all real numbers",
    lipschitz=Fact(1 / sqrt(batch), "slope 0 or 1 for each sample", Witness("attained", "all differences positive")),
    smoothness=Fact(
        None,
        "the slope jumps at -margin",
        Witness("attained", "a difference of -margin"),
        reason="a triplet loss has kinks: where a distance is 0, and where the margin is just kept",
    ),
    at_zero=Fact(margin, "max(0, margin)"),
    parameters=(Parameter("margin", margin, _ONE, "by how much the negative is to be farther away than the positive"),),
    sizes=(batch,),
)

# f(a, b) = -<a, b>/(|a| |b|), c and s the cosine and sine of the angle; a of norm 1 by scale. D_a f is orthogonal to a, of norm s. D_a^2 f is c
# across the plane of a and b, and in it [[0, s], [s, c]] but for signs: of norm (|c| + sqrt(c^2 + 4 s^2))/2, largest at c^2 = 1/3. D_a D_b f is a
# product of two projections. Hence along (x, y) |D f| <= |x| + |y|, |D^2 f| <= 2/sqrt(3) (|x|^2 + |y|^2) + 2 |x| |y| <= 2/sqrt(3) (|x| + |y|)^2. With
# norms above `least` all are smaller; where a norm counts as `least`, f is linear in that vector, with the same bounds.
# (Over both together, hypot(|x|, |y|) = 1: sqrt(2), and 2, at parallel vectors. The sum is sharper where they have parameters of their own.)
COSINE = Nonlinearity(
    name="cosine",
    title="1 - <a, b>/(||a|| ||b||) of each pair, averaged, by ||da|| + ||db||; norms below `least` count as `least`",
    domain="all real entries; smooth where ||a|| and ||b|| of each sample are at least `least` > 0: on convex subsets of this set, which is not convex",
    parameters=(Parameter("least", least, None, "the smallest norm of a and of b"),),
    sizes=(batch,),
    lipschitz=Fact(
        1 / least / sqrt(batch),
        "by a: of norm sin(angle)/||a||, and by b alike",
        Witness("attained", "orthogonal vectors, a of norm `least`"),
    ),
    smoothness=Fact(
        2 / sqrt(3) / least**2 / batch,
        "by a: (|c| + sqrt(c^2 + 4 s^2))/(2 ||a||^2) with c = cos(angle), s = sin(angle); 1/(||a|| ||b||) by a and b",
        Witness("attained", "a of norm `least`, cos(angle) = 1/sqrt(3), b fixed"),
    ),
    at_zero=Fact(_ONE, "orthogonal vectors"),
)

# M = P - I with P the softmax of the rows of scores <a_i, b_j>/t; f is the mean of -log P_ii over the n rows. Let ||a_i||, ||b_j|| <= 1 first
# (vectors of norm r are r times such, with t/r^2 for t: the constants are then 1/r and 1/r^2 times those).
# By a_i: sum_j M_ij b_j/(n t), at most 2/(n t). By b: M^T a/(n t); as ||P^T a|| <= (column sums of P) <= n, at most (n + sqrt(n))/(n t), and
# since |M_ij| <= 1, its column sums are at most n, all together 2 n, at most sqrt(2) n/(n t).
# Along (x, y), with first derivatives u_ij = (<x_i, b_j> + <a_i, y_j>)/t of the scores: the variance of u_i under P_i is at most
# (||x_i|| + ||y||/sqrt(2))^2/t^2 (ranges 2 ||x_i||; Popoviciu), their mean (1/n + 1/2)/t^2 (Cauchy-Schwarz), and 2 sum_ij M_ij <x_i, y_j>/(n t) at most
# ||M||/(n t), ||P|| <= sqrt(n).
INFONCE = Nonlinearity(
    name="infonce",
    title="minus the logarithm of the softmax of <a_i, b_j>/temperature over j at j = i, averaged over the `batch` pairs",
    domain="vectors of norm at most `largest`",
    parameters=(
        Parameter("temperature", t, _ONE, "what divides the scores"),
        Parameter("largest", largest, _ONE, "the largest norm of a vector"),
    ),
    sizes=(batch,),
    lipschitz=Fact(
        largest * sqrt(4 / batch + Min(2, (1 + 1 / sqrt(batch)) ** 2)) / t,
        "row sums of P - I are at most 2, column sums of P at most n (catalogue/pair_losses.py)",
        Witness("upper", "0.90 of it was found"),
    ),
    smoothness=Fact(
        (Rational(1, 2) + 1 / batch) * (largest / t) ** 2 + (sqrt(batch) + 1) / (batch * t),
        "variances of the scores' derivatives, and the operator norm of P - I (catalogue/pair_losses.py)",
        Witness("upper", "0.63 of it was found"),
    ),
    at_zero=Fact(log(batch), "all probabilities are 1/n"),
)

PAIRS: tuple[Nonlinearity, ...] = (CONTRASTIVE, TRIPLET, COSINE, INFONCE)
