"""What a person reads at a terminal: a table per layer, what makes a bound infinite, the closed forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.intervals import shown
from boundcalc.exact.printing import to_str
from boundcalc.graph.layer_graph import Layer, LayerGraph, Written
from boundcalc.graph.shape import show_shape
from boundcalc.mistakes import escaped
from boundcalc.output.closed_forms import Style, closed_forms, totals
from boundcalc.output.table import short, table

DIGITS = 4
CONDITIONS_SHOWN = 12


def to_text(bounds: Bounds, other: Bounds | None = None, style: Style = "auto") -> str:
    """Everything about some bounds. `other` are those of the other grouping of the parameters, shown beside them."""
    parts = [
        _header(bounds),
        _layer_table(bounds),
        _summary(bounds, other),
        *_reasons(bounds),
        *closed_forms(bounds, style),
        _conditions(bounds),
    ]
    return "\n".join(part for part in parts if part)


def graph_to_text(graph: LayerGraph) -> str:
    """The layer graph: what reads what, shapes, learned numbers."""
    rows: list[Sequence[str]] = []
    total: sympy.Expr = sympy.S.Zero
    for node in graph:
        if not isinstance(node, Written):
            continue
        learned = node.parameters if isinstance(node, Layer) else sympy.S.Zero
        count = graph.conditions.exact(learned * graph.copies(node.loops), node.place)
        total = total + count
        reads = ", ".join(graph.node(path).title for path in node.inputs)
        rows.append((node.path, node.label, reads, show_shape(node.shape), "" if count == 0 else _thousands(count)))
    drawn = table(("layer", "kind", "reads", "shape", "parameters"), rows, right=("parameters",))
    loss = "" if graph.loss is None else f"loss: {graph.layer(graph.loss).label}\n"
    outputs = ", ".join(graph.node(path).title for path in graph.outputs)
    return (
        f"{escaped(graph.name)}: batch {graph.batch}, output {outputs}\n{loss}{drawn}\n{_thousands(total)} parameters"
    )


def _thousands(count: sympy.Expr) -> str:
    text = to_str(count)
    return f"{int(text):,}" if text.isdigit() else text


def _header(bounds: Bounds) -> str:
    values = bounds.symbol_values
    known = ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None)
    free = ", ".join(name for name, value in values.items() if value is None)
    lines = [
        f"{escaped(bounds.name)}: bounds with respect to {', '.join(bounds.wrt)}, {bounds.constants} constants, blocks: {bounds.blocks}"
    ]
    if known:
        lines.append(f"with {known}" + (f"; free: {free}" if free else ""))
    elif free:
        lines.append(f"free: {free}")
    return "\n".join(lines)


def _layer_table(bounds: Bounds) -> str:
    rows: list[Sequence[str]] = []
    for row in bounds.layers.values():
        cells = [_cell(bounds, quantity) for quantity in row.quantities]
        rows.append((row.path, row.layer.label, show_shape(row.layer.shape), *cells))
    columns = ("layer", "kind", "shape", "norm", "lipschitz", "smoothness")
    return table(columns, rows, right=("norm", "lipschitz", "smoothness"))


def _cell(bounds: Bounds, quantity: Bound) -> str:
    """A number rounded up; without one the closed form if it is short."""
    if quantity.absent(bounds.values) is not None:
        return "no copy"
    if not quantity.finite:
        return "infinite"
    number = bounds.numbers.get(quantity)
    if number is not None:
        return readable(number)
    expression = None if quantity.scalar is None else quantity.expression
    text = "" if expression is None else to_str(expression)
    return text if 0 < len(text) <= 24 else (bounds.definition(quantity) or "symbolic")


def readable(number: Number) -> str:
    """Four digits, rounded up: 0.0123, 12.35, 3.166e11."""
    return short(decimals.upper_decimal(number, DIGITS))


def _summary(bounds: Bounds, other: Bounds | None) -> str:
    """The network as a whole, and the other grouping of the parameters beside it where both are numbers."""
    rows: list[Sequence[str]] = []
    against = {} if other is None else totals(other)
    both = False
    for name, quantity in totals(bounds).items():
        number = other.number(against[name]) if other is not None and quantity in bounds.numbers else None
        both = both or number is not None
        rows.append((name, _cell(bounds, quantity), "" if number is None else readable(number)))
    columns = ("network", f"blocks: {bounds.blocks}", "" if other is None else f"blocks: {other.blocks}")
    if not both:
        return table(columns[:2], [row[:2] for row in rows], right=columns[1:2])
    return table(columns, rows, right=columns[1:])


def _reasons(bounds: Bounds) -> Iterable[str]:
    """Which layer makes a bound infinite, and why."""
    for name, total in totals(bounds).items():
        if not total.finite:
            where = f" from layer '{total.infinite_from}' on" if total.infinite_from in bounds.layers else ""
            yield f"{name} is infinite{where}: {total.reason}"


def _conditions(bounds: Bounds) -> str:
    """Where the bounds hold, beyond the sizes and signs that the symbols stand for."""
    texts = [shown(condition) for condition in bounds.conditions]
    if not texts:
        return ""
    more = len(texts) - CONDITIONS_SHOWN
    kept = ", ".join(texts[:CONDITIONS_SHOWN])
    return f"holds if {kept}" + (f" and {more} more conditions: --format json has them" if more > 0 else "")
