"""In which norms a primitive reads its operands, for a norm in which somebody asks for it.

What is here is about axes and sizes alone: which slices of the operands a slice of the image depends on, and how often. From it
follow what has to be computed (demand.py) and the rules (mixed.py). Proofs: docs/norms.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from boundcalc.calculus import primitives as p
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.views import NONE, Axes, View

Shape = tuple[sympy.Expr, ...]
ONE = sympy.S.One


@dataclass(frozen=True, slots=True)
class Reading:
    """An operand in a norm; `factor` multiplies the constant for the whole batch."""

    norm: Norm
    factor: sympy.Expr = ONE


@dataclass(frozen=True, slots=True)
class Pair:
    """The two factors of a product, each in a norm."""

    left: Norm
    right: Norm
    factor: sympy.Expr = ONE


@lru_cache(maxsize=4096)
def places(shape: Shape, axes: Axes) -> sympy.Expr:
    """How many indices there are along these axes."""
    return sympy.Mul(*(shape[axis] for axis in sorted(axes)))


@lru_cache(maxsize=4096)
def share(shape: Shape, axes: Axes) -> sympy.Expr:
    """What an array of equal slices has of its Euclidean norm in one of them."""
    return 1 / sympy.sqrt(places(shape, axes))


def everything(shape: Shape) -> Axes:
    return frozenset(range(len(shape)))


def fixed(norm: Norm) -> Axes:
    """The axes whose indices are fixed in a slice that is measured: heads are measured apart."""
    return norm.largest | norm.inner


def closure(of: Norm, known: Norm, shape: Shape) -> sympy.Expr | None:
    """c with ||z||_of <= c ||z||_known, from the norms alone: fixing an index makes no slice larger, and the square of a slice
    is the sum of those at the indices of an axis. None where nothing is known, and where `known` fixes less: then a rule in the
    norm `of` reads no more, and says no less."""
    if not known.is_plain or of == known or (of.is_plain and known.largest <= of.largest):
        return None
    split = known.largest - of.largest
    if of.summed:  # Cauchy-Schwarz along the axis
        return sympy.sqrt(places(shape, of.summed)) * sympy.sqrt(places(shape, split))
    if of.heads and of.inner <= known.largest:  # every head at most the largest place of all heads
        return sympy.sqrt(places(shape, of.heads | (split - of.inner)))
    return sympy.sqrt(places(shape, split))


def within(of: Norm, known: Norm, shape: Shape) -> sympy.Expr | None:
    """The same of any two norms, also where `known` fixes less, for what has no rule of its own."""
    fixes_less = of.is_plain and known.is_plain and known.largest <= of.largest
    return sympy.S.One if of == known or fixes_less else closure(of, known, shape)


def is_uniform(primitive: p.Primitive) -> bool:
    """Whether the rule says as much in any plain norm as the closure of its images would, given that of its operands.

    Every factor belongs to one axis: for S inside T, the operands are read in S' inside T', and fixing an axis of T but not of S
    changes a constant by at most the root of its size. It does not hold where an axis has two readings, or none of its own.
    """
    match primitive:
        case p.Linear(view=view) | p.Map(view=view):
            return _is_plain(view)
        case p.Bilinear():
            return not primitive.stochastic and _is_plain(primitive.left_view) and _is_plain(primitive.right_view)
        case _:
            return isinstance(primitive, (p.Sum, p.Concat))


def _is_plain(view: View) -> bool:
    return not view.windows and all(len(result) == len(operand) == 1 for result, operand in view.along)


def effective(primitive: p.Primitive, norm: Norm) -> Norm:
    """The least norm in which a primitive's rule says the same: the axes of which it knows nothing are left out."""
    if not norm.is_plain:
        return norm
    match primitive:
        case p.Linear(view=view):
            return Norm(norm.largest & view.known)
        case p.Map(entry=entry, view=view) if entry.sup is None and not primitive.picks:
            return Norm(norm.largest & view.known)
        case p.Bilinear():
            known = primitive.left_view.known | primitive.right_view.known | primitive.added
            return Norm(norm.largest & known)
        case _:
            return norm


def coarser(norm: Norm) -> Iterator[Norm]:
    """Plain norms that bound one of the other kinds."""
    yield Norm(norm.largest)
    if norm.heads:
        yield Norm(norm.largest | norm.inner)


def through(view: View, norm: Norm, shape: Shape) -> list[Reading]:
    """The operand of a map with this view. A norm that is not plain passes where every axis does."""
    if not norm.is_plain and _is_entrywise(view, shape):
        return [Reading(norm)]
    return [Reading(Norm(way.largest), way.factor) for way in view.ways(fixed(norm), shape)]


def passes(primitive: p.Primitive, norm: Norm, shape: Shape) -> bool:
    """Whether a primitive has a rule of its own for a norm that is not plain."""
    match primitive:
        case p.Sum():
            return True
        case p.Linear(view=view):
            # What is repeated along other axes than the heads has its own entries in them: sum_h ||b_h||^2 = ||b||^2.
            repeated = not view.along and not view.windows and norm.heads.isdisjoint(view.copied)
            return _is_entrywise(view, shape) or (repeated and bool(norm.heads))
        case p.Map(simplex=axis) if norm.summed:
            along = axis is not None and norm.summed == frozenset({axis})
            return along and norm.largest | norm.summed == everything(shape)
        case p.Map():
            return _is_entrywise(primitive.view, shape)
        case p.Bilinear():
            # Row blocks of a factor without other places: sum_h max_j (||V_h|| x_j)^2 = ||V||^2 max_j x_j^2.
            rows, read = primitive.left_view.places - norm.largest, primitive.right_view.places
            return bool(norm.heads) and norm.heads <= rows and rows.isdisjoint(norm.inner | read)
        case _:
            return False


def _is_entrywise(view: View, shape: Shape) -> bool:
    alone = all(result == operand and len(result) == 1 for result, operand in view.along)
    return alone and view.batch == everything(shape) and not view.windows


def average(rule: p.Average) -> tuple[Norm, Norm]:
    """The slice of one place, and all together."""
    return Norm(rule.axes), WHOLE


def of_map(rule: p.Map, norm: Norm, shape: Shape) -> list[Reading]:
    readings = through(rule.view, norm, shape)
    if rule.picks and norm == Norm(everything(shape)):  # an entry of the image is an entry of the argument
        largest = readings[-1].norm
        whole = sympy.Mul(*(window.touches for window in rule.view.windows))
        readings = [Reading(largest, 1 / sympy.sqrt(whole))]
    return readings


def slice_of(rule: p.Map) -> Norm:
    """The slice that a map acts on by itself."""
    return Norm(rule.view.keeps(rule.view.batch))


def pairs(rule: p.Bilinear, norm: Norm, shape: Shape, left_shape: Shape, right_shape: Shape) -> list[Pair]:
    """Of a common batch axis that is not fixed, one factor may take its largest slice: sum_e x_e^2 y_e^2 <= (max x_e)^2 sum y_e^2."""
    slice_ = fixed(norm)
    shared = (rule.left_view.batch & rule.right_view.batch) - slice_
    chosen = [(slice_ | shared, slice_), (slice_, slice_ | shared)] if shared else [(slice_, slice_)]
    found = [
        Pair(Norm(left.largest), Norm(right.largest), left.factor * right.factor)
        for for_left, for_right in chosen
        for left in rule.left_view.ways(for_left, shape)
        for right in rule.right_view.ways(for_right, shape)
    ]
    if rule.stochastic and norm.is_plain:
        found += _weighted(rule, norm.largest, shape, left_shape, right_shape)
    return found


def _weighted(rule: p.Bilinear, largest: Axes, shape: Shape, left_shape: Shape, right_shape: Shape) -> Iterator[Pair]:
    """||sum_k A_k V_k|| <= (sum_k |A_k|) max_k ||V_k||, at each row; over what is not fixed, as one sum of squares, of
    rows at most their number times the largest. Samples may be such rows too, or be measured apart as heads are."""
    left, right = rule.left_view, rule.right_view
    read = left.keeps(left.batch)
    contracted = everything(right_shape) - right.keeps(right.batch)
    weights = Norm(read, summed=everything(left_shape) - read)
    apart = (left.batch & right.batch) - largest
    rows = left.batch - right.batch - largest
    for samples in dict.fromkeys((NONE, apart & {0})):
        kept, heads = right.keeps(largest | samples), right.keeps(apart - samples)
        each = Norm(kept, heads=heads, inner=contracted) if heads else Norm(kept | contracted)
        yield Pair(weights, each, sympy.sqrt(places(shape, rows | samples)))


def known_operator(rule: p.Bilinear, norm: Norm, shape: Shape) -> Reading:
    """Where the operator norm of B(left, .) is known: it acts on slices along its batch axes; on each block of heads alike."""
    return Reading(Norm(rule.right_view.keeps(fixed(norm))), sympy.sqrt(places(shape, norm.heads)))


def parts(rule: p.Concat, norm: Norm, ranks: Sequence[int], rank: int) -> list[Norm]:
    """Of each term; those of fewer axes do not have the axis."""
    if rule.axis is None:
        return [Norm(norm.largest & {0}) for _ in ranks]
    axis, found = rule.axis, list[Norm]()
    for own in ranks:
        is_stacked = own < rank
        largest = norm.largest - {axis} if is_stacked else norm.largest
        found.append(Norm(frozenset(i - (is_stacked and i > axis) for i in largest)))
    return found


def source(of: p.Source, shape: Shape) -> Mapping[Axes, sympy.Expr]:
    """What is known of an input: by the axes over which the largest slice is taken."""
    known = {NONE: of.norm}
    if of.sample is not None:
        known[frozenset({0})] = of.sample
    if of.sup is not None:
        known[everything(shape)] = of.sup
    return known
