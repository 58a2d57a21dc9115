"""Softmaxes that are written out, or that take the largest score off first: the softmax is the same of x and of x less what is one
number along its axis.
"""

from __future__ import annotations

from dataclasses import replace

from boundcalc.importers.graph import Argument, Graph, Node, Ref
from boundcalc.importers.patterns.nodes import View, rewritten

_SOFT = frozenset({"softmax", "_softmax", "log_softmax", "_log_softmax"})


def softmaxes(graph: Graph) -> Graph:
    """With `softmax` of scores as they are, in place of one of scores less their largest, and of exp(x)/sum(exp(x))."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _shifted(view, node) if node.operator in _SOFT else _written(view, node)
        if match is not None:
            found[node.name] = match
    return rewritten(graph, found)


def _shifted(view: View, node: Node) -> Node | None:
    axis = node.arguments.get("dim")
    of = None if not isinstance(axis, int) else _unshifted(view, node.arguments.get("self"), axis % len(node.shape))
    return None if of is None else replace(node, arguments={**node.arguments, "self": of})


def _unshifted(view: View, scores: Argument, axis: int) -> Argument:
    """x of x - max(x), of which the largest is taken along the axis."""
    less = view.made(scores, "sub")
    if less is None or less.arguments.get("alpha", 1) != 1:
        return None
    of, largest = (view.plain(each) for each in view.pair(less))
    most = view.made(largest, "amax", "max")
    if most is None or view.plain(most.arguments.get("self")) != of or not most.arguments.get("keepdim"):
        return None
    given = most.arguments.get("dim")
    axes = given if isinstance(given, tuple) else (given,)
    return of if [each % len(less.shape) for each in axes if isinstance(each, int)] == [axis] else None


def _written(view: View, node: Node) -> Node | None:
    if node.operator != "div" or node.arguments.get("rounding_mode") is not None:
        return None
    powers, total = view.made(node.arguments.get("self"), "exp"), view.made(node.arguments.get("other"), "sum")
    if powers is None or total is None or view.made(total.arguments.get("self"), "exp") is not powers:
        return None
    axes = total.arguments.get("dim")
    axis = axes[0] if isinstance(axes, tuple) and len(axes) == 1 else axes
    if not isinstance(axis, int) or not total.arguments.get("keepdim") or node.shape != powers.shape:
        return None
    scores = view.plain(powers.arguments.get("self"))
    of = _unshifted(view, scores, axis % len(node.shape)) or scores
    if not isinstance(of, Ref):
        return None
    return replace(node, operator="softmax", arguments={"self": of, "dim": axis})
