"""Losses, averaged over `batch` samples, as functions of the whole batch of predictions."""

from __future__ import annotations

from sympy import log, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.symbols import batch, classes, labels

LOGISTIC = Nonlinearity(
    name="logistic",
    title="log-sum-exp of the scores minus the label's score (contains the softmax), averaged",
    domain="all real scores, at least two classes, one label per sample",
    lipschitz=Fact(
        sqrt(2 / batch),
        "gradient (p - e_y)/batch for each sample, ||p - e_y||^2 <= 2",
        Witness("limit", "for every sample, the score of one wrong class tends to oo"),
    ),
    smoothness=Fact(
        1 / (2 * batch),
        "Hessian (diag(p) - p p^T)/batch for each sample, a variance of a unit vector's entries (Popoviciu)",
        Witness("attained", "two classes at equal scores; with more classes, the others at scores that tend to -oo"),
    ),
    at_zero=Fact(log(classes), "all probabilities are 1/classes"),
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
    at_zero=Fact(labels**2 / (2 * batch), "half the square of the labels"),
    sizes=(batch, labels),
    derivative_at_zero=labels / batch,
)

ALL_LOSSES: tuple[Nonlinearity, ...] = (LOGISTIC, SQUARED)
