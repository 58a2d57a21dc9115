"""A program without loops as a tape: one step after the other, of one or two operands, the leaves taken apart too.

What is evaluated at many values is written out once; whoever plays a tape looks at a code and at positions, and at nothing else.
Equal parts of leaves are one step. Sums, products and extrema of many are chains of pairs, a hypot is the root of a sum of squares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import sympy
from flint import fmpq

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.table import Function
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar

T = TypeVar("T")

# Codes of steps. Operands a and b are positions of steps before it, or what a table of the tape has at a place.
SYMBOL = 0  # of the symbols, the a-th
NUMBER = 1  # of the numbers, the a-th
ADD = 2
MUL = 3
SQUARE = 4
ROOT = 5
POW = 6  # of a, the exponent the b-th
MIN = 7
MAX = 8
RAISE = 9  # a to the power of b
FUNCTION = 10  # of a, the b-th
PART = 11  # the a-th: an expression that is read as a whole, with cases, or of what no table knows
SELECT = 12  # the a-th choice

KEPT = 8  # tapes of one arena
Step = tuple[int, int, int]  # code, a, b


class Choice(NamedTuple):
    """A SELECT node of the program, with the positions of its keys and values."""

    node: int
    op: Op
    keys: tuple[int, ...]
    values: tuple[int, ...]


class HasLoops(Exception):  # noqa: N818
    """No tape: the number of passes is not known before the values are."""


@dataclass(frozen=True, slots=True)
class Tape:
    """`outputs` are positions of steps; `needed`: the symbols that need a value, those within parts too."""

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    needed: frozenset[sympy.Symbol]
    symbols: tuple[sympy.Symbol, ...]
    numbers: tuple[fmpq, ...]
    exponents: tuple[Fraction, ...]
    functions: tuple[Function, ...]
    parts: tuple[sympy.Expr, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Recorder:
    """The reading as positions of a tape that grows."""

    steps: list[Step] = field(default_factory=list[Step])
    _leaves: dict[sympy.Basic, int] = field(default_factory=dict[sympy.Basic, int])
    _symbols: list[sympy.Symbol] = field(default_factory=list[sympy.Symbol])
    _numbers: list[fmpq] = field(default_factory=list[fmpq])
    _exponents: dict[Fraction, int] = field(default_factory=dict[Fraction, int])
    _functions: dict[Function, int] = field(default_factory=dict[Function, int])
    _parts: list[sympy.Expr] = field(default_factory=list[sympy.Expr])
    _choices: list[Choice] = field(default_factory=list[Choice])

    def tape(self, outputs: Iterable[int]) -> Tape:
        within = (symbol for part in self._parts for symbol in part.free_symbols if isinstance(symbol, sympy.Symbol))
        return Tape(
            tuple(self.steps),
            tuple(outputs),
            frozenset((*self._symbols, *within)),
            tuple(self._symbols),
            tuple(self._numbers),
            tuple(self._exponents),
            tuple(self._functions),
            tuple(self._parts),
            tuple(self._choices),
        )

    def _append(self, code: int, a: int, b: int = 0) -> int:
        self.steps.append((code, a, b))
        return len(self.steps) - 1

    def _listed(self, code: int, table: list[T], entry: T) -> int:
        table.append(entry)
        return self._append(code, len(table) - 1)

    def _chain(self, code: int, terms: Sequence[int]) -> int:
        return reduce(lambda a, b: self._append(code, a, b), terms)

    def add(self, terms: Sequence[int]) -> int:
        return self._chain(ADD, terms)

    def multiply(self, factors: Sequence[int]) -> int:
        return self._chain(MUL, factors)

    def minimum(self, terms: Sequence[int]) -> int:
        return self._chain(MIN, terms)

    def maximum(self, terms: Sequence[int]) -> int:
        return self._chain(MAX, terms)

    def hypot(self, terms: Sequence[int]) -> int:
        return self._append(ROOT, self.add([self._append(SQUARE, term) for term in terms]))

    def power(self, base: int, exponent: Fraction) -> int:
        if exponent == 2:
            return self._append(SQUARE, base)
        if exponent == _HALF:
            return self._append(ROOT, base)
        return self._append(POW, base, self._exponents.setdefault(exponent, len(self._exponents)))

    def select(self, index: int, op: Op, keys: Sequence[int], values: Sequence[int]) -> int:
        return self._listed(SELECT, self._choices, Choice(index, op, tuple(keys), tuple(values)))

    def loop(self, passes: Passes[int]) -> Sequence[int]:
        raise HasLoops

    def leaf(self, expression: sympy.Basic) -> int:
        """The position of a SymPy expression; equal parts have one."""
        found = self._leaves.get(expression)
        if found is None:
            found = self._leaves[expression] = self._part(expression)
        return found

    def _part(self, part: sympy.Basic) -> int:
        if isinstance(part, sympy.Symbol):
            return self._listed(SYMBOL, self._symbols, part)
        if isinstance(part, sympy.Rational):
            return self._listed(NUMBER, self._numbers, fmpq(int(part.p), int(part.q)))
        if isinstance(part, sympy.Add):
            return self.add([self.leaf(arg) for arg in part.args])
        if isinstance(part, sympy.Mul):
            return self.multiply([self.leaf(arg) for arg in part.args])
        if isinstance(part, sympy.Pow):
            base, exponent = part.args
            if isinstance(exponent, sympy.Rational):
                return self.power(self.leaf(base), Fraction(int(exponent.p), int(exponent.q)))
            return self._append(RAISE, self.leaf(base), self.leaf(exponent))
        row = FUNCTIONS.heads.get(type(part))
        if row is not None and row.extremum:
            return self._chain(MIN if row.extremum < 0 else MAX, [self.leaf(arg) for arg in part.args])
        if row is not None and row.certified:
            return self._append(
                FUNCTION, self.leaf(part.args[0]), self._functions.setdefault(row, len(self._functions))
            )
        assert isinstance(part, sympy.Expr)
        return self._listed(PART, self._parts, part)


_HALF = Fraction(1, 2)
_KEPT: WeakKeyDictionary[Arena, dict[Any, Any]] = WeakKeyDictionary()


def kept(arena: Arena, key: object, make: Callable[[], T]) -> T:
    """What `make` returns, which an arena determines: it only grows, so that what was made of its nodes stays true."""
    known = _KEPT.setdefault(arena, {})
    if key not in known:
        if len(known) >= KEPT:
            del known[next(iter(known))]
        known[key] = make()
    return known[key]


def tape_of(outputs: Sequence[Scalar]) -> Tape | None:
    """The tape of `outputs`, of one arena; None where it has loops. Raises ValueError for variables that nothing binds."""
    arena, roots = outputs[0].arena, tuple(o.index for o in outputs)
    return kept(arena, roots, lambda: _record(arena, roots))


def _record(arena: Arena, roots: Sequence[int]) -> Tape | None:
    if any(arena.nodes[root].free for root in roots):
        raise ValueError("a variable that no loop binds has no value")
    recorder = Recorder()
    try:
        found = interpret(arena, roots, recorder)
    except HasLoops:
        return None
    return recorder.tape(found[root] for root in roots)
