"""`blocks: layer`: certified numbers of l = ||p||_2 and L = lambda_max(Q), and their closed forms where there are few blocks.

The entries (p_i, q_ij) of every prefix come from one forward pass while blocks are few; for many blocks p and Q d are gradients
by the seeds, one reverse pass each, for the last node alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import ctx

from boundcalc.program import numbers
from boundcalc.program.blocks import Certified, Entries, Symbolic, entries, frobenius, is_linear_in_seeds
from boundcalc.program.ir import Scalar
from boundcalc.program.numbers import Number
from boundcalc.program.perron import (
    eigenvalue_by_gradient,
    first_order_by_gradient,
    largest_eigenvalue_upper,
)

ENTRY_LIMIT = 128  # blocks up to which all entries are computed: their number grows with the square
SYMBOLIC_LIMIT = 32  # blocks up to which there is a closed form


@dataclass(frozen=True, slots=True)
class Direction:
    """Where the largest derivative is reached, as far as floating point tells: a unit vector over the blocks."""

    weights: Mapping[sympy.Symbol, float]


@dataclass(frozen=True, slots=True)
class BlockJet:
    """l and L of one node as forms in the seeds; None where they are infinite."""

    lipschitz: Scalar | None
    smoothness: Scalar | None


@dataclass(frozen=True, slots=True)
class BlockNumbers:
    lipschitz: Number | None
    smoothness: Number | None
    lipschitz_direction: tuple[float, ...] = ()
    smoothness_direction: tuple[float, ...] = ()


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
    direction: tuple[float, ...] = ()
    perron: tuple[float, ...] = ()
    if jet.lipschitz is not None:
        vector = first_order_by_gradient(jet.lipschitz, seeds, values, precision)
        with ctx.workprec(precision):
            first = numbers.hypot(vector)
            direction = _normalised(vector, first)
    if jet.smoothness is not None:
        eigen = eigenvalue_by_gradient(jet.smoothness, seeds, values, precision)
        second, perron = eigen.upper, eigen.vector
    return BlockNumbers(first, second, direction, perron)


def _finite(jets: Sequence[BlockJet]) -> list[Scalar]:
    scalars = (scalar for jet in jets for scalar in (jet.lipschitz, jet.smoothness) if scalar is not None)
    return list(dict.fromkeys(scalars))


def _numbers(jet: BlockJet, forms: Mapping[Scalar, Entries[Number]], size: int, precision: int) -> BlockNumbers:
    first, second = None, None
    direction: tuple[float, ...] = ()
    perron: tuple[float, ...] = ()
    if jet.lipschitz is not None:
        form = forms[jet.lipschitz]
        vector = [form.get((i,), numbers.to_number(0)) for i in range(size)]
        first = numbers.hypot(vector)
        direction = _normalised(vector, first)
    if jet.smoothness is not None:
        eigen = largest_eigenvalue_upper(forms[jet.smoothness], size, precision)
        second, perron = eigen.upper, eigen.vector
    return BlockNumbers(first, second, direction, perron)


def _normalised(vector: Sequence[Number], norm: Number) -> tuple[float, ...]:
    if norm == 0:
        return (0.0,) * len(vector)
    return tuple(float(numbers.ball(numbers.multiply((x, numbers.power(norm, -1)))).mid()) for x in vector)  # type: ignore[arg-type]
