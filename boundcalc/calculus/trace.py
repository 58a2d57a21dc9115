"""Primitive graph -> program: the rules are run on traced scalars, once, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import sympy

from boundcalc.calculus import euclidean as rules
from boundcalc.calculus import primitives as p
from boundcalc.calculus.euclidean import Jet, Quantity, Unbounded
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.program.depth.polynomial import reachable
from boundcalc.program.ir import Arena, Scalar

COMPONENTS = ("norm", "sup", "lipschitz", "smoothness")


@dataclass(frozen=True, slots=True)
class Traced:
    """The program and the jet of every primitive. `seeds` are the symbols that stand for the first-order entry of each block.

    `made` says of every seed in whose passes its block is made anew: the variables of those loops. In a loop over other
    variables the block is one and the same in every pass.
    """

    arena: Arena
    jets: Mapping[int, Jet]
    seeds: Mapping[str, sympy.Symbol]
    scales: Mapping[str, sympy.Symbol]
    made: Mapping[sympy.Symbol, Set[int]]


def trace(
    graph: p.PrimitiveGraph,
    seeded: bool = False,
    refine: bool = False,
    arena: Arena | None = None,
    scaled: bool = False,
) -> Traced:
    """Run the rules, in an arena of their own or in a given one. With `seeded`, the first-order entry of block i is a seed symbol in place of 1, so that the lipschitz
    entry is linear and the smoothness entry quadratic in the seeds (design 2.2). With `scaled`, the norm of every ball is
    multiplied by a symbol that stands for 1, so that a derivative tells what a ball contributes."""
    seeds = {block: sympy.Dummy(f"s_{block}", positive=True) for block in graph.blocks} if seeded else {}
    balls = [primitive.ball for primitive in graph.primitives if isinstance(primitive, p.Parameter)] if scaled else []
    scales = {ball: sympy.Dummy(f"t_{ball}", positive=True) for ball in balls}
    tracer = _Tracer(graph, Arena() if arena is None else arena, seeds, scales, refine)
    tracer.run(0, len(graph.primitives) - 1)
    return Traced(tracer.arena, tracer.jets, seeds, scales, tracer.made())


@dataclass(slots=True)
class _Tracer:
    graph: p.PrimitiveGraph
    arena: Arena
    seeds: Mapping[str, sympy.Symbol]
    scales: Mapping[str, sympy.Symbol]
    refine: bool
    jets: dict[int, Jet] = field(default_factory=dict)
    states: dict[tuple[int, int], Jet] = field(default_factory=dict)  # (loop, state) inside the loop
    known: dict[tuple[Nonlinearity, str], rules.MapConstants] = field(default_factory=dict)
    variables: dict[str, set[int]] = field(default_factory=dict)  # by the path of a loop: what it carries

    def made(self) -> dict[sympy.Symbol, Set[int]]:
        made_in = {ball.ball: ball.made_in for ball in self.graph.primitives if isinstance(ball, p.Parameter)}
        return {
            seed: frozenset[int]().union(*(self.variables[path] for path in made_in.get(block, ())))
            for block, seed in self.seeds.items()
        }

    def run(self, first: int, last: int) -> None:
        index = first
        while index <= last:
            primitive = self.graph.primitives[index]
            if isinstance(primitive, p.Repeat):
                self.loop(index, primitive)
                index = primitive.last + 1
            else:
                self.jets[index] = self.blamed(index, primitive)
                index += 1

    def blamed(self, index: int, primitive: p.Primitive) -> Jet:
        """What is infinite from here on names this layer; what an operand already was, the layer of before. In a loop,
        where a pass may read what a later layer made infinite, this is settled by the first trace of the body."""
        jet = self.jet(primitive)
        changed: dict[str, Unbounded] = {}
        for name in COMPONENTS:
            value = getattr(jet, name)
            if isinstance(value, Unbounded) and p.operands(primitive):
                before = [getattr(self.jets[i], name) for i in p.operands(primitive)]
                infinite = [found for found in before if isinstance(found, Unbounded)]
                same = [found for found in infinite if found.reason == value.reason]
                origin = (same or infinite)[0].layer if infinite else self.graph.owners[index]
                changed[name] = replace(value, layer=origin)
        return replace(jet, **changed) if changed else jet

    def scalar(self, value: sympy.Expr) -> Scalar:
        return self.arena.leaf(value)

    def first_order(self, name: str, differentiated: bool) -> Scalar:
        if not differentiated:
            return self.arena.zero
        return self.scalar(self.seeds[name]) if self.seeds else self.arena.one

    def jet(self, primitive: p.Primitive) -> Jet:
        jets, zero = self.jets, self.arena.zero
        match primitive:
            case p.Parameter(ball, norm, differentiated, _):
                bound = self.scalar(norm)
                bound = bound * self.scalar(self.scales[ball]) if self.scales else bound
                return Jet(bound, bound, self.first_order(ball, differentiated), zero)
            case p.Source(name, norm, sup, differentiated):
                bound = self.scalar(norm)
                largest = bound if sup is None else self.scalar(sup)
                return Jet(bound, largest, self.first_order(name, differentiated), zero)
            case p.Constant(norm):
                bound = self.scalar(norm)
                return Jet(bound, bound, zero, zero)
            case p.Linear(of, norm, contracts_sup):
                return rules.linear(jets[of], self.scalar(norm), contracts_sup)
            case p.Bilinear(left, right, norm, constant, left_norm, entrywise):
                bounded = None if left_norm is None else self.scalar(left_norm)
                constants = rules.BilinearConstants(self.scalar(norm), self.scalar(constant), bounded, entrywise)
                return rules.bilinear(jets[left], jets[right], constants)
            case p.Map(of, entry, unbounded):
                return rules.nonlinear(jets[of], self.constants(entry, unbounded), self.refine)
            case p.Sum(terms):
                return rules.add(*(jets[term] for term in terms))
            case p.Concat(terms):
                return rules.concat(*(jets[term] for term in terms))
            case p.Carried(loop, state) | p.After(loop, state):
                return self.states[loop, state]
            case p.Repeat():
                raise AssertionError("loops are traced by `loop`")

    def constants(self, entry: Nonlinearity, unbounded: str) -> rules.MapConstants:
        if (entry, unbounded) not in self.known:
            self.known[entry, unbounded] = self._constants(entry, unbounded)
        return self.known[entry, unbounded]

    def _constants(self, entry: Nonlinearity, unbounded: str) -> rules.MapConstants:
        def optional(value: Fact | sympy.Expr | None) -> Quantity | None:
            if isinstance(value, Fact):
                return None if value.value is None else self.scalar(value.value)
            return None if value is None else self.scalar(value)

        def fact(value: Fact) -> Quantity:
            return Unbounded(value.reason) if value.value is None else self.scalar(value.value)

        return rules.MapConstants(
            lipschitz=fact(entry.lipschitz),
            smoothness=fact(entry.smoothness),
            at_zero=Unbounded(unbounded) if unbounded else self.scalar(entry.at_zero),
            largest=optional(entry.norm),
            sup_at_zero=optional(entry.sup_at_zero),
            largest_sup=optional(entry.sup),
            slope_at_zero=optional(entry.derivative_at_zero),
            elementwise=entry.elementwise,
        )

    # Loops -----------------------------------------------------------------------------------------------------------

    def loop(self, at: int, repeat: p.Repeat) -> None:
        """Trace the body over variables. Which entries stay exactly zero, and which become infinite, is found by repeating
        the trace from the optimistic guess until it is confirmed; so a ReLU inside on something that does not depend on
        the parameters keeps L = 0, and a norm that is its own largest entry stays one variable."""
        zero = self.arena.zero
        starts = [Jet(zero, zero, zero, zero) if s < 0 else self.jets[s] for s in repeat.starts]
        kinds = [_Kinds.of_start(jet) for jet in starts]
        while True:
            variables: list[Scalar] = []
            carried = [k.jet(self.arena, repeat.states[i], variables) for i, k in enumerate(kinds)]
            self.states.update({(at, i): jet for i, jet in enumerate(carried)})
            self.run(at + 1, repeat.last)
            results = [self.jets[r] for r in repeat.results]
            confirmed = [k.widened(jet) for k, jet in zip(kinds, results, strict=True)]
            if confirmed == kinds:
                self.variables.setdefault(repeat.path, set()).update(v.index for v in variables)
                break
            kinds = confirmed
        begin: list[Scalar] = []
        following: list[Scalar] = []
        for kind, start, result in zip(kinds, starts, results, strict=True):
            for name in kind.variable_names():
                first, after = getattr(start, name), getattr(result, name)
                assert isinstance(first, Scalar)
                assert isinstance(after, Scalar)
                begin.append(first)
                following.append(after)
        # What the layers inside are bounded by is their value in the last copy, after times - 1 passes.
        for passes, last in ((repeat.times - 1, False), (repeat.times, True)):
            ends = iter(separate_loops(self.arena, variables, begin, following, self.scalar(passes)))
            self.states.update({(at, i): kind.jet_of(self.arena, ends) for i, kind in enumerate(kinds)})
            if not last:
                self.run(at + 1, repeat.last)


def separate_loops(
    arena: Arena, states: Sequence[Scalar], starts: Sequence[Scalar], results: Sequence[Scalar], times: Scalar
) -> list[Scalar]:
    """The states after `times` passes, each from a loop over those that it depends on: a norm needs no first-order terms,
    so its loop has no seeds in it, and its closed form no approximation that only they need."""
    position = {state.index: i for i, state in enumerate(states)}
    reads = [[position[v] for v in result.node.free if v in position] for result in results]
    ends: list[Scalar] = []
    for wanted in range(len(states)):
        chosen = sorted(reachable(reads, wanted))
        own_states, own_starts, own_results = ([of[i] for i in chosen] for of in (states, starts, results))
        ends.append(arena.loop(own_states, own_starts, own_results, times)[chosen.index(wanted)])
    return ends


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What is known of each entry of a carried jet: zero for ever, infinite (its reason), the norm itself (sup), or variable."""

    entries: tuple[Unbounded | str, ...]  # "zero", "norm", "variable", or the reason

    @staticmethod
    def of_start(jet: Jet) -> _Kinds:
        entries: list[Unbounded | str] = []
        for name in COMPONENTS:
            value = getattr(jet, name)
            if isinstance(value, Unbounded):
                entries.append(value)
            elif name == "sup" and value == jet.norm:
                entries.append("norm")
            else:
                entries.append("zero" if value.is_zero else "variable")
        return _Kinds(tuple(entries))

    def widened(self, result: Jet) -> _Kinds:
        """What one more pass shows: zero -> variable -> infinite, norm -> variable -> infinite."""
        entries: list[Unbounded | str] = []
        for name, known in zip(COMPONENTS, self.entries, strict=True):
            value = getattr(result, name)
            if isinstance(known, Unbounded):
                entries.append(known)
            elif isinstance(value, Unbounded):
                entries.append("norm" if known == "norm" and value == result.norm else value)
            elif known == "norm":
                entries.append("norm" if value == result.norm else "variable")
            else:
                entries.append("zero" if known == "zero" and value.is_zero else "variable")
        return _Kinds(tuple(entries))

    def variable_names(self) -> list[str]:
        return [name for name, kind in zip(COMPONENTS, self.entries, strict=True) if kind == "variable"]

    def _build(self, arena: Arena, variable: dict[str, Scalar]) -> Jet:
        values: dict[str, Quantity] = {}
        for name, kind in zip(COMPONENTS, self.entries, strict=True):
            if isinstance(kind, Unbounded):
                values[name] = kind
            elif kind == "norm":
                values[name] = values["norm"]
            else:
                values[name] = arena.zero if kind == "zero" else variable[name]
        return Jet(**values)

    def jet(self, arena: Arena, hint: str, variables: list[Scalar]) -> Jet:
        fresh = {name: arena.variable(f"{name} of {hint}") for name in self.variable_names()}
        variables.extend(fresh.values())
        return self._build(arena, fresh)

    def jet_of(self, arena: Arena, ends: Iterator[Scalar]) -> Jet:
        return self._build(arena, {name: next(ends) for name in self.variable_names()})
