"""`blocks: layer`: certified numbers of l = ||p||_2 and L = lambda_max(Q), and their closed forms where there are few entries.

The entries (p_i, q_ij) of every prefix come from one forward pass while they are few: what it costs is counted, not the blocks,
so that many layers that share few blocks have entries. Where they are many, p and Q d are gradients by the seeds, one reverse
pass each, for the network alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb, ctx

from boundcalc.blocks.entries import Certified, Entries, Symbolic, entries, frobenius
from boundcalc.blocks.perron import (
    eigenvalue_by_gradient,
    eigenvector,
    first_order_by_gradient,
    largest_eigenvalue_upper,
)
from boundcalc.blocks.seeds import fits, is_linear_in_seeds
from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.program.ir import Scalar

# Coefficients, as `blocks.fits` counts them. Each costs a few microseconds and bytes as a number, and a hundred times that as
# a printed expression: these limits keep a command within seconds.
NUMBERS = 400_000
CLOSED_FORMS = 9_000
CLOSED_FORMS_OF_ROWS = 3_000  # every prefix has its own norm of its own entries


@dataclass(frozen=True, slots=True)
class BlockJet:
    """l and L of one node as forms in the seeds; None where they are infinite."""

    lipschitz: Scalar | None
    smoothness: Scalar | None


@dataclass(frozen=True, slots=True)
class BlockNumbers:
    lipschitz: Number | None
    smoothness: Number | None


@dataclass(frozen=True, slots=True)
class Directions:
    """Unit vectors: at `lipschitz`, l(s) is ||p||; at `smoothness`, s^T Q s is nearly lambda_max. Empty where infinite."""

    lipschitz: tuple[Number, ...] = ()
    smoothness: tuple[Number, ...] = ()


def affordable(jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol], coefficients: int) -> bool:
    """Whether all entries of these nodes together are at most so many coefficients to compute."""
    return fits(_finite(jets), seeds, coefficients)


def closed_forms(jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol]) -> list[BlockJet]:
    """||p||_2 and the Frobenius norm of Q (an upper bound of lambda_max) as scalars."""
    scalars = _finite(jets)
    if not scalars:
        return [BlockJet(None, None) for _ in jets]
    algebra = Symbolic(scalars[0].arena)
    forms = dict(zip(scalars, entries(scalars, seeds, algebra), strict=True))
    zero = scalars[0].arena.zero

    def first(scalar: Scalar | None) -> Scalar | None:
        return None if scalar is None else zero.hypot(*forms[scalar].values())

    def second(scalar: Scalar | None) -> Scalar | None:
        return None if scalar is None else frobenius(forms[scalar], algebra) if forms[scalar] else zero

    return [BlockJet(first(jet.lipschitz), second(jet.smoothness)) for jet in jets]


def has_gradients(jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol]) -> bool:
    """Whether p and Q d are gradients: not where a concatenation makes the forms no polynomials in the seeds."""
    return is_linear_in_seeds(_finite(jets), seeds)


def certified(
    jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number], precision: int = 128
) -> list[BlockNumbers]:
    """Numbers for several nodes of one program, from their entries."""
    with ctx.workprec(precision):
        forms = _entries(jets, seeds, values)
        return [_numbers(jet, forms, len(seeds), precision) for jet in jets]


def certified_by_gradients(
    jet: BlockJet, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number], precision: int = 128
) -> tuple[BlockNumbers, Directions]:
    """Numbers of one node that `has_gradients`, linear in depth."""
    first, second = None, None
    direction: tuple[Number, ...] = ()
    perron: tuple[Number, ...] = ()
    if jet.lipschitz is not None:
        vector = first_order_by_gradient(jet.lipschitz, seeds, values, precision)
        with ctx.workprec(precision):
            first, direction = _unit(vector)
    if jet.smoothness is not None:
        eigen = eigenvalue_by_gradient(jet.smoothness, seeds, values, precision)
        with ctx.workprec(precision):
            second, perron = eigen.upper, _unit([arb(x) for x in eigen.vector])[1]
    return BlockNumbers(first, second), Directions(direction, perron)


def directions(
    jet: BlockJet, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number], precision: int = 128
) -> Directions:
    """Where the forms of one node reach its numbers, from its entries."""
    size = len(seeds)
    direction: tuple[Number, ...] = ()
    perron: tuple[Number, ...] = ()
    with ctx.workprec(precision):
        forms = _entries([jet], seeds, values)
        if jet.lipschitz is not None:
            direction = _unit(_vector(forms[jet.lipschitz], size))[1]
        if jet.smoothness is not None:
            start = largest_eigenvalue_upper(forms[jet.smoothness], size, precision).vector
            perron = _unit(eigenvector(forms[jet.smoothness], start))[1]
    return Directions(direction, perron)


def _entries(
    jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number]
) -> Mapping[Scalar, Entries[Number]]:
    scalars = _finite(jets)
    return dict(zip(scalars, entries(scalars, seeds, Certified(values)), strict=True))


def _finite(jets: Sequence[BlockJet]) -> list[Scalar]:
    scalars = (scalar for jet in jets for scalar in (jet.lipschitz, jet.smoothness) if scalar is not None)
    return list(dict.fromkeys(scalars))


def _numbers(jet: BlockJet, forms: Mapping[Scalar, Entries[Number]], size: int, precision: int) -> BlockNumbers:
    first, second = None, None
    if jet.lipschitz is not None:
        first = numbers.hypot(forms[jet.lipschitz].values())
    if jet.smoothness is not None:
        second = largest_eigenvalue_upper(forms[jet.smoothness], size, precision).upper
    return BlockNumbers(first, second)


def _vector(form: Entries[Number], size: int) -> list[Number]:
    return [form.get((i,), to_number(0)) for i in range(size)]


def _unit(vector: Sequence[Number]) -> tuple[Number, tuple[Number, ...]]:
    """The norm of a vector, and the vector divided by it (zero for zero)."""
    norm = numbers.hypot(vector)
    if norm == 0:
        return norm, tuple(vector)
    scale = numbers.power(norm, Fraction(-1))
    return norm, tuple(numbers.multiply((x, scale)) for x in vector)
