"""Primitive graph -> program: the rules of a calculus are run on traced scalars, once, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Generic

import sympy

from boundcalc.calculus import primitives as p
from boundcalc.calculus.carried import Carried
from boundcalc.calculus.extended import Extended, Unbounded, smallest
from boundcalc.calculus.fixed_point import Solver, expression_of, order, still
from boundcalc.calculus.norms import WHOLE
from boundcalc.calculus.protocol import Calculus, Component, Components, J
from boundcalc.calculus.pushed import pushed
from boundcalc.calculus.quantities import LIPSCHITZ, Figures
from boundcalc.calculus.readings import within
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.loops import separate_loops


@dataclass(frozen=True, slots=True)
class Traced:
    """The program: `figures` is what is asked for of the primitives that a layer or the network ends in, `components` all that the
    calculus knows of any primitive but a repeat; inside a repeat, in its last pass. `seeds` are the symbols that stand for the first-order entry of each block.

    `made` says of every seed in whose passes its block is made anew: the variables of those loops. In a loop over other
    variables the block is one and the same in every pass.
    """

    arena: Arena
    figures: Mapping[int, Figures]
    components: Callable[[int], Components]
    seeds: Mapping[str, sympy.Symbol]
    scales: Mapping[str, sympy.Symbol]
    made: Mapping[sympy.Symbol, Set[int]]


def trace(graph: p.PrimitiveGraph, calculus: Calculus[J], seeded: bool = False, scaled: bool = False) -> Traced:
    """Run the rules, in the arena of the calculus. With `seeded`, the first-order entry of block i is a seed symbol in place
    of 1, so that a quantity of order k is a form of degree k in the seeds (design 2.2). With `scaled`, the norm of every ball
    is multiplied by a symbol that stands for 1, so that a derivative tells what a ball contributes."""
    blocks = {block: sympy.Dummy(f"s_{block}", positive=True) for block in graph.blocks} if seeded else {}
    seeds = {member: blocks[block] for member, block in graph.block_of.items()} if seeded else {}
    balls = [primitive.ball for primitive in graph.primitives if isinstance(primitive, p.Parameter)] if scaled else []
    scales = {ball: sympy.Dummy(f"t_{ball}", positive=True) for ball in balls}
    tracer = _Tracer(graph, calculus, seeds, scales, near=dict(bounds_near(graph, calculus, scales)))
    tracer.run(0, len(graph.primitives) - 1)
    asked = {*graph.outputs.values(), graph.output, *(() if graph.above is None else (graph.above,))}
    jets = tracer.jets  # where a loop begins there is none
    figures = {i: calculus.figures(i, jets[i]) for i in sorted(asked & jets.keys())}

    def components(at: int) -> Components:
        return calculus.components(jets[at])

    return Traced(calculus.arena, figures, components, blocks, scales, tracer.made(blocks))


def bounds_near(
    graph: p.PrimitiveGraph, calculus: Calculus[J], scales: Mapping[str, sympy.Symbol] | None = None
) -> Mapping[int, Extended]:
    """Of each primitive whose norm at the given point is known, a bound of it on the whole set: ||z(w)|| <= ||z(w0)|| plus the length
    of the way, the first-order bound whose entry of each ball is its radius, frozen or not."""
    if graph.given is None:
        return {}
    norms: dict[int, list[Scalar]] = {}
    for path, norm in graph.given.norms.items():
        norms.setdefault(graph.outputs[path], []).append(calculus.arena.leaf(norm))
    tracer = _Tracer(graph, calculus, {}, scales or {}, radii=graph.given.radii, norms=norms)
    tracer.run(0, len(graph.primitives) - 1)
    return tracer.near


@dataclass(slots=True)
class _Tracer(Generic[J]):
    """`near`: bounds of norms of primitives besides those of the rules. They are found from `norms` at a given point where first-order
    entries are the `radii` of balls around it."""

    graph: p.PrimitiveGraph
    calculus: Calculus[J]
    seeds: Mapping[str, sympy.Symbol]  # of every ball and input that is differentiated by
    scales: Mapping[str, sympy.Symbol]
    radii: Mapping[str, sympy.Expr] | None = None
    norms: Mapping[int, Sequence[Scalar]] = field(default_factory=dict[int, Sequence[Scalar]])
    near: dict[int, Extended] = field(default_factory=dict[int, Extended])
    jets: dict[int, J] = field(default_factory=dict)
    states: dict[tuple[int, int], J] = field(default_factory=dict)  # (loop, state) inside the loop
    factors: dict[int, list[sympy.Expr | Unbounded]] = field(
        default_factory=dict
    )  # of fixed points, each time they are traced
    variables: dict[str, set[int]] = field(default_factory=dict)  # by the path of a loop: what it carries

    def made(self, blocks: Mapping[str, sympy.Symbol]) -> dict[sympy.Symbol, Set[int]]:
        return {
            seed: frozenset[int]().union(*(self.variables[path] for path in self.graph.blocks[block].made_in))
            for block, seed in blocks.items()
        }

    def run(self, first: int, last: int) -> None:
        index = first
        while index <= last:
            primitive = self.graph.primitives[index]
            if isinstance(primitive, p.Repeat):
                self.loop(index, primitive)
                index = primitive.last + 1
            elif isinstance(primitive, p.FixedPoint):
                self.fixed_point(index, primitive)
                self.jets[index] = self.nearest(index, self.jets[index])
                index = primitive.last + 1
            else:
                self.jets[index] = self.blamed(index, primitive)
                index += 1

    def blamed(self, index: int, primitive: p.Primitive) -> J:
        """What is infinite from here on names this layer; what an operand already was, the layer of before. In a loop,
        where a pass may read what a later layer made infinite, this is settled by the first trace of the body."""
        jet = self.nearest(index, self.jet(index, primitive))
        if self.calculus.is_finite(jet):
            return jet
        read = p.operands(primitive)
        components = self.calculus.components(jet)
        infinite = {name: value for name, value in components.items() if isinstance(value, Unbounded)}
        if not read:
            return jet
        before = [(name, value) for i in read for name, value in self.calculus.components(self.jets[i]).items()]
        changed: dict[Component, Unbounded] = {}
        for name, value in infinite.items():
            known = [found for own, found in before if own.quantity == name.quantity and isinstance(found, Unbounded)]
            same = [found for found in known if found.reason == value.reason]
            origin = (same or known)[0].layer if known else self.graph.owners[index]
            changed[name] = replace(value, layer=origin)
        return self.calculus.jet({**components, **changed})

    def nearest(self, index: int, jet: J) -> J:
        """The jet with what is known of its norm besides. No slice is larger than the whole batch."""
        if index in self.norms:
            way = self.calculus.components(jet)[Component(LIPSCHITZ.name)]
            self.near[index] = smallest(*(way + norm for norm in self.norms[index]))
        bound = self.near.get(index)
        if not isinstance(bound, Scalar):
            return jet
        components = dict(self.calculus.components(jet))
        for name, value in components.items():
            factor = within(name.norm, WHOLE, self.graph.shapes[index])
            if not order(name) and factor is not None:
                components[name] = smallest(value, self.calculus.arena.leaf(factor) * bound)
        return self.calculus.jet(components)

    def first_order(self, name: str, differentiated: bool) -> Scalar:
        arena = self.calculus.arena
        if self.radii is not None:
            radius = arena.leaf(self.radii.get(name, sympy.S.Zero))  # inputs stay as they are
            return radius * arena.leaf(self.scales[name]) if name in self.scales else radius
        if not differentiated:
            return arena.zero
        return arena.leaf(self.seeds[name]) if self.seeds else arena.one

    def jet(self, at: int, primitive: p.Primitive) -> J:
        rules, arena = self.calculus, self.calculus.arena
        match primitive:
            case p.Parameter():
                norm = arena.leaf(primitive.norm)
                norm = norm * arena.leaf(self.scales[primitive.ball]) if self.scales else norm
                return rules.source(at, primitive, norm, self.first_order(primitive.ball, primitive.differentiated))
            case p.Source():
                first_order = self.first_order(primitive.name, primitive.differentiated)
                return rules.source(at, primitive, arena.leaf(primitive.norm), first_order)
            case p.Constant():
                return rules.source(at, primitive, arena.leaf(primitive.norm), arena.zero)
            case p.Carried(loop, state) | p.After(loop, state):
                return self.states[loop, state]
            case p.Repeat() | p.FixedPoint():
                raise AssertionError("traced by methods of their own")
            case _:
                return pushed(rules, at, primitive, [self.jets[i] for i in p.operands(primitive)])

    def loop(self, at: int, repeat: p.Repeat) -> None:
        """Trace the body over variables. Which entries stay exactly zero, and which become infinite, is found by repeating
        the trace from the optimistic guess until it is confirmed; so a ReLU inside on something that does not depend on
        the parameters keeps L = 0, and a norm that is its own largest entry stays one variable."""
        calculus, arena = self.calculus, self.calculus.arena
        starts = [
            calculus.carried(at, state, None if start < 0 else self.jets[start])
            for state, start in enumerate(repeat.starts)
        ]
        known = [Carried.of_start(start, calculus.alike) for start in starts]
        while True:
            variables = [
                arena.variable(f"{name} of {shown}")
                for shown, entries in zip(repeat.states, known, strict=True)
                for name in entries.variables
            ]
            self.carry(at, known, variables)
            self.run(at + 1, repeat.last)
            results = [calculus.carried(at, state, self.jets[result]) for state, result in enumerate(repeat.results)]
            confirmed = [entries.widened(result) for entries, result in zip(known, results, strict=True)]
            if confirmed == known:
                self.variables.setdefault(repeat.path, set()).update(v.index for v in variables)
                break
            known = confirmed
        begin, following = _of_variables(known, starts), _of_variables(known, results)
        # What the layers inside are bounded by is their value in the last copy, after times - 1 passes.
        for passes, last in ((repeat.times - 1, False), (repeat.times, True)):
            self.carry(at, known, separate_loops(arena, variables, begin, following, arena.leaf(passes)))
            if not last:
                self.run(at + 1, repeat.last)

    def fixed_point(self, at: int, primitive: p.FixedPoint) -> None:
        """Trace the layers inside with what is known of the state so far, last with all of it."""
        calculus, outside = self.calculus, {i: self.jets[i] for i in _read_outside(self.graph, at, primitive)}
        zero = calculus.arena.zero
        constant = {i: calculus.jet(still(calculus.components(jet), zero)) for i, jet in outside.items()}

        def image(state: Components, alone: bool) -> Components:
            self.jets.update(constant if alone else outside)
            self.jets[at] = calculus.jet(state)
            self.run(at + 1, primitive.last)
            found = calculus.carried(at, 0, self.jets[primitive.result])
            self.jets.update(outside)
            return found

        solver = Solver(calculus, self.graph.shapes[at], calculus.carried(at, 0, None), image)
        reach = solver.reach()
        factor = self.factor(at, primitive, solver, reach)
        if factor is None:
            found: Components = dict.fromkeys(solver.nothing, Unbounded("there may be no fixed point"))
        else:
            found = solver.solved(reach, factor)
        image(found, False)

    def factor(self, at: int, primitive: p.FixedPoint, solver: Solver[J], reach: Components) -> sympy.Expr | None:
        """What is divided by is 1 minus this. The norms of balls are in it: with `scaled`, so are the symbols for 1."""
        if primitive.factor is not None and not self.scales:
            return primitive.factor
        found = expression_of(solver.factor(reach))
        if primitive.factor is None:
            self.factors.setdefault(at, []).append(found)
            return None if isinstance(found, Unbounded) else found
        ones = dict.fromkeys(self.scales.values(), sympy.S.One)
        if isinstance(found, Unbounded) or found.xreplace(ones) != primitive.factor:
            return primitive.factor
        return found

    def carry(self, at: int, known: list[Carried], values: list[Scalar]) -> None:
        """The states of a loop with these values of what varies."""
        remaining = iter(values)
        for i, entries in enumerate(known):
            self.states[at, i] = self.calculus.jet(entries.filled(self.calculus.arena.zero, remaining))


def contraction_factors(graph: p.PrimitiveGraph, calculus: Calculus[J]) -> Mapping[int, sympy.Expr | Unbounded]:
    """Of each fixed point, one that holds whatever is around it; else the reason why there is none."""
    tracer = _Tracer(graph, calculus, {}, {})
    tracer.run(0, len(graph.primitives) - 1)

    def one_of(found: list[sympy.Expr | Unbounded]) -> sympy.Expr | Unbounded:
        infinite = [factor for factor in found if isinstance(factor, Unbounded)]
        several = Unbounded("it depends on the norm of the state of the construct around it")
        return infinite[0] if infinite else found[0] if len(set(found)) == 1 else several

    return {at: one_of(found) for at, found in tracer.factors.items()}


def _read_outside(graph: p.PrimitiveGraph, at: int, primitive: p.FixedPoint) -> set[int]:
    """What the layers inside a fixed point read of before it."""
    read = {primitive.result}
    for inside in graph.primitives[at + 1 : primitive.last + 1]:
        read.update(p.operands(inside))
        if isinstance(inside, p.Repeat):
            read.update(start for start in inside.starts if start >= 0)
    return {i for i in read if i < at}


def _of_variables(known: list[Carried], states: list[Components]) -> list[Scalar]:
    """The values of the components that are variable."""
    found: list[Scalar] = []
    for entries, components in zip(known, states, strict=True):
        for name in entries.variables:
            value = components[name]
            assert isinstance(value, Scalar)
            found.append(value)
    return found
