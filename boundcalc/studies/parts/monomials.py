"""Geometric programs: monomials, and inequalities between sums of them and one, in positive variables that are numbered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Monomial:
    """exp(log) times the product of powers of variables, by their positions; log = -inf is zero."""

    log: float
    powers: Mapping[int, float] = field(default_factory=dict[int, float])

    @property
    def is_zero(self) -> bool:
        return self.log == -math.inf


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of `terms` is at most `below`, or, of one term, equal to it."""

    terms: tuple[Monomial, ...]
    below: Monomial
    equal: bool = False


@dataclass(frozen=True, slots=True)
class GeometricProgram:
    """Minimise `objective` subject to `rows`, over positive variables of which the first `own` are asked for."""

    objective: Monomial
    rows: tuple[Row, ...]
    own: int
    variables: int


def log_sum(a: float, b: float) -> float:
    top = max(a, b)
    return top + math.log1p(math.exp(min(a, b) - top))
