"""The finite set of monomials that one pass of a loop maps to each other (Carleman's lifting).

A monomial in the carried states goes to a polynomial in them; if finitely many monomials reach only each other, one
pass is a linear map of them, and k passes are its k-th power: `close` makes a formula of it, `powers` numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Generic

from boundcalc.program.arithmetic import Arithmetic
from boundcalc.program.depth.polynomial import (
    C,
    DegreeError,
    Monomial,
    Polynomial,
    Rows,
    product,
    reachable,
    substitute,
)

MONOMIALS = 40  # several times what the jets of two carried values need


@dataclass(frozen=True)
class NotLifted:
    """Why a pass is not a linear map of finitely many monomials."""

    reason: str


@dataclass(frozen=True)
class Lift(Generic[C]):
    """A pass: the `states` (nodes) go to `images`. `upper`: the reasons why an image may exceed the true one."""

    states: tuple[int, ...]
    names: tuple[str, ...]
    images: tuple[Polynomial[C], ...]
    upper: tuple[str, ...]


@dataclass(frozen=True)
class Span(Generic[C]):
    """Monomials that a pass maps to each other: basis[i] goes to sum_j rows[i][j] basis[j]."""

    basis: tuple[Monomial, ...]
    rows: Rows[C]


def span(lifted: Lift[C], wanted: Sequence[int], algebra: Arithmetic[C]) -> Span[C] | NotLifted:
    """The monomials that the states at the positions `wanted` reach, those first; or why there is no end of them."""
    reason = _endless(lifted, wanted)
    if reason is not None:
        return NotLifted(reason)
    basis: list[Monomial] = [(i,) for i in wanted]
    order = {monomial: n for n, monomial in enumerate(basis)}
    rows: list[Mapping[int, C]] = []
    while len(rows) < len(basis):
        try:
            image = product(algebra, [lifted.images[state] for state in basis[len(rows)]])
        except DegreeError as error:
            return NotLifted(str(error))
        for monomial in image:
            if monomial not in order:
                order[monomial] = len(basis)
                basis.append(monomial)
        if len(basis) > MONOMIALS:
            return NotLifted(f"a pass mixes more than {MONOMIALS} products of carried states")
        rows.append({order[monomial]: coefficient for monomial, coefficient in image.items()})
    return Span(tuple(basis), tuple(rows))


def fix(lifted: Lift[C], constants: Mapping[int, C], algebra: Arithmetic[C]) -> Lift[C]:
    """The lift with the states at these positions replaced by the values that they keep."""
    images = tuple(
        {(): constants[i]} if i in constants else substitute(algebra, image, constants)
        for i, image in enumerate(lifted.images)
    )
    return replace(lifted, images=images)


def _endless(lifted: Lift[C], wanted: Iterable[int]) -> str | None:
    """The products are finitely many unless a state's own image multiplies it, or what depends on it, by a state."""
    uses = [dict.fromkeys(chain.from_iterable(image)) for image in lifted.images]
    for i in sorted(set[int]().union(*(reachable(uses, w) for w in wanted))):
        for monomial in lifted.images[i]:
            if len(monomial) > 1 and any(i in reachable(uses, j) for j in monomial):
                factors = " and ".join(lifted.names[j] for j in monomial)
                return f"every pass multiplies carried states ({factors}, in {lifted.names[i]}): their degree grows"
    return None
