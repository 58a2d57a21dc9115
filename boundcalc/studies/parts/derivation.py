"""The total recursion of a network as a derivation: every step that its bounds are made of, in names of what it reads.

Of what a step makes, only what something else reads is in it, and its derivatives. Balls, inputs and constants are written out where
they are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.forms import EXPRESSION_CAP, Forms
from boundcalc.calculus import primitives as p
from boundcalc.calculus.constants import Used, constants_of
from boundcalc.calculus.euclidean import Jet
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS
from boundcalc.calculus.rules import Rule, rule_of
from boundcalc.calculus.steps import ENTRIES, LARGEST, SIZE, Entry, Recursion, recursion_of
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.program.ir import Scalar
from boundcalc.program.to_sympy import NotClosed, to_sympy
from boundcalc.studies.parts.shares import numbers_of

OF_OUTPUT = (NORM.name, LIPSCHITZ.name, SMOOTHNESS.name)
LONGEST = 3_000  # characters of a closed form of a repeat
_WRITTEN_OUT = p.Parameter | p.Source | p.Constant


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a jet. `formula`: in the symbols of others; None where it is infinite (then `reason`) or no formula of one step.
    `upper`: the formula may exceed what the recursion gives; `unclosed`: why a repeat has no closed form."""

    entry: Entry
    formula: sympy.Expr | None
    number: Number | None
    reason: str = ""
    upper: bool = False
    unclosed: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One primitive. owner: the path of its node; reads: the primitives that it is made of."""

    at: int
    owner: str
    primitive: p.Primitive
    rule: Rule
    reads: tuple[int, ...]
    constants: tuple[Used, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class Derivation:
    """bounds: what was asked for. steps: in order; ends: the numbers of the output, and of the loss where there is one.
    symbols: what stands for an entry in formulas. forms: closed forms of the ends."""

    bounds: Bounds
    recursion: Recursion
    steps: tuple[Step, ...]
    ends: Mapping[str, Line]
    symbols: Mapping[sympy.Symbol, Entry]
    forms: Forms

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that are used, once each, in order."""
        graph = self.recursion.graph
        sources = (rule_of(primitive) for primitive in graph.primitives if isinstance(primitive, _WRITTEN_OUT))
        return tuple(dict.fromkeys([*sources, *(step.rule for step in self.steps)]))

    def closed_form(self, entry: Entry) -> sympy.Expr | None:
        """In the symbols of the spec; None where it is long, or there is none."""
        value = self.recursion.value(entry)
        return self.forms.expression(value) if isinstance(value, Scalar) else None


def derivation_of(bounds: Bounds) -> Derivation:
    graph = bounds.primitives
    recursion = recursion_of(graph, bounds.options.refine)
    writer = _Writer(recursion, {})
    last = graph.output if graph.loss is None else graph.loss
    ends = [Entry(graph.output, name) for name in OF_OUTPUT]
    ends += [] if graph.loss is None else [Entry(graph.loss, name) for name in OF_OUTPUT]
    needed = writer.needed(ends)
    numbers = numbers_of(bounds, recursion)
    closed = [entry for entry in needed if isinstance(graph.primitives[entry.at], p.After)]
    scalars = [
        (f"{entry.name}_{entry.at}", value)
        for entry in [*closed, *ends]
        if isinstance(value := recursion.value(entry), Scalar)
    ]
    forms = Forms(bounds.graph.conditions.symbols, scalars)

    def line(entry: Entry) -> Line:
        value = recursion.value(entry)
        if isinstance(value, Unbounded):
            return Line(entry, None, None, value.reason)
        if entry in closed and not value.is_zero:
            form = forms.expression(value)
            kept = None if form is None or len(to_str(form)) > LONGEST else form
            return Line(
                entry,
                kept,
                numbers.get(entry),
                upper=bool(kept and forms.upper(value)),
                unclosed=forms.reason(value) or "",
            )
        return Line(entry, writer.formula(entry), numbers.get(entry))

    def lines(at: int) -> Iterator[Line]:
        near = Entry(at, SIZE, near=True)
        if near in needed and isinstance(value := recursion.value(near), Scalar):
            yield Line(near, to_sympy(value, EXPRESSION_CAP), numbers.get(near))
        for name in ENTRIES:
            entry = Entry(at, name)
            zero = (
                name in OF_OUTPUT
                and not isinstance(recursion.value(entry), Unbounded)
                and recursion.value(entry).is_zero
            )
            if entry in needed or zero:
                yield line(entry)

    used = {entry.at for entry in needed}
    steps = tuple(
        Step(
            at, graph.owners[at], of, rule_of(of), p.operands(of), _constants(of, at, needed, bounds), tuple(lines(at))
        )
        for at, of in enumerate(graph.primitives[: last + 1])
        if at in used and at in recursion.jets and not isinstance(of, _WRITTEN_OUT)
    )
    return Derivation(
        bounds,
        recursion,
        steps,
        {entry.name: line(entry) for entry in ends[:3]},
        writer.symbols,
        forms,
    )


def _constants(of: p.Primitive, at: int, needed: Collection[Entry], bounds: Bounds) -> tuple[Used, ...]:
    """Those of largest entries where these are needed."""
    found = constants_of(of, bounds.options.refine)
    return tuple(used for used in found if not used.of_entries or Entry(at, LARGEST) in needed)


@dataclass(slots=True)
class _Writer:
    recursion: Recursion
    symbols: dict[sympy.Symbol, Entry]
    said: dict[int, Jet | None] = field(default_factory=dict[int, Jet | None])

    def name(self, entry: Entry) -> sympy.Expr:
        """What stands for an entry where it is read."""
        value = self.recursion.value(entry)
        assert isinstance(value, Scalar)
        payload = value.node.payload
        source = isinstance(self.recursion.graph.primitives[entry.at], _WRITTEN_OUT) and not entry.near
        if isinstance(payload, sympy.Expr) and (source or payload.is_Rational):
            return payload
        symbol = sympy.Symbol(f"{entry.name}@{entry.at}{'~' if entry.near else ''}", positive=True)
        self.symbols[symbol] = entry
        return symbol

    def formula(self, entry: Entry) -> sympy.Expr | None:
        """What the rule says of an entry."""
        value = self.recursion.value(entry)
        assert isinstance(value, Scalar)
        if value.is_zero:
            return sympy.S.Zero
        if entry.near:
            return None
        if entry.at not in self.said:
            self.said[entry.at] = self.recursion.step(entry.at, self.name)
        step = self.said[entry.at]
        if step is None:
            return None
        found = getattr(step, entry.name)
        assert isinstance(found, Scalar)
        try:
            return to_sympy(found, EXPRESSION_CAP)
        except NotClosed:
            return None

    def needed(self, ends: list[Entry]) -> set[Entry]:
        """What the ends are made of, themselves included."""
        graph, found = self.recursion.graph, set[Entry]()
        waiting = [self.recursion.standing(entry) for entry in ends]
        while waiting:
            entry = waiting.pop()
            if entry in found:
                continue
            found.add(entry)
            read = p.operands(graph.primitives[entry.at])  # each has a step, though its numbers may be plain
            waiting += [Entry(at, SIZE) for at in read if not isinstance(graph.primitives[at], _WRITTEN_OUT)]
            if isinstance(self.recursion.value(entry), Unbounded) or entry.near:
                continue
            formula = self.formula(entry)
            if formula is not None:
                waiting += [
                    self.symbols[s] for s in formula.free_symbols if isinstance(s, sympy.Symbol) and s in self.symbols
                ]
            waiting += [self.recursion.standing(Entry(at, entry.name)) for at in _carried(graph, entry.at)]
        return found


def _carried(graph: p.PrimitiveGraph, at: int) -> tuple[int, ...]:
    """Where what a state of a repeat or of a fixed point is comes from."""
    match graph.primitives[at]:
        case p.Carried(loop, state) | p.After(loop, state):
            repeat = graph.primitives[loop]
            assert isinstance(repeat, p.Repeat)
            starts = (repeat.starts[state],) if repeat.starts[state] >= 0 else ()
            return (*starts, repeat.results[state])
        case p.FixedPoint(result=result):
            return (result,)
        case _:
            return ()
