"""What each layer adds to the logarithm of a bound (studies/parts/shares.py), for a page whose values move: every rule of the
recursion as a few operations, of which shares.js knows the logarithms and the elasticities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from boundcalc.calculus.primitives import FixedPoint, Repeat
from boundcalc.calculus.quantities import LIPSCHITZ, SMOOTHNESS
from boundcalc.calculus.steps import ENTRIES, SIZE, Entry, Recursion
from boundcalc.output.javascript.expressions import LIBRARY, Expressions
from boundcalc.output.javascript.statements import statements
from boundcalc.program.ir import Arena, Op, Scalar

MOST = 20_000  # operations of a page
_CODES = {Op.ADD: 1, Op.MUL: 2, Op.POW: 3, Op.MIN: 4, Op.MAX: 5, Op.HYPOT: 6}  # 0: a leaf
Operation = tuple[
    int, ...
]  # its code, the primitive that it is of, what it is made of: operations before it, or the number of a leaf


@dataclass(frozen=True, slots=True)
class Tape:
    """`code`: a function of the runtime and the numbers of all symbols that gives the logarithms of the leaves. `ends`: the operation
    that each quantity of the network's output is."""

    code: str
    operations: Sequence[Operation]
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Formula:
    """An entry by the rule of its step in entries before it, or, with none, by the program itself."""

    scalar: Scalar
    read: Mapping[sympy.Basic, Entry]


def tape_of(recursion: Recursion, symbols: Sequence[sympy.Symbol]) -> Tape | None:
    """None where there are loops, or too many operations. `symbols`: in the order of the numbers of the page."""
    if any(isinstance(primitive, Repeat | FixedPoint) for primitive in recursion.graph.primitives):
        return None
    output = recursion.graph.output
    ends = {
        q.name: recursion.standing(end)
        for q in (LIPSCHITZ, SMOOTHNESS)
        if isinstance(recursion.value(end := Entry(output, q.name)), Scalar)
    }
    formulas = _formulas(recursion, list(ends.values()))
    started = [formula.scalar for formula in formulas.values() if not formula.read]
    expressions = Expressions({symbol: place for place, symbol in enumerate(symbols)})
    lines, names = statements([s for s in started if s.arena is recursion.calculus.arena], expressions)
    writer = _Writer(expressions, names)
    for entry, formula in formulas.items():
        writer.write(entry, formula)
        if len(writer.operations) > MOST:
            return None
    body = [f"({LIBRARY}, s) => {{", *lines, f"return [{', '.join(writer.leaves)}];", "}"]
    return Tape("\n".join(body), writer.operations, {name: writer.places[end] for name, end in ends.items()})


def _formulas(recursion: Recursion, ends: Sequence[Entry]) -> Mapping[Entry, _Formula]:
    """Of all entries that the ends are made of, in the order in which they are computed."""
    wanted, found = set(ends), dict[Entry, _Formula]()
    for at in range(recursion.graph.output, -1, -1):
        if at not in recursion.jets:
            continue
        names: dict[Entry, sympy.Symbol] = {}
        step = recursion.step(at, _naming(names)) if any(entry.at == at for entry in wanted) else None
        for entry in [*(Entry(at, name) for name in ENTRIES), Entry(at, SIZE, near=True)]:
            if entry not in wanted:
                continue
            scalar = recursion.value(entry) if step is None or entry.near else getattr(step, entry.name)
            assert isinstance(scalar, Scalar)
            called = {name: of for of, name in names.items()}
            payloads = [scalar.arena.nodes[i].payload for i in scalar.arena.needed([scalar.index])]
            read: dict[sympy.Basic, Entry] = {
                p: called[p] for p in payloads if isinstance(p, sympy.Symbol) and p in called
            }
            wanted.update(read.values())
            found[entry] = _Formula(scalar, read)
    return dict(reversed(found.items()))


def _naming(names: dict[Entry, sympy.Symbol]) -> Callable[[Entry], sympy.Expr]:
    return lambda entry: names.setdefault(entry, sympy.Dummy(positive=True))


@dataclass(frozen=True, slots=True)
class _Writer:
    """`names`: of the programs that no rule makes of others."""

    expressions: Expressions
    names: Mapping[Scalar, str]
    operations: list[Operation] = field(default_factory=list[Operation])
    leaves: list[str] = field(default_factory=list[str])
    places: dict[Entry, int] = field(default_factory=dict[Entry, int])

    def write(self, entry: Entry, formula: _Formula) -> None:
        if formula.scalar in self.names:
            self.places[entry] = self._leaf(entry.at, self.names[formula.scalar])
            return
        arena = formula.scalar.arena
        own: dict[int, int] = {}
        for index in arena.needed([formula.scalar.index]):
            own[index] = self._operation(arena, index, entry.at, own, formula.read)
        self.places[entry] = own[formula.scalar.index]

    def _operation(
        self, arena: Arena, index: int, at: int, own: Mapping[int, int], read: Mapping[sympy.Basic, Entry]
    ) -> int:
        op, args, payload, _ = arena.nodes[index]
        if op is Op.LEAF:
            assert isinstance(payload, sympy.Expr)
            return (
                self.places[read[payload]] if payload in read else self._leaf(at, self.expressions.logarithm(payload))
            )
        exponent = (payload.numerator, payload.denominator) if isinstance(payload, Fraction) else ()
        self.operations.append((_CODES[op], at, *(own[arg] for arg in args), *exponent))
        return len(self.operations) - 1

    def _leaf(self, at: int, code: str) -> int:
        self.operations.append((0, at, len(self.leaves)))
        self.leaves.append(code)
        return len(self.operations) - 1
