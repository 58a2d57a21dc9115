"""Losses, averaged over `batch` samples, as functions of the whole batch of predictions."""

from __future__ import annotations

from sympy import Integer, Le, log, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.symbols import batch, classes, labels
from boundcalc.catalogue.symbols import label_smoothing as a
from boundcalc.catalogue.symbols import temperature as t

_SMOOTHING = Parameter(
    "label_smoothing", a, Integer(0), "the part of a label that is spread over all classes", Le(a, 1)
)
_TEMPERATURE = Parameter("temperature", t, Integer(1), "what divides the scores")
_FAR = "for every sample, the score of one wrong class tends to oo"
_SKEW = "two classes with p = (3 + sqrt(3))/6; with more classes, the others at scores that tend to -oo"
_TIED = "two classes at equal scores; with more classes, the others at scores that tend to -oo"

LOGISTIC = Nonlinearity(
    name="logistic",
    title="log-sum-exp of the scores minus their mean by the label (contains the softmax), averaged",
    domain="all real scores, at least two classes, for each sample a label, or a distribution of labels",
    lipschitz=Fact(
        sqrt((1 + (1 - a) ** 2 - a**2 / classes) / batch) / t,
        "gradient (p - q)/(t batch) for each sample; ||p - q|| is convex in p and in q: largest where p is one class and the label "
        "another one, with 1 - a/K, 1 - a + a/K and K - 2 entries a/K",
        Witness("limit", _FAR),
    ),
    smoothness=Fact(
        1 / (2 * t**2 * batch),
        "Hessian (diag(p) - p p^T)/(t^2 batch) for each sample, a variance of a unit vector's entries (Popoviciu)",
        Witness("attained", _TIED),
    ),
    third=Fact(
        sqrt(6) / (9 * t**3 * batch),
        "the third cumulant of a unit vector's entries under the softmax, as softmax has it",
        Witness("attained", _SKEW),
    ),
    at_zero=Fact(log(classes), "all probabilities are 1/classes"),
    parameters=(_SMOOTHING, _TEMPERATURE),
    sizes=(batch, classes),
)

KL = Nonlinearity(
    name="kl",
    title="temperature^2 times the divergence KL(q || p) of p, the softmax of the scores over the temperature, from given q, averaged",
    domain="all real scores, at least two classes, for each sample a distribution q",
    lipschitz=Fact(
        t * sqrt(2 / batch),
        "gradient t (p - q)/batch for each sample, ||p - q||^2 <= 2",
        Witness("limit", "q is one class, and " + _FAR),
    ),
    smoothness=Fact(
        1 / (2 * batch),
        "Hessian (diag(p) - p p^T)/batch for each sample, a variance of a unit vector's entries (Popoviciu)",
        Witness("attained", _TIED),
    ),
    third=Fact(
        sqrt(6) / (9 * t * batch),
        "the third cumulant of a unit vector's entries under the softmax, as softmax has it",
        Witness("attained", _SKEW),
    ),
    at_zero=Fact(t**2 * log(classes), "log K minus the entropy of q"),
    parameters=(_TEMPERATURE,),
    sizes=(batch, classes),
)

SQUARED = Nonlinearity(
    name="squared",
    title="half the squared distance to the labels, averaged",
    domain="all predictions, fixed labels with norm at most `labels` over the whole batch",
    lipschitz=Fact(
        None,
        "gradient (prediction - label)/batch: on ||prediction|| <= m at most (m + labels)/batch",
        Witness("attained", "prediction at the boundary of the ball, opposite to the labels"),
        reason="the gradient of a squared loss grows with its argument",
    ),
    smoothness=Fact(1 / batch, "Hessian identity/batch", Witness("attained", "everywhere")),
    third=Fact(Integer(0), "the Hessian is the same everywhere", Witness("attained", "everywhere")),
    at_zero=Fact(labels**2 / (2 * batch), "half the square of the labels"),
    sizes=(batch, labels),
    derivative_at_zero=labels / batch,
)
