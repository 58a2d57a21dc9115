"""Which hyperparameter, and which layer, a bound is most sensitive to: elasticities, d log(bound) / d log(theta)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.blocks.figures import ByBlocks
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.derivatives import Derivative, elasticity
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.quantities import OF_DERIVATIVES
from boundcalc.calculus.trace import trace
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.reverse import value_and_gradient


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Derivatives of one bound. `numbers` and `elasticities` where all symbols have values, `missing` why there is none;
    `ties`: a minimum in the bound has two active branches there, and the first one's derivative is shown."""

    bound: Bound
    derivatives: Mapping[str, Derivative]
    numbers: Mapping[str, Number]
    elasticities: Mapping[str, float]
    ties: bool
    missing: Mapping[str, str]


def sensitivities(bounds: Bounds, symbols: Sequence[str]) -> dict[str, Sensitivity]:
    """For l and L (those that are finite), by every symbol. Raises KeyError for an unknown symbol."""
    found: dict[str, Sensitivity] = {}
    for quantity in OF_DERIVATIVES:
        bound = bounds.figures[quantity]
        if not bound.finite:
            continue
        derivatives = dict(zip(symbols, bound.gradient(symbols), strict=True))
        numbers: dict[str, Number] = {}
        elasticities: dict[str, float] = {}
        missing: dict[str, str] = {}
        ties: list[int] = []
        whole = bounds.number(bound)
        for symbol, derivative in derivatives.items():
            if not derivative.free_symbols <= bounds.values.keys() or derivative.reason is not None:
                continue
            if derivative.direction is not None and whole is None:
                continue  # where the blocks reach the bound is not known without all values
            try:
                numbers[symbol] = derivative.certified(bounds.values, ties)
            except ArithmeticError as error:
                missing[symbol] = str(error)
                continue
            value = bounds.values.get(bounds.symbols[symbol])
            if whole is not None and value is not None and whole != 0:
                elasticities[symbol] = elasticity(numbers[symbol], to_number(value), whole)
        found[quantity.name] = Sensitivity(bound, derivatives, numbers, elasticities, bool(ties), missing)
    return found


def contributions(bounds: Bounds) -> dict[str, dict[str, float]]:
    """For l and L: the elasticity by the norm of each ball of parameters, from one reverse pass each; {} without numbers.

    An elasticity of 2 means that halving what bounds this ball divides the bound by four.
    """
    calculus = Euclidean(Arena(), bounds.refine)
    traced = trace(bounds.primitives, calculus, seeded=bounds.blocks == "layer", scaled=True)
    figures = traced.figures[bounds.primitives.output]
    ones = dict.fromkeys(traced.scales.values(), sympy.S.One)
    found: dict[str, dict[str, float]] = {}
    for quantity in OF_DERIVATIVES:
        scalar, bound = figures[quantity], bounds.figures[quantity]
        whole = bounds.number(bound)
        if not isinstance(scalar, Scalar) or whole is None or whole == 0:
            continue
        at: dict[sympy.Symbol, object] = {**bounds.values, **ones}
        if isinstance(bound.figure, ByBlocks):
            at |= dict(zip(traced.seeds.values(), bound.figure.direction(bounds.values).values(), strict=True))
        elif traced.seeds:
            continue  # loops whose entries have a recursion of their own
        slopes = _slopes(scalar, at, list(traced.scales.values()))
        found[quantity.name] = {
            path: elasticity(slope, to_number(1), whole) for path, slope in zip(traced.scales, slopes, strict=True)
        }
    return found


def _slopes(scalar: Scalar, at: Mapping[sympy.Symbol, object], symbols: Sequence[sympy.Symbol]) -> Sequence[Number]:
    """Numbers need no program of the derivatives, except through loops."""
    found = value_and_gradient(scalar, at, symbols)  # type: ignore[arg-type]
    return evaluate(gradient(scalar, symbols), at) if found is None else found[1]  # type: ignore[arg-type]
