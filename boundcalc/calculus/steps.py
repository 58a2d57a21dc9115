"""A traced program step by step: what the rule of each primitive says in names of the jets that it reads.

The names are symbols of their own, one for each number of a jet; what a step says of them is computed by the rule itself, so that
a derivation cannot say anything else than the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import sympy

from boundcalc.calculus import primitives as p
from boundcalc.calculus.euclidean import Euclidean, Jet
from boundcalc.calculus.extended import Extended, Unbounded, smallest
from boundcalc.calculus.pushed import pushed
from boundcalc.calculus.trace import Traced, bounds_near, trace
from boundcalc.program.ir import Arena

ENTRIES = tuple(field.name for field in fields(Jet))  # of a jet, in order
SIZE, LARGEST = ENTRIES[:2]  # the norm, and the largest entry


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the jet of a primitive. `near`: what is known of its norm besides the rules, from given weights."""

    at: int
    name: str
    near: bool = False


@dataclass(frozen=True, eq=False)
class Recursion:
    """The total recursion of a graph in Euclidean norms. `jets`: of each primitive but repeats; `near`: bounds of norms besides;
    `rules`: what steps are written by, in an arena of their own."""

    graph: p.PrimitiveGraph
    calculus: Euclidean
    traced: Traced
    jets: Mapping[int, Jet]
    near: Mapping[int, Extended]
    rules: Euclidean

    def value(self, entry: Entry) -> Extended:
        return self.near[entry.at] if entry.near else getattr(self.jets[entry.at], entry.name)

    def standing(self, entry: Entry) -> Entry:
        """The entry whose name stands for it: that of the norm where the largest entry is bounded by the norm alone."""
        is_size = entry.name == LARGEST and self.value(entry) == self.jets[entry.at].norm
        return Entry(entry.at, SIZE) if is_size else entry

    def step(self, at: int, name: Callable[[Entry], sympy.Expr]) -> Jet | None:
        """What the rule of a primitive says; None where it is made of no others. `name`: of the entries that it reads."""
        read = p.operands(self.graph.primitives[at])
        if not read:
            return None
        arena = self.rules.arena

        def lifted(entry: Entry) -> Extended:
            value = self.value(entry)
            if isinstance(value, Unbounded):
                return value
            return arena.zero if value.is_zero else arena.leaf(name(self.standing(entry)))

        jets = [Jet(*(lifted(Entry(of, entry)) for entry in ENTRIES)) for of in read]
        found = pushed(self.rules, at, self.graph.primitives[at], jets)
        if at not in self.near or isinstance(self.near[at], Unbounded):
            return found
        besides = lifted(Entry(at, SIZE, near=True))
        return Jet(smallest(found.norm, besides), smallest(found.sup, besides), found.lipschitz, found.smoothness)


def recursion_of(graph: p.PrimitiveGraph, refine: bool) -> Recursion:
    calculus = Euclidean(Arena(), refine)
    traced = trace(graph, calculus)
    jets = {
        at: calculus.jet(traced.components(at))
        for at, primitive in enumerate(graph.primitives)
        if not isinstance(primitive, p.Repeat)
    }
    return Recursion(graph, calculus, traced, jets, dict(bounds_near(graph, calculus)), Euclidean(Arena(), refine))
