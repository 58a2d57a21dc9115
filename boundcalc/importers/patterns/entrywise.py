"""Operators that together are one function of every entry of one array: an activation of the catalogue, recognised by its values,
or a formula. Bounds of x tanh(x) as a product would multiply what is one slope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import sympy

from boundcalc.catalogue.elementwise import ACTIVATIONS
from boundcalc.exact.arrays import on_arrays
from boundcalc.falsification.namespaces import DOUBLES
from boundcalc.importers.graph import Argument, Array, Graph, Node, Ref
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.patterns.nodes import View, rewritten
from boundcalc.importers.values import RefusalError

LARGEST = 40  # operators of one function
GRID = np.concatenate([np.linspace(-12.0, 12.0, 241), np.array([-1e-3, 1e-3, 0.37, -2.718])])
_KNOWN = [
    "relu",
    "silu",
    "sigmoid",
    "tanh",
    "mish",
    "hardswish",
    "hardsigmoid",
    "relu6",
    "softplus",
    "selu",
    "elu",
    "softsign",
    "logsigmoid",
    "tanhshrink",
    "sin",
    "arctan",
]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of x: its text in the language of formulas, its values on the grid, and how its text binds: 1 as a sum, 2 as a
    product, 3 as a power, 4 as a name or a call."""

    text: str
    values: Array
    binds: int = 4

    def within(self, binds: int) -> str:
        """Its text as a part of one that binds so."""
        return self.text if self.binds >= binds else f"({self.text})"


_Unary = Callable[[Function, "View", Node], Function | None]


def _called(word: str, of: Callable[[Array], Array]) -> _Unary:
    return lambda f, view, node: Function(f"{word}({f.text})", of(f.values))


def _text(template: str, of: Callable[[Array], Array], binds: int, inner: int) -> _Unary:
    return lambda f, view, node: Function(template.replace("#", f.within(inner)), of(f.values), binds)


def _erf(values: Array) -> Array:
    return np.asarray(DOUBLES.erf(values))


def _sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


def _power(f: Function, view: View, node: Node) -> Function | None:
    exponent = view.number(node.arguments.get("exponent"))
    return (
        None if exponent is None else Function(f"{f.within(4)}**{_constant(exponent).within(4)}", f.values**exponent, 3)
    )


def _clamp(f: Function, view: View, node: Node) -> Function | None:
    found = f
    for name, word, of in (("min", "max", np.maximum), ("max", "min", np.minimum)):
        given = node.arguments.get(name)
        bound = view.number(given)
        if bound is not None:
            found = Function(f"{word}({found.text}, {_number(bound)})", of(found.values, bound))
        elif given is not None:
            return None
    return found


def _gelu(f: Function, view: View, node: Node) -> Function | None:
    if node.arguments.get("approximate") == "tanh":
        return None
    values = f.values * (1 + _erf(f.values / np.sqrt(2))) / 2
    return Function(f"{f.within(3)}*(1 + erf({f.within(3)}/sqrt(2)))/2", values, 2)


_UNARY: Mapping[str, _Unary] = {
    "exp": _called("exp", np.exp),
    "log": _called("log", np.log),
    "sqrt": _called("sqrt", np.sqrt),
    "tanh": _called("tanh", np.tanh),
    "sigmoid": _called("sigmoid", _sigmoid),
    "erf": _called("erf", _erf),
    "sin": _called("sin", np.sin),
    "cos": _called("cos", np.cos),
    "atan": _called("arctan", np.arctan),
    "abs": _called("abs", np.abs),
    "neg": _text("-#", lambda x: -x, 1, 3),
    "rsqrt": _text("1/sqrt(#)", lambda x: 1 / np.sqrt(x), 2, 1),
    "reciprocal": _text("1/#", lambda x: 1 / x, 2, 3),
    "log1p": _text("log(1 + #)", np.log1p, 4, 2),
    "expm1": _text("exp(#) - 1", np.expm1, 1, 1),
    "relu": _text("max(#, 0)", lambda x: np.maximum(x, 0), 4, 1),
    "silu": _text("#*sigmoid(#)", lambda x: x * _sigmoid(x), 2, 3),
    "softplus": _text("log(1 + exp(#))", lambda x: np.logaddexp(x, 0), 4, 1),
    "square": _text("#**2", np.square, 3, 4),
    "gelu": _gelu,
    "pow": _power,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
}
_BINARY = frozenset({"add", "sub", "rsub", "mul", "div", "maximum", "minimum"})
_ALONE = frozenset(
    {"exp", "log", "sqrt", "erf", "cos", "abs", "rsqrt", "reciprocal", "log1p", "expm1", "log2"}
)  # no kind of their own


def _number(value: float) -> str:
    try:
        return str(written(value))
    except RefusalError:
        return "(1/0)"  # no formula: it is left as it is


def _constant(value: float) -> Function:
    text = _number(value)
    binds = 1 if value < 0 else 2 if "/" in text else 4
    return Function(text, np.full_like(GRID, value), binds)


def activations(graph: Graph) -> Graph:
    """With a node `activation` for each function that is one of the catalogue, or that only a formula knows."""
    view, found = View(graph), dict[str, Node]()
    for node in reversed(graph.nodes):
        if node.name in found or not (node.operator in _BINARY or node.operator in _UNARY):
            continue
        match = _best(view, node)
        if match is not None:
            found[node.name] = match
    return rewritten(graph, found)


def _best(view: View, root: Node) -> Node | None:
    """The function that the root is of the nearest array that it is a function of, and that is worth a layer of its own."""
    cone, worth = {root.name: root}, False
    for _ in range(LARGEST):
        leaves = _leaves(view, cone)
        if leaves is None or not leaves:
            return None
        if len(leaves) == 1 and (len(cone) > 1 or worth or root.operator in _ALONE):
            (leaf,) = leaves
            function = _function(view, Ref(root.name), leaf, cone, {})
            if function is not None and np.isfinite(function.values).all():
                known = _known(function)
                worth = worth or any(node.operator in _ALONE or _is_product(view, node) for node in cone.values())
                if known is not None:
                    return _activation(root, leaf, known, "") if len(cone) > 1 else None
                if worth:
                    return _activation(root, leaf, "", function.text)
        last = max(leaves, key=view.place)
        maker = view.made(last)
        if maker is None or not (maker.operator in _BINARY or maker.operator in _UNARY) or maker.shape != root.shape:
            return None
        cone[maker.name] = maker
    return None


def _is_product(view: View, node: Node) -> bool:
    """Of two functions, or a power that is no activation."""
    if node.operator in ("mul", "div", "maximum", "minimum"):
        return all(view.number(value) is None for value in view.pair(node)) or (
            node.operator == "div" and view.number(node.arguments.get("other")) is None
        )
    return node.operator == "pow" and view.number(node.arguments.get("exponent")) not in (1, 2)


def _operands(view: View, node: Node) -> list[Argument]:
    values = list(view.pair(node)) if node.operator in _BINARY else [node.arguments.get("self")]
    return [view.plain(value) for value in values if view.number(value) is None]


def _leaves(view: View, cone: Mapping[str, Node]) -> set[Ref] | None:
    """What the cone reads from outside."""
    found: set[Ref] = set()
    for node in cone.values():
        for value in _operands(view, node):
            if not isinstance(value, Ref):
                return None
            if value.name not in cone or value.part:
                found.add(value)
    return found


def _function(
    view: View, value: Argument, leaf: Ref, cone: Mapping[str, Node], known: dict[str, Function | None]
) -> Function | None:
    number = view.number(value)
    if number is not None:
        return _constant(number)
    value = view.plain(value)
    if value == leaf:
        return Function("x", GRID)
    if not isinstance(value, Ref) or value.name not in cone:
        return None
    if value.name not in known:
        with np.errstate(all="ignore"):
            known[value.name] = _of_node(view, cone[value.name], leaf, cone, known)
    return known[value.name]


def _of_node(
    view: View, node: Node, leaf: Ref, cone: Mapping[str, Node], known: dict[str, Function | None]
) -> Function | None:
    if node.operator in _UNARY:
        of = _function(view, node.arguments.get("self"), leaf, cone, known)
        return None if of is None or not _is_simple(node) else _UNARY[node.operator](of, view, node)
    left, right = (_function(view, value, leaf, cone, known) for value in view.pair(node))
    if left is None or right is None:
        return None
    if node.operator == "rsub":
        left, right = right, left
    alpha = view.number(node.arguments.get("alpha", 1))
    if alpha != 1 or node.arguments.get("rounding_mode") is not None:
        return None
    a, b = left.values, right.values
    texts = {"add": ("+", a + b), "sub": ("-", a - b), "rsub": ("-", a - b), "mul": ("*", a * b), "div": ("/", a / b)}
    if node.operator in texts:
        sign, values = texts[node.operator]
        binds = 1 if sign in "+-" else 2
        spaced = f" {sign} " if binds == 1 else sign
        return Function(f"{left.within(binds)}{spaced}{right.within(binds + (sign in '-/'))}", values, binds)
    word, values = ("max", np.maximum(a, b)) if node.operator == "maximum" else ("min", np.minimum(a, b))
    return Function(f"{word}({left.text}, {right.text})", values)


def _is_simple(node: Node) -> bool:
    """Softplus with its defaults alone."""
    return node.operator != "softplus" or node.arguments.get("beta", 1) == 1


def _known(function: Function) -> str | None:
    for name, values in _catalogue().items():
        if np.allclose(values, function.values, rtol=1e-12, atol=1e-14):
            return name
    return None


@cache
def _catalogue() -> Mapping[str, Array]:
    root, found = np.sqrt(2 / np.pi), dict[str, Array]()
    for name in _KNOWN:
        function = ACTIVATIONS[name].instantiate(entries=sympy.S.One).function
        assert function is not None
        with np.errstate(all="ignore"):
            found[name] = np.asarray(on_arrays(function, GRID, np))
    found["gelu"] = GRID * (1 + _erf(GRID / np.sqrt(2))) / 2
    found["gelu: tanh"] = GRID * (1 + np.tanh(root * (GRID + 0.044715 * GRID**3))) / 2
    return found


def _activation(root: Node, leaf: Ref, kind: str, formula: str) -> Node:
    arguments: dict[str, Argument] = {"input": leaf, "kind": kind, "formula": formula}
    return replace(root, operator="activation", arguments=arguments)
