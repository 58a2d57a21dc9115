"""`blocks: layer` for the nodes of one network: what can be afforded of its entries, and the numbers, computed once for some values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from boundcalc.blocks import layer as layerwise
from boundcalc.blocks.layer import BlockJet, BlockNumbers, Directions
from boundcalc.bounds.bound import Values
from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar

ROWS = "too many entries of blocks to compute for every layer: the rows of layers are those of `blocks: total`, never smaller"
NETWORK = "too many entries of blocks to compute where layers are concatenated: the numbers are those of `blocks: total`, never smaller"


@dataclass(frozen=True, slots=True)
class Node:
    """The forms in the seeds of one node, and the total recursion, which is never smaller; None where they are infinite."""

    seeded: BlockJet
    total: BlockJet


@dataclass(slots=True)
class _Known:
    values: Values
    numbers: dict[int, BlockNumbers] = field(default_factory=dict)
    directions: dict[int, Directions] = field(default_factory=dict)


class BlockForms:
    """The nodes that have entries of blocks, by key: those of the network (its output, its objective), and the rows of its layers
    where all of it can be afforded. `warnings` says what cannot."""

    def __init__(self, network: Mapping[int, Node], rows: Mapping[int, Node], seeds: Sequence[sympy.Symbol]) -> None:
        self.seeds = seeds
        self.warnings: list[str] = []
        self._network = network
        self.nodes: Mapping[int, Node] = {**rows, **network}
        self._by_entries = True
        if not self._affordable(self.nodes, layerwise.NUMBERS):
            self.nodes = network
            self.warnings.append(ROWS)
            self._by_entries = self._affordable(network, layerwise.NUMBERS)
            if not self._by_entries and not layerwise.has_gradients(_jets(network), seeds):
                self.nodes = {}
                self.warnings = [NETWORK]
        self.needs = _needs(self.nodes.values())
        self._known = _Known({})

    def closed(self) -> Mapping[int, BlockJet]:
        """Closed forms of as many nodes as have short ones: of all, of the network, or of none."""
        for nodes, limit in ((self.nodes, layerwise.CLOSED_FORMS_OF_ROWS), (self._network, layerwise.CLOSED_FORMS)):
            if self.nodes and self._affordable(nodes, limit):
                return dict(zip(nodes, layerwise.closed_forms(_jets(nodes), self.seeds), strict=True))
        return {}

    def numbers(self, key: int, values: Values) -> BlockNumbers:
        """The smaller ones of entries (or gradients) and total recursion; None for what is infinite or lacks a value.

        A node of the network is computed with the network alone, any other one with all rows in one pass.
        """
        known = self._at(values)
        if key not in known.numbers:
            nodes = self._network if key in self._network else self.nodes
            jets = [self._ready(node, values) for node in nodes.values()]
            totals = self._totals(nodes.values(), values)
            for each, node, found in zip(nodes, nodes.values(), self._computed(nodes, jets, known), strict=True):
                known.numbers[each] = BlockNumbers(
                    _least(found.lipschitz, node.total.lipschitz, totals),
                    _least(found.smoothness, node.total.smoothness, totals),
                )
        return known.numbers[key]

    def directions(self, key: int, values: Values) -> Directions:
        """Where the forms in the seeds reach the numbers."""
        known = self._at(values)
        if not self._by_entries:
            self.numbers(key, values)
        elif key not in known.directions:
            jet = self._ready(self.nodes[key], values)
            known.directions[key] = layerwise.directions(jet, self.seeds, _exact(values))
        return known.directions[key]

    def _computed(self, nodes: Mapping[int, Node], jets: Sequence[BlockJet], known: _Known) -> list[BlockNumbers]:
        exact = _exact(known.values)
        if self._by_entries:
            return layerwise.certified(jets, self.seeds, exact)
        found = [layerwise.certified_by_gradients(jet, self.seeds, exact) for jet in jets]
        known.directions.update((key, directions) for key, (_, directions) in zip(nodes, found, strict=True))
        return [result for result, _ in found]

    def _at(self, values: Values) -> _Known:
        if self._known.values != values:
            self._known = _Known(dict(values))
        return self._known

    def _affordable(self, nodes: Mapping[int, Node], coefficients: int) -> bool:
        return layerwise.affordable(_jets(nodes), self.seeds, coefficients)

    def _ready(self, node: Node, values: Values) -> BlockJet:
        """The forms whose symbols all have values."""

        def ready(form: Scalar | None, total: Scalar | None) -> Scalar | None:
            return form if total is not None and self.needs[total] <= values.keys() else None

        return BlockJet(
            ready(node.seeded.lipschitz, node.total.lipschitz), ready(node.seeded.smoothness, node.total.smoothness)
        )

    def _totals(self, nodes: Collection[Node], values: Values) -> Mapping[Scalar, Number]:
        """One sweep for all of them."""
        ready = [total for total in _finite(nodes) if self.needs[total] <= values.keys()]
        return dict(zip(ready, evaluate(ready, values), strict=True))


def _jets(nodes: Mapping[int, Node]) -> list[BlockJet]:
    return [node.seeded for node in nodes.values()]


def _exact(values: Values) -> dict[sympy.Symbol, Number]:
    return {symbol: to_number(value) for symbol, value in values.items()}


def _finite(nodes: Collection[Node]) -> list[Scalar]:
    both = (total for node in nodes for total in (node.total.lipschitz, node.total.smoothness))
    return list(dict.fromkeys(total for total in both if total is not None))


def _needs(nodes: Collection[Node]) -> Mapping[Scalar, frozenset[sympy.Symbol]]:
    totals = _finite(nodes)
    return dict(zip(totals, free_symbols(totals), strict=True))


def _least(found: Number | None, total: Scalar | None, totals: Mapping[Scalar, Number]) -> Number | None:
    known = [number for number in (found, None if total is None else totals.get(total)) if number is not None]
    return numbers.minimum(known) if known else None
