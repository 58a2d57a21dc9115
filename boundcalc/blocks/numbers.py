"""The certified numbers of the nodes of one network under `blocks: layer`, computed once for some values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from boundcalc.blocks import forms as by_forms
from boundcalc.blocks.figures import Values
from boundcalc.blocks.forms import Directions, Forms, Numbers, scalars_of
from boundcalc.calculus.quantities import Quantity
from boundcalc.exact.balls import Number, minimum
from boundcalc.exact.enclosures import to_number
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar


@dataclass(frozen=True, slots=True)
class Node:
    """The forms in the seeds of one node, and the total recursion, which is never smaller; both of what is finite."""

    seeded: Forms
    total: Forms


@dataclass(slots=True)
class _Known:
    values: Values
    numbers: dict[int, Numbers] = field(default_factory=dict)
    directions: dict[int, Directions] = field(default_factory=dict)


class NetworkNumbers:
    """The numbers of `nodes`, among them those of the `network`; from entries, or else from gradients."""

    def __init__(
        self, nodes: Mapping[int, Node], network: Collection[int], seeds: Collection[sympy.Symbol], from_entries: bool
    ) -> None:
        self._nodes, self._seeds, self._from_entries = nodes, list(seeds), from_entries
        self._network = {key: node for key, node in nodes.items() if key in network}
        totals = scalars_of(node.total for node in nodes.values())
        self._symbols = dict(zip(totals, free_symbols(totals), strict=True))
        self._known = _Known({})

    @property
    def entry_seeds(self) -> Sequence[sympy.Symbol] | None:
        """The seeds in which forms have entries; None where numbers come from gradients."""
        return self._seeds if self._from_entries else None

    def symbols(self, node: int, quantity: Quantity) -> frozenset[sympy.Symbol]:
        """What needs a value before there is a number."""
        return self._symbols[self._nodes[node].total[quantity]]

    def number(self, node: int, quantity: Quantity, values: Values) -> Number:
        """The smaller one of what entries (or gradients) give and the total recursion.

        A node of the network is computed with the network alone, any other one with all rows in one pass.
        """
        return self._numbers(node, values)[quantity]

    def direction(self, node: int, quantity: Quantity, values: Values) -> Mapping[sympy.Symbol, Number]:
        """Where the form in the seeds reaches the number."""
        known = self._at(values)
        if not self._from_entries:
            self._numbers(node, values)
        elif node not in known.directions:
            forms = self._ready(self._nodes[node], values)
            known.directions[node] = by_forms.directions(forms, self._seeds, _exact(values))
        return dict(zip(self._seeds, known.directions[node][quantity], strict=True))

    def is_polynomial(self, node: int, quantity: Quantity) -> bool:
        """Whether the form of a node is a polynomial in the seeds."""
        return by_forms.has_gradients([{quantity: self._nodes[node].seeded[quantity]}], self._seeds)

    def _numbers(self, key: int, values: Values) -> Numbers:
        known = self._at(values)
        if key not in known.numbers:
            nodes = self._network if key in self._network else self._nodes
            ready = {each: self._ready(node, values) for each, node in nodes.items()}
            totals = self._totals(nodes.values(), values)
            for each, found in self._computed(ready, known).items():
                total = nodes[each].total
                known.numbers[each] = {q: minimum((number, totals[total[q]])) for q, number in found.items()}
        return known.numbers[key]

    def _computed(self, nodes: Mapping[int, Forms], known: _Known) -> Mapping[int, Numbers]:
        exact = _exact(known.values)
        if self._from_entries:
            return dict(zip(nodes, by_forms.certified(list(nodes.values()), self._seeds, exact), strict=True))
        found = {key: by_forms.certified_by_gradients(forms, self._seeds, exact) for key, forms in nodes.items()}
        known.directions.update((key, directions) for key, (_, directions) in found.items())
        return {key: result for key, (result, _) in found.items()}

    def _at(self, values: Values) -> _Known:
        if self._known.values != values:
            self._known = _Known(dict(values))
        return self._known

    def _ready(self, node: Node, values: Values) -> Forms:
        """The forms whose symbols all have values."""
        return {q: form for q, form in node.seeded.items() if self._symbols[node.total[q]] <= values.keys()}

    def _totals(self, nodes: Collection[Node], values: Values) -> Mapping[Scalar, Number]:
        """One sweep for all of them."""
        totals = scalars_of(node.total for node in nodes)
        ready = [total for total in totals if self._symbols[total] <= values.keys()]
        return dict(zip(ready, evaluate(ready, values), strict=True))


def _exact(values: Values) -> dict[sympy.Symbol, Number]:
    return {symbol: to_number(value) for symbol, value in values.items()}
