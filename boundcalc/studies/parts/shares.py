"""Where the logarithm of a bound comes from: a share for each layer, which add up to it.

The recursion makes each number q of a jet of others r. With e_q = d log(bound)/d log(q), a step adds
e_q (log q - sum over r of (d log q / d log r) log r): the constants of the step, and what its sums add to the largest term (up to
log 2 for two equal ones). What a step hands on is taken off where it is read, so that all steps, with the norms of balls and inputs
as they are, add up to the logarithm of the bound. Nothing is certified.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus.primitives import FixedPoint, Repeat
from boundcalc.calculus.quantities import LIPSCHITZ, SMOOTHNESS, Quantity
from boundcalc.calculus.steps import ENTRIES, SIZE, Entry, Recursion
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.near import elasticity
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.reverse import Plan, followed, plan_of

LOOPS = "repeats and fixed points that are not unrolled have no shares"
FREE = "symbols without values"
ZERO = "a number that the bound is made of is 0"


@dataclass(frozen=True, slots=True)
class Shares:
    """By quantity: log10 of the bound by the total recursion, and what each primitive adds to it, by number."""

    of: Mapping[Quantity, float]
    steps: Mapping[Quantity, Mapping[int, float]]


def shares_of(bounds: Bounds, recursion: Recursion) -> Shares | str:
    """Of the network's output; a text says why there are none."""
    graph = recursion.graph
    if any(isinstance(primitive, Repeat | FixedPoint) for primitive in graph.primitives):
        return LOOPS
    numbers = numbers_of(bounds, recursion)
    found: dict[Quantity, Mapping[int, float]] = {}
    whole: dict[Quantity, float] = {}
    for quantity in (LIPSCHITZ, SMOOTHNESS):
        end = Entry(graph.output, quantity.name)
        if not isinstance(recursion.value(end), Scalar):
            continue
        if recursion.standing(end) not in numbers:
            return FREE
        if numbers[end] == 0:
            continue
        steps = _backward(bounds, recursion, numbers, end)
        if steps is None:
            return ZERO
        found[quantity], whole[quantity] = steps, _log10(numbers[end])
    return Shares(whole, found)


def numbers_of(bounds: Bounds, recursion: Recursion) -> Mapping[Entry, Number]:
    """All finite entries whose symbols have values."""
    entries = [Entry(at, name) for at in recursion.jets for name in ENTRIES]
    entries += [Entry(at, SIZE, near=True) for at in recursion.near]
    finite = {entry: value for entry in entries if isinstance(value := recursion.value(entry), Scalar)}
    known = bounds.values.keys()
    free = _free(recursion, finite)
    ready = {entry: value for entry, value in finite.items() if free[value] <= known}
    return dict(zip(ready, evaluate(list(ready.values()), bounds.values), strict=True))


def _free(recursion: Recursion, entries: Mapping[Entry, Scalar]) -> Mapping[Scalar, frozenset[sympy.Symbol]]:
    scalars = list(dict.fromkeys(entries.values()))
    return dict(zip(scalars, map(frozenset, free_symbols(scalars)), strict=True))


def _backward(
    bounds: Bounds, recursion: Recursion, numbers: Mapping[Entry, Number], end: Entry
) -> Mapping[int, float] | None:
    """One reverse pass over the primitives."""
    weights: dict[Entry, float] = {recursion.standing(end): 1.0}
    added: dict[int, float] = {}
    pool: list[sympy.Symbol] = []
    plans: dict[tuple[Scalar, int], Plan | None] = {}
    for at in range(end.at, -1, -1):
        if at not in recursion.jets:
            continue
        if not any(weights.get(entry) for entry in _of(at)):
            continue
        names: dict[Entry, sympy.Symbol] = {}
        step = recursion.step(at, _naming(names, pool))
        for entry in _of(at):
            weight = weights.pop(entry, 0.0)
            if not weight:
                continue
            if numbers[entry] == 0:
                return None
            share = _log10(numbers[entry])
            if step is not None and not entry.near:
                formula = getattr(step, entry.name)
                assert isinstance(formula, Scalar)
                key = formula, len(names)
                if key not in plans:
                    plans[key] = plan_of(formula, list(names.values()))
                exponents = _exponents(plans[key], names, numbers, bounds)
                if exponents is None:
                    return None
                for read, exponent in exponents.items():
                    weights[read] = weights.get(read, 0.0) + weight * exponent
                    share -= exponent * _log10(numbers[read])
            added[at] = added.get(at, 0.0) + weight * share
    return added


def _of(at: int) -> list[Entry]:
    """In the order in which a step reads them: what is known of a norm besides is read by the step of the norm."""
    return [*(Entry(at, name) for name in ENTRIES), Entry(at, SIZE, near=True)]


def _naming(names: dict[Entry, sympy.Symbol], pool: list[sympy.Symbol]) -> Callable[[Entry], sympy.Expr]:
    """In the order in which they are read: steps that are alike have one formula, which is recorded once."""

    def named(entry: Entry) -> sympy.Expr:
        if entry not in names:
            if len(names) == len(pool):
                pool.append(sympy.Dummy(positive=True))
            names[entry] = pool[len(names)]
        return names[entry]

    return named


def _exponents(
    plan: Plan | None, names: Mapping[Entry, sympy.Symbol], numbers: Mapping[Entry, Number], bounds: Bounds
) -> Mapping[Entry, float] | None:
    """d log of a formula by d log of each entry that it reads."""
    if plan is None:
        return None
    at = {symbol: numbers[entry] for entry, symbol in names.items()}
    value, slopes = followed(plan, {**bounds.values, **at})
    if value == 0:
        return None
    exponents = {entry: elasticity(slope, numbers[entry], value) for entry, slope in zip(names, slopes, strict=True)}
    if any(exponents[entry] and numbers[entry] == 0 for entry in names):
        return None
    return {entry: exponent for entry, exponent in exponents.items() if exponent}


def _log10(number: Number) -> float:
    found = decimals.log10_upper(number)
    return -math.inf if found is None else found
