"""`blocks: layer`: certified numbers of l = ||p||_2 and L = lambda_max(Q), and their closed forms where there are few blocks.

The entries (p_i, q_ij) of every prefix come from one forward pass while blocks are few; for many blocks p and Q d are gradients
by the seeds, one reverse pass each, for the last node alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import arb, ctx

from boundcalc.program import numbers
from boundcalc.program.blocks import Certified, Entries, Symbolic, entries, frobenius, is_linear_in_seeds
from boundcalc.program.ir import Scalar
from boundcalc.program.leaves import to_number
from boundcalc.program.numbers import Number
from boundcalc.program.perron import (
    eigenvalue_by_gradient,
    eigenvector,
    first_order_by_gradient,
    largest_eigenvalue_upper,
)

ENTRY_LIMIT = 64  # blocks up to which all entries are computed: their number grows with the square
SYMBOLIC_LIMIT = 32  # blocks up to which there is a closed form
ROW_LIMIT = 6  # the same for every prefix: together they are cubic in the blocks


@dataclass(frozen=True, slots=True)
class BlockJet:
    """l and L of one node as forms in the seeds; None where they are infinite."""

    lipschitz: Scalar | None
    smoothness: Scalar | None


@dataclass(frozen=True, slots=True)
class BlockNumbers:
    lipschitz: Number | None
    smoothness: Number | None
    lipschitz_direction: tuple[Number, ...] = ()  # the unit vector at which l(s) is ||p||
    smoothness_direction: tuple[Number, ...] = ()  # the unit vector at which s^T Q s is lambda_max, nearly


def closed_forms(jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol]) -> list[BlockJet] | None:
    """||p||_2 and the Frobenius norm of Q (an upper bound of lambda_max) as scalars; None for many blocks."""
    if len(seeds) > SYMBOLIC_LIMIT:
        return None
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


def certified(
    jets: Sequence[BlockJet], seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number], precision: int = 128
) -> list[BlockNumbers] | None:
    """Numbers for several nodes of one program; None where there are too many blocks for that (see `certified_last`)."""
    if len(seeds) > ENTRY_LIMIT:
        return None
    scalars = _finite(jets)
    with ctx.workprec(precision):
        found = entries(scalars, seeds, Certified(values))
        forms = dict(zip(scalars, found, strict=True))
        return [_numbers(jet, forms, len(seeds), precision) for jet in jets]


def certified_last(
    jet: BlockJet, seeds: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Number], precision: int = 128
) -> BlockNumbers | None:
    """Numbers of one node, linear in depth; None where a concatenation makes it no polynomial in the seeds."""
    if not is_linear_in_seeds(_finite([jet]), seeds):
        return None
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
    return BlockNumbers(first, second, direction, perron)


def _finite(jets: Sequence[BlockJet]) -> list[Scalar]:
    scalars = (scalar for jet in jets for scalar in (jet.lipschitz, jet.smoothness) if scalar is not None)
    return list(dict.fromkeys(scalars))


def _numbers(jet: BlockJet, forms: Mapping[Scalar, Entries[Number]], size: int, precision: int) -> BlockNumbers:
    first, second = None, None
    direction: tuple[Number, ...] = ()
    perron: tuple[Number, ...] = ()
    if jet.lipschitz is not None:
        form = forms[jet.lipschitz]
        first, direction = _unit([form.get((i,), to_number(0)) for i in range(size)])
    if jet.smoothness is not None:
        eigen = largest_eigenvalue_upper(forms[jet.smoothness], size, precision)
        second = eigen.upper
        perron = _unit(eigenvector(forms[jet.smoothness], eigen.vector))[1]
    return BlockNumbers(first, second, direction, perron)


def _unit(vector: Sequence[Number]) -> tuple[Number, tuple[Number, ...]]:
    """The norm of a vector, and the vector divided by it (zero for zero)."""
    norm = numbers.hypot(vector)
    if norm == 0:
        return norm, tuple(vector)
    scale = numbers.power(norm, Fraction(-1))
    return norm, tuple(numbers.multiply((x, scale)) for x in vector)
