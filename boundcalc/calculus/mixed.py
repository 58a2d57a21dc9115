"""The calculus in more than one norm: the rules of `euclidean`, run in each norm that somebody asks for.

A jet has norm, lipschitz and smoothness of a node in each of these norms. What can be had in several ways is the smallest of
them, term by term: of the three terms of a product, each takes its own way. Where a map acts slice by slice, one factor of its
second-order term is measured in the largest slice. Which slices are read is in readings.py; proofs: docs/norms.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from boundcalc.calculus import readings
from boundcalc.calculus.demand import Demand, demanded
from boundcalc.calculus.extended import Extended, Unbounded, are_finite, hypot, largest, smallest
from boundcalc.calculus.facts import growth_of, lifted, most_of
from boundcalc.calculus.jets import Jet, Numbers, least
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.primitives import (
    Average,
    Bilinear,
    Concat,
    Constant,
    Linear,
    Map,
    Parameter,
    PrimitiveGraph,
    Source,
    Sum,
)
from boundcalc.calculus.protocol import Component, Components, Label
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS, Figures
from boundcalc.calculus.readings import Reading
from boundcalc.catalogue.softmax import SUMMED_SMOOTHNESS
from boundcalc.program.ir import Arena, Scalar

_NORM, _LIPSCHITZ, _SMOOTHNESS = NORM.name, LIPSCHITZ.name, SMOOTHNESS.name


_Product = tuple[Sequence[readings.Pair], Sequence[Scalar], Scalar]  # how it is read: with seeds and without


@dataclass(frozen=True, slots=True)
class Mixed:
    """The rules for one primitive graph, in the norms that are asked for; `labels` are told of what the rules append."""

    arena: Arena
    graph: PrimitiveGraph
    demand: Demand
    refine: bool = False
    labels: dict[int, Label] = field(default_factory=dict[int, Label])
    products: dict[tuple[int, Norm], _Product] = field(default_factory=dict[tuple[int, Norm], _Product])

    @classmethod
    def of(cls, arena: Arena, graph: PrimitiveGraph, measured: Mapping[int, Norm], refine: bool = False) -> Mixed:
        """`measured`: the norm in which each output is measured."""
        return cls(arena, graph, demanded(graph, measured), refine)

    @property
    def alike(self) -> Mapping[Component, Component]:
        return {}

    def source(self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> Jet:
        """A parameter is measured as a whole; an input where something is known of it, and by the closure."""
        zero, shape = self.arena.zero, self.graph.shapes[at]
        whole = Numbers(norm, first_order, zero)
        if not isinstance(of, Source):
            return Jet({WHOLE: whole})
        known = {Norm(axes): value for axes, value in readings.source(of, shape).items()}

        def numbers(wanted: Norm) -> Numbers:
            factors = {norm: readings.closure(wanted, norm, shape) or sympy.S.One for norm in known}
            bounds = [value * factors[norm] for norm, value in known.items()]
            return Numbers(
                smallest(*(self._lift(bound) for bound in bounds)), self._lift(factors[WHOLE]) * first_order, zero
            )

        return Jet({wanted: numbers(wanted) for wanted in self._asked(at)})

    def linear(self, at: int, rule: Linear, of: Jet) -> Jet:
        """A z: everything is multiplied by the norm of A on what a slice reads."""
        shape = self.graph.shapes[at]

        def numbers(norm: Norm) -> Numbers:
            ways = readings.through(rule.view, norm, shape)
            return least(of[way.norm].scaled(self._lift(rule.norm * way.factor)) for way in ways)

        return self._jet(at, numbers)

    def bilinear(self, at: int, rule: Bilinear, left: Jet, right: Jet) -> Jet:
        """B(f, g) + A f, as in `euclidean`, over all pairs of norms of f and g that bound it."""
        shape = self.graph.shapes[at]

        def numbers(norm: Norm) -> Numbers:
            if (at, norm) not in self.products:
                pairs = readings.pairs(rule, norm, shape, self.graph.shapes[rule.left], self.graph.shapes[rule.right])
                factors = [self._lift(rule.norm * pair.factor) for pair in pairs]
                constant = self._lift(rule.constant * readings.share(shape, rule.added & readings.fixed(norm)))
                self.products[at, norm] = pairs, factors, constant
            pairs, factors, constant = self.products[at, norm]
            f, g = [left[pair.left] for pair in pairs], [right[pair.right] for pair in pairs]
            by_left = [(factor * each.norm, other) for factor, each, other in zip(factors, f, g, strict=True)]
            of_left = [
                (hypot(factor * each.norm, constant), other) for factor, each, other in zip(factors, g, f, strict=True)
            ]
            if rule.right_norm is not None:
                apart = readings.share(shape, rule.right_apart & norm.largest)
                of_left.append((self._lift(rule.right_norm * apart), left[WHOLE]))
            bounds = [coefficient * other.norm for coefficient, other in of_left]
            if rule.left_norm is not None:
                operator = readings.known_operator(rule, norm, shape)
                known, image = self._lift(rule.left_norm * operator.factor), right[operator.norm]
                by_left.append((known, image))
                bounds.append(known * image.norm + constant * left[WHOLE].norm)
            products = (factor * a.lipschitz * b.lipschitz for factor, a, b in zip(factors, f, g, strict=True))
            cross = smallest(*products)
            return Numbers(
                smallest(*bounds),
                smallest(*(c * other.lipschitz for c, other in by_left))
                + smallest(*(c * other.lipschitz for c, other in of_left)),
                smallest(*(c * other.smoothness for c, other in by_left))
                + (cross + cross)
                + smallest(*(c * other.smoothness for c, other in of_left)),
            )

        return self._jet(at, numbers)

    def map(self, at: int, rule: Map, of: Jet) -> Jet:
        """a(z), slice by slice: D^2 = D^2 a [Dz, Dz] + Da D^2 z. The first term acts on each slice by itself, so one of its
        factors is the largest slice of Dz. Windows have places in common: what a slice reads as a whole is both factors."""
        shape, entry = self.graph.shapes[at], rule.entry
        everything, batch = readings.everything(shape), rule.view.batch
        of_slice = of[readings.slice_of(rule)]
        slope, curvature, at_zero = (
            lifted(self.arena, fact) for fact in (entry.lipschitz, entry.smoothness, entry.at_zero)
        )
        is_apart = not rule.view.windows  # constants of windows are those of one, times what reads it
        if is_apart and entry.derivative_at_zero is not None and (self.refine or isinstance(slope, Unbounded)):
            # ||Da(z)|| <= ||Da(0)|| + L_a ||z|| on every slice.
            slope = smallest(self._lift(entry.derivative_at_zero) + curvature * of_slice.norm, slope)

        def in_way(way: Reading, read: Numbers, zero: Extended) -> Numbers:
            z, factor = of[way.norm], self._lift(way.factor)
            second = of_slice.lipschitz * z.lipschitz if is_apart else read.lipschitz**2
            return Numbers(
                zero + factor * slope * z.norm,
                factor * slope * z.lipschitz,
                factor * slope * z.smoothness + curvature * second,
            )

        def numbers(norm: Norm) -> Numbers:
            if norm.summed:
                return self._simplex(of[Norm(everything)])
            slices = readings.fixed(norm)
            equal = self._lift(readings.share(shape, slices & batch))
            ways = readings.of_map(rule, norm, shape)
            found = least(in_way(way, of[ways[0].norm], equal * at_zero) for way in ways)
            bounds = [found.norm]
            if (most := most_of(self.arena, entry.norm)) is not None:
                bounds.append(equal * most)
            if (most := most_of(self.arena, entry.sup)) is not None:
                bounds.append(most * self._lift(sympy.sqrt(readings.places(shape, everything - slices))))
            return Numbers(smallest(*bounds), found.lipschitz, found.smoothness)

        return self._jet(at, numbers)

    def _simplex(self, scores: Numbers) -> Numbers:
        """Softmax weights, their absolute values added up, from the largest score: catalogue/softmax.py."""
        second = self._lift(SUMMED_SMOOTHNESS) * scores.lipschitz**2
        return Numbers(self.arena.one, scores.lipschitz, scores.smoothness + second)

    def average(self, at: int, rule: Average, of: Jet) -> Jet:
        """sum_i f_i(z_i)/N. By Cauchy-Schwarz a mean of products a_i b_i is at most t_a t_b, with t_x the smaller one of the
        largest x_i and of their Euclidean norm over sqrt(N). In the norm of a place, before the mean, it is the largest f_i."""
        entry, place, whole = rule.entry, *(of[norm] for norm in readings.average(rule))
        root = self._lift(1 / sympy.sqrt(rule.count))

        def mean(each: Extended, together: Extended) -> Extended:
            return smallest(each, root * together)

        slope, curvature, at_zero = (
            lifted(self.arena, fact) for fact in (entry.lipschitz, entry.smoothness, entry.at_zero)
        )
        one = all_ = slope
        if entry.derivative_at_zero is not None and (self.refine or isinstance(slope, Unbounded)):
            at_start = self._lift(entry.derivative_at_zero)  # of all places together
            growth = growth_of(self.arena, entry)
            of_place = (at_start * root if rule.even else at_start) + growth * place.norm
            of_all = at_start + growth * whole.norm
            one, all_ = smallest(of_place, slope), smallest(mean(of_place, of_all), slope)
        alone = Numbers(
            at_zero + one * place.norm,
            one * place.lipschitz,
            one * place.smoothness + curvature * place.lipschitz**2,
        )
        first = mean(place.lipschitz, whole.lipschitz)
        together = Numbers(
            at_zero + all_ * mean(place.norm, whole.norm),
            all_ * first,
            all_ * mean(place.smoothness, whole.smoothness) + curvature * first**2,
        )
        self._label(together, Label(at, WHOLE, "average"))
        return Jet({WHOLE: together, Norm(rule.axes): alone})

    def sum(self, at: int, rule: Sum, terms: Sequence[Jet]) -> Jet:
        def numbers(norm: Norm) -> Numbers:
            total, *others = (jet[norm] for jet in terms)
            for each in others:
                total = Numbers(
                    total.norm + each.norm, total.lipschitz + each.lipschitz, total.smoothness + each.smoothness
                )
            return total

        return self._jet(at, numbers)

    def concat(self, at: int, rule: Concat, terms: Sequence[Jet]) -> Jet:
        """(f; g): Pythagoras, or the largest where the index is fixed that says which part an entry is in."""
        shapes = self.graph.shapes
        ranks, rank = [len(shapes[term]) for term in rule.terms], len(shapes[at])

        def numbers(norm: Norm) -> Numbers:
            read = readings.parts(rule, norm, ranks, rank)
            joined = largest if rule.axis is not None and rule.axis in norm.largest else hypot
            parts = [jet[each] for jet, each in zip(terms, read, strict=True)]
            return Numbers(
                joined(*(part.norm for part in parts)),
                joined(*(part.lipschitz for part in parts)),
                joined(*(part.smoothness for part in parts)),
            )

        return self._jet(at, numbers)

    def carried(self, loop: int, state: int, jet: Jet | None) -> Components:
        nothing, norms = Numbers(*[self.arena.zero] * 3), self.demand.states.get((loop, state), ())
        return self.components(Jet({norm: nothing if jet is None else jet[norm] for norm in norms}))

    def is_finite(self, jet: Jet) -> bool:
        return all(are_finite(each.norm, each.lipschitz, each.smoothness) for each in jet.numbers.values())

    def components(self, jet: Jet) -> Components:
        found: dict[Component, Extended] = {}
        for norm, numbers in jet.numbers.items():
            found[Component(_NORM, norm)] = numbers.norm
            found[Component(_LIPSCHITZ, norm)] = numbers.lipschitz
            found[Component(_SMOOTHNESS, norm)] = numbers.smoothness
        return found

    def jet(self, components: Components) -> Jet:
        norms, names = dict.fromkeys(name.norm for name in components), (_NORM, _LIPSCHITZ, _SMOOTHNESS)
        return Jet({norm: Numbers(*(components[Component(name, norm)] for name in names)) for norm in norms})

    def figures(self, at: int, jet: Jet) -> Figures:
        if at not in self.demand.measured:
            return {}
        numbers = jet[self.demand.measured[at]]
        return {NORM: numbers.norm, LIPSCHITZ: numbers.lipschitz, SMOOTHNESS: numbers.smoothness}

    def _asked(self, at: int) -> tuple[Norm, ...]:
        return self.demand.norms.get(at, ())

    def _jet(self, at: int, rule: Callable[[Norm], Numbers]) -> Jet:
        """The rule in every norm that is asked for, and the closure where it may say more: what one norm says of another."""
        primitive, shape = self.graph.primitives[at], self.graph.shapes[at]
        norms = self._asked(at)
        with_rule = [norm for norm in norms if norm.is_plain or readings.passes(primitive, norm, shape)]
        effective = {norm: readings.effective(primitive, norm) for norm in with_rule}
        found = {norm: rule(norm) for norm in dict.fromkeys(effective.values())}
        own = {norm: found[least] for norm, least in effective.items()}
        name = type(primitive).__name__.lower()
        for norm, numbers in own.items():
            self._label(numbers, Label(at, norm, name))
        alone = readings.is_uniform(primitive)
        return Jet(
            {
                norm: own[norm] if alone and norm in own and norm.is_plain else self._closed(at, norm, own, shape)
                for norm in norms
            }
        )

    def _closed(self, at: int, norm: Norm, own: Mapping[Norm, Numbers], shape: readings.Shape) -> Numbers:
        candidates, used = ([own[norm]], [own[norm]]) if norm in own else ([], [])
        for known, numbers in own.items():
            if numbers not in used and (factor := readings.closure(norm, known, shape)) is not None:
                scaled = numbers.scaled(self._lift(factor))
                self._label(scaled, Label(at, norm, f"from {known}"))
                candidates.append(scaled)
                used.append(numbers)
        return least(candidates)

    def _label(self, numbers: Numbers, label: Label) -> None:
        for value in (numbers.norm, numbers.lipschitz, numbers.smoothness):
            if isinstance(value, Scalar):
                self.labels.setdefault(value.index, label)

    def _lift(self, value: sympy.Expr) -> Scalar:
        return self.arena.leaf(value)
