"""Layer by layer: which rules a bound goes through, with which constants, and what each layer adds to its logarithm."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus import primitives as p
from boundcalc.calculus.constants import Used, constants_of
from boundcalc.calculus.quantities import Quantity
from boundcalc.calculus.rules import Rule, rule_of
from boundcalc.calculus.steps import Recursion, recursion_of
from boundcalc.graph.layer_graph import Layer, LayerGraph, Node, Written
from boundcalc.studies.parts.shares import Shares, shares_of

TOGETHER = "outputs"  # several, side by side


@dataclass(frozen=True, slots=True)
class Explained:
    """One layer or input, or what a construct adds. node: None for several outputs together. shares: of log10 of each quantity,
    balls included; empty where nothing is known of them."""

    title: str
    kind: str
    node: Node | None
    reads: tuple[Node, ...]
    rules: tuple[Rule, ...]
    constants: tuple[Used, ...]
    shares: Mapping[Quantity, float]


def explained(bounds: Bounds, shares: Shares | None, besides: Set[str] = frozenset()) -> Iterator[Explained]:
    """In the order of the network, the loss last: what is written, what adds something, and nodes `besides`, by their paths."""
    graph, primitives, refine = bounds.graph, bounds.primitives, bounds.options.refine
    by_row = {} if shares is None else _by_row(bounds, shares)
    last = (
        len(primitives.primitives) if primitives.loss is None else primitives.loss + 1
    )  # what follows is the loss once more
    own: defaultdict[str, list[p.Primitive]] = defaultdict(list)
    for primitive, owner in zip(primitives.primitives[:last], owners_of(graph, primitives), strict=False):
        own[owner].append(primitive)
    for path in (*graph.nodes, ""):
        node = graph.node(path) if path else None
        rules = [rule_of(primitive) for primitive in own[path] if not isinstance(primitive, p.Parameter)]
        if not (isinstance(node, Written) or path in by_row or path in besides):
            continue
        yield Explained(
            title=TOGETHER if node is None else node.title,
            kind=node.label if isinstance(node, Written) else ", ".join(rule.name for rule in rules),
            node=node,
            reads=tuple(graph.node(path) for path in (graph.outputs if node is None else node.inputs)),
            rules=tuple(dict.fromkeys(rules)),
            constants=tuple(dict.fromkeys(used for primitive in own[path] for used in constants_of(primitive, refine))),
            shares=by_row.get(path, {}),
        )


def source_of(used: Used, node: Node | None) -> str:
    """Where a constant comes from; the constants of layers that are no maps of the catalogue have a theorem together."""
    if used.fact.source or not isinstance(node, Layer):
        return used.fact.source
    return f"theorem of {node.kind.name}"


def shares_in(bounds: Bounds, recursion: Recursion) -> Shares | str:
    """Of copies in place of repeats, as far as there are not too many."""
    graph, primitives = bounds.apart
    return shares_of(bounds, recursion if graph is bounds.graph else recursion_of(primitives, bounds.options.refine))


def _by_row(bounds: Bounds, shares: Shares) -> Mapping[str, Mapping[Quantity, float]]:
    """By the path of a node, copies of a repeat together."""
    rows = rows_of(bounds)
    found: defaultdict[str, defaultdict[Quantity, float]] = defaultdict(lambda: defaultdict(float))
    for quantity, steps in shares.steps.items():
        for at, share in steps.items():
            found[rows[at]][quantity] += share
    return found


def rows_of(bounds: Bounds) -> Sequence[str]:
    """The path of the node whose row each primitive is in, of copies in place of repeats."""
    known = bounds.graph.nodes
    copied = {name: re.compile(re.escape(name).replace(r"\*", r"\d+")) for name in known if "*" in name}

    @cache
    def row(path: str) -> str:
        return path if path in known else next((name for name in copied if copied[name].fullmatch(path)), "")

    return [row(path) for path in owners_of(*bounds.apart)]


def owners_of(graph: LayerGraph, primitives: p.PrimitiveGraph) -> Sequence[str]:
    """The path of the node that each primitive is of; a ball is of the layer whose own arrays are in it."""
    of_ball = {array.ball: layer.path for layer in graph.layers for array in layer.arrays if not array.shared}
    return [
        of_ball.get(primitive.ball, "") if isinstance(primitive, p.Parameter) else owner
        for primitive, owner in zip(primitives.primitives, primitives.owners, strict=True)
    ]
