"""`blocks: layer`, a block for each ball: l = ||p||_2 and L = lambda_max(Q), and their closed forms where there are few entries.

What is computed for every layer, for the network alone, or not at all, is a matter of what it costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from boundcalc.blocks.asked import Asked
from boundcalc.blocks.degrees import DEGREES
from boundcalc.blocks.figures import ByBlocks, Figure, Grouped, NodeFigures
from boundcalc.blocks.forms import Forms, affordable, closed_forms, forms_of, has_gradients
from boundcalc.blocks.numbers import NetworkNumbers, Node
from boundcalc.blocks.total import LOOSE
from boundcalc.calculus.quantities import Quantity

# Coefficients, as `blocks.fits` counts them. Each costs a few microseconds and bytes as a number, and a hundred times that as
# a printed expression: these limits keep a command within seconds.
NUMBERS = 600_000
CLOSED_FORMS = 9_000
CLOSED_FORMS_OF_ROWS = 3_000  # every prefix has its own norm of its own entries

ROWS = "too many entries of blocks to compute for every layer: the rows of layers are those of `blocks: total`, never smaller"
NETWORK = "too many entries of blocks to compute where layers are concatenated: the numbers are those of `blocks: total`, never smaller"


@dataclass(frozen=True, slots=True)
class _Afforded:
    """The nodes that have entries or gradients, and what could not be had."""

    nodes: Mapping[int, Node]
    from_entries: bool = True
    warnings: tuple[str, ...] = ()


def by_layer(total: Asked, seeded: Asked) -> Grouped:
    """The figures of the same nodes, traced as one block and with a seed for each block."""
    seeds = list(seeded.seeds.values())
    network = {key: _node(total, seeded, key) for key in seeded.network}
    rows = {key: _node(total, seeded, key) for key in seeded.rows.values()}
    afforded = _afforded(network, rows, seeds)
    closed = _closed(afforded.nodes, network, seeds) if afforded.from_entries else {}
    numbers = NetworkNumbers(afforded.nodes, network.keys(), seeds, afforded.from_entries)

    def figure(key: int, quantity: Quantity) -> Figure:
        node = afforded.nodes.get(key)
        if node is None or quantity.order == 0:
            return total.figure(key, quantity)
        if quantity not in node.total:
            return total.figure(key, quantity, () if quantity.order in DEGREES else (LOOSE,))
        scalar = closed.get(key, {}).get(quantity)
        symbols, loose = numbers.symbols(key, quantity), DEGREES[quantity.order].loose
        return ByBlocks(node.seeded[quantity], scalar, loose, symbols, node.total[quantity], numbers, key, quantity)

    def of(key: int) -> NodeFigures:
        return {quantity: figure(key, quantity) for quantity in total.figures[key]}

    return total.grouped(of, afforded.warnings)


def _node(total: Asked, seeded: Asked, key: int) -> Node:
    return Node(forms_of(seeded.kept[key]), forms_of(total.figures[key]))


def _afforded(network: Mapping[int, Node], rows: Mapping[int, Node], seeds: list[sympy.Symbol]) -> _Afforded:
    nodes = {**rows, **network}
    if affordable(_seeded(nodes), seeds, NUMBERS):
        return _Afforded(nodes)
    if affordable(_seeded(network), seeds, NUMBERS):
        return _Afforded(network, warnings=(ROWS,))
    if has_gradients(_seeded(network), seeds):
        return _Afforded(network, from_entries=False, warnings=(ROWS,))
    return _Afforded({}, from_entries=False, warnings=(NETWORK,))


def _closed(nodes: Mapping[int, Node], network: Mapping[int, Node], seeds: list[sympy.Symbol]) -> Mapping[int, Forms]:
    """Closed forms of as many nodes as have short ones: of all, of the network, or of none."""
    for some, limit in ((nodes, CLOSED_FORMS_OF_ROWS), (network, CLOSED_FORMS)):
        if nodes and affordable(_seeded(some), seeds, limit):
            return dict(zip(some, closed_forms(_seeded(some), seeds), strict=True))
    return {}


def _seeded(nodes: Mapping[int, Node]) -> list[Forms]:
    return [node.seeded for node in nodes.values()]
