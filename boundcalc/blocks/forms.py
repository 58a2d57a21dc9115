"""The forms in the seeds of some nodes: closed forms, certified numbers and directions, from entries or from gradients.

The entries (p_i, q_ij) of every node come from one forward pass while they are few: what it costs is counted, not the blocks,
so that many layers that share few blocks have entries. Where they are many, p and Q d are gradients by the seeds, one reverse
pass each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy
from flint import ctx

from boundcalc.blocks.degrees import DEGREES, Exact, Vector
from boundcalc.blocks.entries import Certified, Entries, Symbolic, entries
from boundcalc.blocks.seeds import fits, is_linear_in_seeds
from boundcalc.calculus.quantities import Figures, Quantity
from boundcalc.exact.balls import Number
from boundcalc.program.ir import Scalar

Forms = Mapping[Quantity, Scalar]  # of one node: what is finite, and of a degree that can be certified
Numbers = Mapping[Quantity, Number]
Directions = Mapping[Quantity, Vector]


def forms_of(figures: Figures) -> Forms:
    """The figures of a node that have entries of blocks."""
    return {q: value for q, value in figures.items() if q.order in DEGREES and isinstance(value, Scalar)}


def scalars_of(nodes: Iterable[Forms]) -> list[Scalar]:
    return list(dict.fromkeys(scalar for forms in nodes for scalar in forms.values()))


def affordable(nodes: Iterable[Forms], seeds: Sequence[sympy.Symbol], coefficients: int) -> bool:
    """Whether all entries of these nodes together are at most so many coefficients to compute."""
    return fits(scalars_of(nodes), seeds, coefficients)


def closed_forms(nodes: Sequence[Forms], seeds: Sequence[sympy.Symbol]) -> list[Forms]:
    """What bounds the forms on unit vectors, as scalars: ||p||_2, the Frobenius norm of Q."""
    scalars = scalars_of(nodes)
    if not scalars:
        return [{} for _ in nodes]
    algebra = Symbolic(scalars[0].arena)
    found = dict(zip(scalars, entries(scalars, seeds, algebra), strict=True))
    return [{q: DEGREES[q.order].closed(found[form], algebra) for q, form in forms.items()} for forms in nodes]


def has_gradients(nodes: Iterable[Forms], seeds: Sequence[sympy.Symbol]) -> bool:
    """Whether p and Q d are gradients: not where a concatenation makes the forms no polynomials in the seeds."""
    return is_linear_in_seeds(scalars_of(nodes), seeds)


def certified(
    nodes: Sequence[Forms], seeds: Sequence[sympy.Symbol], values: Exact, precision: int = 128
) -> list[Numbers]:
    """Numbers for several nodes of one program, from their entries."""
    with ctx.workprec(precision):
        found = _entries(nodes, seeds, values)
        return [
            {q: DEGREES[q.order].number(found[form], len(seeds), precision) for q, form in forms.items()}
            for forms in nodes
        ]


def certified_by_gradients(
    forms: Forms, seeds: Sequence[sympy.Symbol], values: Exact, precision: int = 128
) -> tuple[Numbers, Directions]:
    """Numbers of one node that `has_gradients`, linear in depth, and where the forms reach them."""
    found = {q: DEGREES[q.order].by_gradient(form, seeds, values, precision) for q, form in forms.items()}
    return {q: number for q, (number, _) in found.items()}, {q: vector for q, (_, vector) in found.items()}


def directions(forms: Forms, seeds: Sequence[sympy.Symbol], values: Exact, precision: int = 128) -> Directions:
    """Unit vectors at which the forms of one node (nearly) reach its numbers, from its entries."""
    with ctx.workprec(precision):
        found = _entries([forms], seeds, values)
        return {q: DEGREES[q.order].direction(found[form], len(seeds), precision) for q, form in forms.items()}


def _entries(nodes: Sequence[Forms], seeds: Sequence[sympy.Symbol], values: Exact) -> Mapping[Scalar, Entries[Number]]:
    scalars = scalars_of(nodes)
    return dict(zip(scalars, entries(scalars, seeds, Certified(values)), strict=True))
