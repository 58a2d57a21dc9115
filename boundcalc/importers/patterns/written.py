"""What exporters write out of one operator: a softplus with its threshold, a group norm as an instance norm of regrouped channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boundcalc.importers.graph import Argument, Graph, Node, Ref, Shape
from boundcalc.importers.patterns.nodes import View, rewritten

THRESHOLD = 20  # from which on torch takes the straight line; the two differ by less than exp(-20)


def softplus(graph: Graph) -> Graph:
    """log(1 + exp(beta x))/beta, and the choice between that and x where beta x is large."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _chosen(view, node) if node.operator == "where" else _softplus(view, Ref(node.name), node, scaled=True)
        if match is not None:
            found[node.name] = match
    return rewritten(graph, found)


def _softplus(view: View, value: Argument, at: Node, *, scaled: bool = False) -> Node | None:
    """scaled: only one that divides by its beta."""
    divided = view.made(value, "div")
    beta = 1.0 if divided is None else view.number(divided.arguments.get("other"))
    inner = view.made(value if divided is None else divided.arguments.get("self"), "softplus")
    if inner is None or not beta or beta <= 0 or (scaled and divided is None) or "beta" in inner.arguments:
        return None
    of = inner.arguments.get("self")
    if divided is not None:
        product = view.made(of, "mul")
        parts = None if product is None else view.either(product, lambda each: view.number(each) == beta)
        if parts is None:
            return None
        of = parts[1]
    return replace(at, operator="softplus", arguments={"self": view.plain(of), "beta": beta}, called="Softplus")


def _chosen(view: View, node: Node) -> Node | None:
    match = _softplus(view, node.arguments.get("other"), node)
    larger = view.made(node.arguments.get("condition"), "gt")
    if match is None or larger is None or view.plain(node.arguments.get("self")) != match.arguments["self"]:
        return None
    least, of = view.number(larger.arguments.get("other")), view.plain(larger.arguments.get("self"))
    beta = match.arguments["beta"]
    if beta != 1:
        product = view.made(of, "mul")
        parts = None if product is None else view.either(product, lambda each: view.number(each) == beta)
        of = None if parts is None else view.plain(parts[1])
    return match if of == match.arguments["self"] and least is not None and least >= THRESHOLD else None


def group_norms(graph: Graph) -> Graph:
    """With `group_norm` in place of a reshape, an instance norm without parameters, a reshape, and what is learned after it."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _group_norm(view, node)
        if match is not None:
            found[node.name] = match
    return _with_parameters(rewritten(graph, found))


def _group_norm(view: View, node: Node) -> Node | None:
    norm = view.made(node.arguments.get("self"), "instance_norm") if node.operator == "view" else None
    apart = None if norm is None else view.made(norm.arguments.get("input"), "view")
    if norm is None or apart is None or len(node.shape) < 3 or len(apart.shape) != 3:
        return None
    of = view.plain(apart.arguments.get("self"))
    source = view.made(of)
    is_same = source is not None and source.shapes and source.shape == node.shape
    regroups = apart.shape[0] == node.shape[0] and node.shape[1] % apart.shape[1] == 0
    if not (is_same and regroups and _is(view, norm, "weight", 1) and _is(view, norm, "bias", 0)):
        return None
    arguments: dict[str, Argument] = {
        "input": of, "num_groups": apart.shape[1], "weight": None, "bias": None, "eps": norm.arguments.get("eps"),
    }  # fmt: skip
    return replace(norm, name=node.name, operator="group_norm", arguments=arguments, shapes=node.shapes)


def _is(view: View, node: Node, name: str, number: float) -> bool:
    value = view.plain(node.arguments.get(name))
    array = view.graph.constants.get(value.name) if isinstance(value, Ref) else None
    return array is not None and bool(np.all(array == number))


def _with_parameters(graph: Graph) -> Graph:
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        if node.operator != "add" or node.arguments.get("alpha", 1) != 1:
            continue
        added = view.either(node, lambda value: view.made(value, "mul") is not None)
        product = None if added is None else view.made(added[0], "mul")
        parts = (
            None if product is None else view.either(product, lambda value: view.made(value, "group_norm") is not None)
        )
        norm = None if parts is None else view.made(parts[0], "group_norm")
        if (
            added is None
            or product is None
            or parts is None
            or norm is None
            or view.uses(product) + view.uses(norm) != 2
        ):
            continue
        weight, bias = view.plain(parts[1]), view.plain(added[1])
        if norm.arguments.get("weight") is None and all(
            _is_of_channels(graph, each, norm.shape) for each in (weight, bias)
        ):
            found[node.name] = replace(
                norm, name=node.name, arguments={**norm.arguments, "weight": weight, "bias": bias}
            )
    return rewritten(graph, found)


def _is_of_channels(graph: Graph, value: Argument, shape: Shape) -> bool:
    own = graph.learned.get(value.name) if isinstance(value, Ref) else None
    channels = (shape[1], *(1,) * (len(shape) - 2))
    return own is not None and own in (channels, (1, *channels))
