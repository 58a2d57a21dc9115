"""Which norms of every primitive are asked for: what the output is measured in, and from there what the rules read.

A norm is computed where somebody reads it, never all of them. A node of more than `MOST` is read in the norm of the whole batch
where it would need a further one: no slice is larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from boundcalc.calculus import primitives as p
from boundcalc.calculus import readings
from boundcalc.calculus.norms import WHOLE, Norm

MOST = 16  # norms of one node; transformers need 6
Norms = tuple[Norm, ...]  # in one order; plain ones first


@dataclass(frozen=True, slots=True)
class Demand:
    """The norms of every primitive, those of every state of a loop (loop, state), and in which each output is measured."""

    norms: Mapping[int, Norms]
    states: Mapping[tuple[int, int], Norms]
    measured: Mapping[int, Norm]


def demanded(graph: p.PrimitiveGraph, measured: Mapping[int, Norm], coarser: Sequence[tuple[int, Norm]] = ()) -> Demand:
    """`measured`: the norm in which each output is measured; `coarser`: others in which outputs are read, since they bound it
    too."""
    found = _Reading(graph)
    given = () if graph.given is None else [(graph.outputs[path], WHOLE) for path in graph.given.norms]
    found.run([*measured.items(), *coarser, *given])
    carried: dict[tuple[int, int], set[Norm]] = {}
    for at, norms in found.norms.items():
        primitive = graph.primitives[at]
        if isinstance(primitive, (p.Carried, p.After)):
            carried.setdefault((primitive.loop, primitive.state), set()).update(norms)
        elif isinstance(primitive, p.FixedPoint):
            carried[at, 0] = norms
    return Demand(
        {at: _in_order(norms) for at, norms in found.norms.items()},
        {state: _in_order(norms) for state, norms in carried.items()},
        measured,
    )


def _in_order(norms: Iterable[Norm]) -> Norms:
    return tuple(sorted(norms, key=lambda norm: (not norm.is_plain, norm.order)))


@dataclass(frozen=True, slots=True)
class _Reading:
    graph: p.PrimitiveGraph
    norms: dict[int, set[Norm]] = field(default_factory=dict[int, set[Norm]])

    def run(self, outputs: Iterable[tuple[int, Norm]]) -> None:
        waiting = list(outputs)
        while waiting:
            at, norm = waiting.pop()
            known = self.norms.setdefault(at, set())
            if norm.is_plain and len(known) >= MOST:
                norm = WHOLE
            if norm not in known:
                known.add(norm)
                waiting.extend(self.read(at, norm))

    def read(self, at: int, norm: Norm) -> Iterator[tuple[int, Norm]]:
        """What a norm of a node is made of."""
        graph, primitive = self.graph, self.graph.primitives[at]
        shape = graph.shapes[at]
        if not norm.is_plain:
            yield from ((at, plain) for plain in readings.coarser(norm))
            if not readings.passes(primitive, norm, shape):
                return
        match primitive:
            case p.Linear(of):
                yield from ((of, reading.norm) for reading in readings.through(primitive.view, norm, shape))
            case p.Bilinear(left, right):
                for pair in readings.pairs(primitive, norm, shape, graph.shapes[left], graph.shapes[right]):
                    yield left, pair.left
                    yield right, pair.right
                if primitive.left_norm is not None or primitive.right_norm is not None:
                    yield left, WHOLE
                if primitive.left_norm is not None:
                    yield right, readings.known_operator(primitive, norm, shape).norm
            case p.Map(of) if norm.summed:
                yield of, Norm(readings.everything(shape))
            case p.Map(of):
                yield from ((of, reading.norm) for reading in readings.of_map(primitive, norm, shape))
                yield of, readings.slice_of(primitive)
            case p.Average(of):
                yield from ((of, read) for read in readings.average(primitive))
            case p.Sum(terms):
                yield from ((term, norm) for term in terms)
            case p.Concat(terms):
                ranks = [len(graph.shapes[term]) for term in terms]
                yield from zip(terms, readings.parts(primitive, norm, ranks, len(shape)), strict=True)
            case p.Carried(loop, state) | p.After(loop, state):
                repeat = graph.primitives[loop]
                assert isinstance(repeat, p.Repeat)
                if repeat.starts[state] >= 0:
                    yield repeat.starts[state], norm
                yield repeat.results[state], norm
            case p.FixedPoint(result=result):
                yield at, WHOLE  # in which it contracts
                yield result, norm
            case p.Parameter() | p.Source() | p.Constant() | p.Repeat():
                return
