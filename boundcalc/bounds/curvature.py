"""The matrix Q_F of an objective: |D^2 F [u, u]| <= sum_ij q_ij ||u_i|| ||u_j|| for the parts u_i of u in the blocks; where F has kinks, and
its upper curvature is finite, F(w + u) <= F(w) + <g, u> + half of that sum.

Its entries come from the program with a seed for each block, by the same calculus as the bounds; what does not fit is refused
with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import sympy
from flint import arb, ctx, fmpq

from boundcalc.blocks.asked import Asked
from boundcalc.blocks.entries import Certified, Entries, Key, Symbolic, entries
from boundcalc.blocks.figures import Values
from boundcalc.blocks.layer import CLOSED_FORMS, NUMBERS
from boundcalc.blocks.seeds import fits
from boundcalc.bounds.forms import EXPRESSION_CAP
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.quantities import SMOOTHNESS, UPPER_CURVATURE
from boundcalc.exact import balls
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import MissingValues
from boundcalc.program.ir import Scalar
from boundcalc.program.to_sympy import to_sympy

PRECISION = 128
LOOPS = "a repeat with a symbolic number of times has no entry for each layer"
MANY = "there are too many entries of blocks to compute"
SMALLEST_LOG = -600.0  # of entries relative to the largest, in floats


@dataclass(slots=True)
class _Known:
    """What was computed last, and for which values."""

    values: Values | None = None
    entries: Entries[Number] = field(default_factory=dict[Key, Number])
    directions: Sequence[Number] = ()


@dataclass(frozen=True, eq=False)
class Curvature:
    """`blocks`: the paths of the balls, in the order of the seeds. `reason`: why there are no entries; `form`: s^T Q s."""

    blocks: tuple[str, ...]
    seeds: tuple[sympy.Symbol, ...]
    form: Scalar | None
    reason: str | None
    _known: _Known = field(default_factory=_Known, repr=False)

    @cached_property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        """What needs values before entries are numbers."""
        return frozenset() if self.form is None else free_symbols([self.form])[0] - {*self.seeds}

    @cached_property
    def symbolic(self) -> Entries[Scalar] | None:
        """The entries as closed forms, upper triangle, what is absent is zero; None where there are too many."""
        if self.form is None or not fits([self.form], self.seeds, CLOSED_FORMS):
            return None
        return entries([self.form], self.seeds, Symbolic(self.form.arena))[0]

    def expression(self, keys: Sequence[Key]) -> sympy.Expr | None:
        """The sum of some entries (a key as often as it counts); None where it would be too long."""
        if self.symbolic is None or self.form is None:
            return None
        total = self.form.arena.zero
        for key in keys:
            if key in self.symbolic:
                total = total + self.symbolic[key]
        return to_sympy(total, EXPRESSION_CAP)

    def numbers(self, values: Values) -> Entries[Number]:
        """The certified entries. Raises MissingValues, which is a KeyError."""
        assert self.form is not None
        missing = sorted(symbol.name for symbol in self.free_symbols - values.keys())
        if missing:
            raise MissingValues(missing)
        known = self._known
        if known.values != values:
            exact = {symbol: to_number(value) for symbol, value in values.items()}
            with ctx.workprec(PRECISION):
                known.entries = entries([self.form], self.seeds, Certified(exact))[0]
                known.directions = directions(known.entries, len(self.blocks))
            known.values = dict(values)
        return known.entries

    def alone(self, i: int, values: Values) -> Number:
        """q_ii. Raises as `numbers`."""
        return self.numbers(values).get((i, i), fmpq(0))

    def together(self, i: int, values: Values) -> Number:
        """(Q d)_i / d_i, the d that of `directions`: u^T Q u <= sum_i u_i^2 (Q d)_i / d_i, since 2 u_i u_j is at most
        u_i^2 d_j / d_i + u_j^2 d_i / d_j. Raises as `numbers`."""
        found, d = self.numbers(values), self._known.directions
        with ctx.workprec(PRECISION):
            terms = [balls.multiply((found[key], d[j])) for j, key in enumerate(self.row(i)) if key in found]
            return balls.multiply((balls.add(terms), balls.power(d[i], Fraction(-1))))

    def total(self, values: Values) -> Number:
        """The sum of all entries. Raises as `numbers`."""
        found = self.numbers(values)
        with ctx.workprec(PRECISION):
            return balls.add(value for key, value in found.items() for _ in range(len(set(key))))

    def row(self, i: int) -> list[Key]:
        return [(min(i, j), max(i, j)) for j in range(len(self.blocks))]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What some directions are bent by, as an upper bound: the closed form is the sum of the entries at `keys`, the number that of
    `certified`."""

    curvature: Curvature
    keys: Sequence[Key]
    certified: Callable[[Values], Number]

    @property
    def finite(self) -> bool:
        return self.reason is None

    @property
    def reason(self) -> str | None:
        return self.curvature.reason

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        return self.curvature.free_symbols

    @property
    def expression(self) -> sympy.Expr | None:
        return self.curvature.expression(self.keys)

    @property
    def upper(self) -> tuple[str, ...]:
        return ()


def curvature_of(program: Asked) -> Curvature:
    """That of the objective of a program that was traced with seeds."""
    assert program.objective is not None
    figures = program.kept[program.objective]
    value = figures[SMOOTHNESS]
    if isinstance(value, Unbounded):  # what bends F upwards is enough for steps that let it fall
        value = figures.get(UPPER_CURVATURE, value)
    blocks, seeds = tuple(program.seeds), tuple(program.seeds.values())
    if isinstance(value, Unbounded):
        return Curvature(blocks, seeds, None, value.reason)
    try:
        reason = None if fits([value], seeds, NUMBERS) else MANY
    except ValueError:  # no form in the seeds: a loop
        reason = LOOPS
    return Curvature(blocks, seeds, None if reason else value, reason)


def directions(entries_: Mapping[Key, Number], size: int) -> list[Number]:
    """A positive d in whose scale the steps d_i/(Q d)_i are proportional to 1/q_ii, the steps of layers that move alone.

    d = D^(-1/2) x with D = diag(Q) and x the Perron vector of D^(-1/2) Q D^(-1/2), to floating point: every d > 0 gives valid
    steps, so that nothing has to be certified here. (The Perron vector of Q itself would give all layers the same step.)
    A zero on the diagonal has the sum of its row in its place.
    """
    logs: dict[Key, float] = {}
    with ctx.workprec(PRECISION):
        for key, value in entries_.items():
            middle = balls.ball(value).mid()
            if middle > 0:
                logs[key] = float(middle.log())
    scale = [_scale(logs, i, size) for i in range(size)]
    matrix = [[logs.get((min(i, j), max(i, j)), -float("inf")) for j in range(size)] for i in range(size)]
    return _descaled(matrix, scale)


def _scale(logs: Mapping[Key, float], i: int, size: int) -> float:
    own = logs.get((i, i))
    if own is not None:
        return own
    return max((logs[key] for j in range(size) if (key := (min(i, j), max(i, j))) in logs), default=0.0)


def _descaled(matrix: Sequence[Sequence[float]], scale: Sequence[float]) -> list[Number]:
    import numpy as np  # which takes as long as a small network

    from boundcalc.blocks.vectors import perron_vector

    size = len(scale)
    logs = np.array(matrix, dtype=float).reshape(size, size)
    half = np.array(scale, dtype=float) / 2
    logs = logs - half[:, None] - half[None, :]
    top = float(logs.max(initial=-np.inf))
    with np.errstate(under="ignore"):
        relative = np.exp(np.maximum(logs - top, SMALLEST_LOG)) if np.isfinite(top) else np.zeros_like(logs)
    relative[np.isneginf(logs)] = 0.0
    vector = perron_vector(relative)
    with ctx.workprec(PRECISION):
        return [(arb(float(x)) * arb(-float(h)).exp()).mid() for x, h in zip(vector, half, strict=True)]
