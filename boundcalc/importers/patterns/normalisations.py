"""Normalisations that are written out: the root of a mean of squares, of a variance, of a sum of squares."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from boundcalc.importers.graph import Argument, Graph, Node, Ref
from boundcalc.importers.patterns.nodes import View, rewritten


def normalisations(graph: Graph) -> Graph:
    """With `rms_norm`, `layer_norm` and `l2_norm` in place of what computes them."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        match = _slices(view, node) or _unit(view, node) or _length(view, node)
        if match is not None:
            found[node.name] = match
    return _with_weights(rewritten(graph, found))


def _slices(view: View, node: Node) -> Node | None:
    """x rsqrt(mean(x^2) + eps), and the same of x - mean(x)."""
    divided = _divided(view, node)
    if divided is None:
        return None
    of, under = divided
    added = view.made(under, "add")
    if added is None:
        return None
    parts = view.either(added, lambda value: view.number(value) is not None)
    if parts is None:
        return None
    eps, variance = view.number(parts[0]), view.made(parts[1], "mean", "var", "div")
    if eps is None or variance is None:
        return None
    axis, centred = _axis(variance), view.made(of, "sub")
    if axis is None:
        return None
    if variance.operator == "var":
        if centred is None or not _is_biased(variance):
            return None
        source = view.plain(variance.arguments.get("self"))
        return _norm(node, "layer_norm", source, eps, axis) if _centres(view, centred, source, axis) else None
    squared = view.made(variance.arguments.get("self"), "pow", "mul", "square")
    if variance.operator != "mean" or squared is None:
        return None
    if not view.same(squared.arguments.get("self"), of) or not _is_square(view, squared):
        return None
    if centred is not None:
        source = view.plain(centred.arguments.get("self"))
        if _centres(view, centred, source, axis):
            return _norm(node, "layer_norm", source, eps, axis)
    return _norm(node, "rms_norm", view.plain(of), eps, axis)


def _divided(view: View, node: Node) -> tuple[Argument, Argument] | None:
    """x and y of x rsqrt(y) or x/sqrt(y)."""
    if node.operator == "mul":
        parts = view.either(node, lambda value: view.made(value, "rsqrt") is not None)
        if parts is not None:
            root = view.made(parts[0], "rsqrt")
            return None if root is None else (parts[1], root.arguments.get("self"))
        parts = view.either(node, lambda value: _is_inverse_root(view, value))
        if parts is not None:
            root = view.made(parts[0], "pow")
            return None if root is None else (parts[1], root.arguments.get("self"))
    if node.operator == "div":
        of, by = view.pair(node)
        root = view.made(by, "sqrt")
        return None if root is None else (of, root.arguments.get("self"))
    return None


def _is_inverse_root(view: View, value: Argument) -> bool:
    node = view.made(value, "pow")
    return node is not None and view.number(node.arguments.get("exponent")) == -0.5


def _is_square(view: View, node: Node) -> bool:
    if node.operator == "pow":
        return view.number(node.arguments.get("exponent")) == 2
    return node.operator == "square" or view.plain(node.arguments.get("self")) == view.plain(
        node.arguments.get("other")
    )


def _axis(node: Node) -> int | None:
    """The one axis that is reduced, where it stays."""
    axes = node.arguments.get("dim")
    (axis,) = axes if isinstance(axes, tuple) and len(axes) == 1 else (axes,)
    if not isinstance(axis, int) or not node.arguments.get("keepdim"):
        return None
    return axis % len(node.shape)


def _is_biased(node: Node) -> bool:
    """A mean of squares: nothing is taken off their number."""
    if "unbiased" in node.arguments:
        return not node.arguments["unbiased"]
    return node.arguments.get("correction") == 0


def _centres(view: View, node: Node, source: Argument, axis: int) -> bool:
    mean = view.made(node.arguments.get("other"), "mean")
    return (
        view.plain(node.arguments.get("self")) == source
        and mean is not None
        and _axis(mean) == axis
        and view.plain(mean.arguments.get("self")) == source
    )


def _norm(node: Node, operator: str, of: Argument, eps: float, axis: int) -> Node:
    arguments: dict[str, Argument] = {
        "input": of,
        "normalized_shape": (node.shape[axis],),
        "weight": None,
        "bias": None,
        "eps": eps,
    }
    if axis != len(node.shape) - 1:
        arguments["dim"] = axis
    return replace(node, operator=operator, arguments=arguments)


def _length(view: View, node: Node) -> Node | None:
    """The root of a sum of squares, or of their mean, which is a multiple of it."""
    is_root = node.operator == "sqrt" or (node.operator == "pow" and view.number(node.arguments.get("exponent")) == 0.5)
    total = view.made(node.arguments.get("self"), "sum", "mean") if is_root else None
    squared = None if total is None else view.made(total.arguments.get("self"), "pow", "mul", "square")
    if total is None or squared is None or not _is_square(view, squared) or "dim" not in total.arguments:
        return None
    arguments: dict[str, Argument] = {
        "self": view.plain(squared.arguments.get("self")),
        "ord": 2,
        "dim": total.arguments["dim"],
        "keepdim": total.arguments.get("keepdim"),
        "scale": prod(total.shape) ** 0.5 / prod(squared.shape) ** 0.5 if total.operator == "mean" else 1.0,
    }
    return replace(node, operator="linalg_vector_norm", arguments=arguments)


def _with_weights(graph: Graph) -> Graph:
    """A learned gain of the last axis belongs to the normalisation before it."""
    view, found = View(graph), dict[str, Node]()
    for node in graph.nodes:
        if node.operator != "mul":
            continue
        parts = view.either(node, lambda value: view.made(value, "rms_norm") is not None)
        norm = None if parts is None else view.made(parts[0], "rms_norm")
        if parts is None or norm is None or view.uses(norm) != 1 or norm.arguments.get("weight") is not None:
            continue
        if "dim" in norm.arguments:
            continue
        weight = view.plain(parts[1])
        if isinstance(weight, Ref) and graph.learned.get(weight.name) == norm.shape[-1:]:
            found[node.name] = replace(norm, name=node.name, arguments={**norm.arguments, "weight": weight})
    return rewritten(graph, found)


def _unit(view: View, node: Node) -> Node | None:
    """x/max(||x||, eps): torch.nn.functional.normalize."""
    if node.operator != "div":
        return None
    of, by = view.pair(node)
    spread = view.made(by, "expand", "clamp_min", "clamp")
    if spread is not None and spread.operator == "expand":
        spread = view.made(spread.arguments.get("self"), "clamp_min", "clamp")
    if spread is None or spread.arguments.get("max") is not None:
        return None
    eps, norm = view.number(spread.arguments.get("min")), view.made(spread.arguments.get("self"), "linalg_vector_norm")
    if eps is None or eps <= 0 or norm is None or view.number(norm.arguments.get("ord")) != 2:
        return None
    axes = norm.arguments.get("dim")
    if not isinstance(axes, tuple) or len(axes) != 1 or view.plain(norm.arguments.get("self")) != view.plain(of):
        return None
    arguments: dict[str, Argument] = {"self": view.plain(of), "dim": axes[0], "eps": eps}
    return replace(node, operator="l2_norm", arguments=arguments)
