"""Norms, variances and log-sum-exp along axes: maps of slices known by their constants.

A norm is 1-Lipschitz (l_p below 2 on k entries k^(1/p - 1/2)). log(sum exp) has the softmax p for gradient, of norm at most 1, and the
Hessian diag(p) - p p^T, of norm at most 1/2; it is log(k) at zero.
"""

from __future__ import annotations

import math
from math import prod

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.activations import entrywise
from boundcalc.importers.operators.arithmetic import affine, product, total
from boundcalc.importers.operators.extremes import largest_along
from boundcalc.importers.operators.fixed_linear import centred
from boundcalc.importers.operators.moves import reshaped
from boundcalc.importers.operators.norms import unit
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.operators.reductions import averaged, axes_of, kept_or_not, slices, summed
from boundcalc.importers.values import Held, RefusalError, Value


def norm_along(draft: Draft, of: Held, axes: list[int], order: float, keepdim: bool) -> Held:
    if order == math.inf:
        return largest_along(draft, entrywise(draft, of, draft.formula("abs(x)"), {}), axes, keepdim)
    if order == 1:
        return summed(draft, entrywise(draft, of, draft.formula("abs(x)"), {}), axes, keepdim)
    if order != 2:
        raise RefusalError(f"it is a norm of order {order:g}")
    image = slices(draft, of, axes, {"lipschitz": 1, "at_zero": 0}, "euclidean norm")
    return kept_or_not(draft, image, of, axes, keepdim)


def linalg_vector_norm(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    image = norm_along(draft, of, axes_of(call, of), call.number("ord", 2.0), call.flag("keepdim"))
    return affine(draft, image, scale=call.number("scale", 1.0))


def norm(draft: Draft, call: Call) -> Value:
    """torch.norm as ATen has it: of all entries where no axes are said."""
    of = call.held("self")
    return norm_along(draft, of, axes_of(call, of), call.number("p", 2.0), call.flag("keepdim"))


def logsumexp(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axes = axes_of(call, of)
    count = prod(of.shape[axis] for axis in axes)
    fields: dict[str, Field] = {"lipschitz": 1, "smoothness": "1/2", "at_zero": f"log({count})" if count > 1 else 0}
    return kept_or_not(draft, slices(draft, of, axes, fields, "logsumexp"), of, axes, call.flag("keepdim"))


def var(draft: Draft, call: Call) -> Value:
    """The sum of the squares of what is left without the mean, over so many degrees of freedom."""
    of = call.held("self")
    axes, degrees = _centring(call, of)
    less = _centred(draft, of, axes)
    squares = draft.step("square", {}, (less,), less.shape, less.batch)
    count = prod(of.shape[axis] for axis in axes)
    return affine(draft, averaged(draft, squares, axes, call.flag("keepdim")), scale=count / degrees)


def std(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    axes, degrees = _centring(call, of)
    less = _centred(draft, of, axes)
    return affine(draft, norm_along(draft, less, axes, 2, call.flag("keepdim")), scale=1 / math.sqrt(degrees))


def _centring(call: Call, of: Held) -> tuple[list[int], float]:
    axes = axes_of(call, of)
    less = float(call.flag("unbiased")) if "unbiased" in call.arguments else call.number("correction", 1.0)
    degrees = prod(of.shape[axis] for axis in axes) - less
    if degrees <= 0:
        raise RefusalError("it has no degree of freedom")
    return axes, degrees


def _centred(draft: Draft, of: Held, axes: list[int]) -> Held:
    """Less the mean over all these axes."""
    if len(axes) == 1:
        return centred(draft, of, axes[0])
    mean = averaged(draft, of, axes, True)
    image = total(draft, of, mean, -1.0)
    assert isinstance(image, Held)
    return image


def var_mean(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return (var(draft, call), averaged(draft, of, axes_of(call, of), call.flag("keepdim")))


def std_mean(draft: Draft, call: Call) -> Value:
    of = call.held("self")
    return (std(draft, call), averaged(draft, of, axes_of(call, of), call.flag("keepdim")))


def distances(draft: Draft, call: Call) -> Value:
    """cdist: the norm of the difference of every row of one array with every row of the other."""
    left, right = call.held("x1"), call.held("x2")
    first = reshaped(draft, left, (*left.shape[:-1], 1, left.shape[-1]))
    second = reshaped(draft, right, (*right.shape[:-2], 1, *right.shape[-2:]))
    gaps = total(draft, first, second, -1.0)
    if not isinstance(gaps, Held):
        raise RefusalError("it compares what is no array")
    return norm_along(draft, gaps, [len(gaps.shape) - 1], call.number("p", 2.0), False)


def pairwise_distance(draft: Draft, call: Call) -> Value:
    gaps = total(draft, call.get("x1"), call.get("x2"), -1.0)
    if not isinstance(gaps, Held):
        raise RefusalError("it compares what is no array")
    moved = affine(draft, gaps, shift=call.number("eps", 1e-6))
    return norm_along(draft, moved, [len(gaps.shape) - 1], call.number("p", 2.0), call.flag("keepdim"))


def cosine_similarity(draft: Draft, call: Call) -> Value:
    """The product of both, each divided by its norm, or by eps where that is larger."""
    left, right = call.held("x1"), call.held("x2")
    (first, second), shape, batch = draft.aligned((left, right))
    whole = [Held(each.step, shape, batch) for each in (first, second)]
    axis = call.integer("dim", 1) % len(shape)
    eps = written(call.number("eps", 1e-8))
    units = [unit(draft, each, axis, eps) for each in whole]
    image = product(draft, units[0], units[1])
    if not isinstance(image, Held):
        raise RefusalError("it compares what is no array")
    return summed(draft, image, [axis], False)
