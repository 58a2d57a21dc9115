"""What a person reads at a terminal: a table per layer, what makes a bound infinite, the closed forms."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boundcalc.bounds import Bound, Bounds
from boundcalc.graph.layer_graph import Layer, LayerGraph, show_shape
from boundcalc.output.json import symbol_values
from boundcalc.program import decimals
from boundcalc.program.numbers import Number

DIGITS = 4
DEFINITIONS_SHOWN = 60
NARROW = 60  # a table is not squeezed below this


def to_text(bounds: Bounds, other: Bounds | None = None) -> str:
    """Everything about some bounds. `other` are the same ones with `blocks: layer`, shown beside the total."""
    parts = [_header(bounds), _layer_table(bounds), _summary(bounds, other), *_reasons(bounds), *_closed_forms(bounds)]
    parts += [f"warning: {warning}" for warning in bounds.warnings]
    return "\n".join(part for part in parts if part)


def graph_to_text(graph: LayerGraph) -> str:
    """The layer graph: what reads what, shapes, learned numbers."""
    rows: list[Sequence[str]] = []
    total = 0
    for layer in graph:
        if not layer.visible:
            continue
        count = layer.parameters
        total = total + count
        reads = ", ".join(_shown(graph, node) for node in layer.inputs)
        rows.append((layer.path, layer.kind, reads, show_shape(layer.shape), "" if count == 0 else _thousands(count)))
    table = _table(("layer", "kind", "reads", "shape", "parameters"), rows, right=("parameters",))
    loss = "" if graph.loss is None else f"loss: {graph.layer(graph.loss).kind}\n"
    outputs = ", ".join(graph.outputs)
    return f"{graph.name}: batch {graph.batch}, output {outputs}\n{loss}{table}\n{_thousands(total)} parameters"


def _shown(graph: LayerGraph, node: str) -> str:
    """Bookkeeping of a scan is shown by what a person called it."""
    layer: Layer = graph.layer(node)
    return node if layer.visible else node.replace(".@running", "").replace("@after", "").replace("@", " ")


def _thousands(count: object) -> str:
    text = str(count)
    return f"{int(text):,}" if text.isdigit() else text


def _header(bounds: Bounds) -> str:
    values = symbol_values(bounds)
    known = ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None)
    free = ", ".join(name for name, value in values.items() if value is None)
    lines = [
        f"{bounds.name}: bounds with respect to {', '.join(bounds.wrt)}, {bounds.constants} constants, blocks: {bounds.blocks}"
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
        rows.append((row.path, row.layer.kind, show_shape(row.layer.shape), *cells))
    columns = ("layer", "kind", "shape", "norm", "lipschitz", "smoothness")
    return _table(columns, rows, right=("norm", "lipschitz", "smoothness"))


def _cell(bounds: Bounds, quantity: Bound) -> str:
    """A number rounded up; without one the closed form if it is short."""
    if not quantity.finite:
        return "infinite"
    number = bounds.numbers.get(quantity)
    if number is not None:
        return readable(number)
    expression = None if quantity.scalar is None else quantity.expression
    text = "" if expression is None else str(expression)
    return text if 0 < len(text) <= 24 else (bounds.definition(quantity) or "symbolic")


def readable(number: Number) -> str:
    """Four digits, rounded up: 0.0123, 12.35, 3.166e11."""
    text = decimals.upper_decimal(number, DIGITS)
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text


def _summary(bounds: Bounds, other: Bounds | None) -> str:
    """The network as a whole; total and layer side by side where both are numbers."""
    rows: list[Sequence[str]] = []
    pairs = [("norm", bounds.norm, other and other.norm), ("lipschitz", bounds.lipschitz, other and other.lipschitz)]
    pairs.append(("smoothness", bounds.smoothness, other and other.smoothness))
    if bounds.objective is not None:
        against = other.objective if other is not None else None
        pairs.append(("objective lipschitz", bounds.objective.lipschitz, against and against.lipschitz))
        pairs.append(("objective smoothness", bounds.objective.smoothness, against and against.smoothness))
    both = False
    for name, quantity, sharper in pairs:
        cells = [name, _cell(bounds, quantity), ""]
        if other is not None and sharper is not None and sharper in other.numbers and quantity in bounds.numbers:
            cells[2], both = readable(other.numbers[sharper]), True
        rows.append(cells)
    columns = ("network", f"blocks: {bounds.blocks}", "blocks: layer")
    if not both:
        return _table(columns[:2], [row[:2] for row in rows], right=columns[1:2])
    return _table(columns, rows, right=columns[1:])


def _reasons(bounds: Bounds) -> Iterable[str]:
    """Which layer makes a bound infinite, and why."""
    for name in ("norm", "lipschitz", "smoothness"):
        total: Bound = getattr(bounds, name)
        if total.finite:
            continue
        first = next((row for row in bounds.layers.values() if not getattr(row, name).finite), None)
        where = "" if first is None else f" from layer '{first.path}' on"
        yield f"{name} is infinite{where}: {total.reason}"


def _closed_forms(bounds: Bounds) -> Iterable[str]:
    """The expanded forms where they are short, the definitions they are made of otherwise."""
    quantities = [("norm", bounds.norm), ("lipschitz", bounds.lipschitz), ("smoothness", bounds.smoothness)]
    if bounds.objective is not None:
        quantities.append(("objective lipschitz", bounds.objective.lipschitz))
        quantities.append(("objective smoothness", bounds.objective.smoothness))
    lines: list[str] = []
    needed = False
    for name, quantity in quantities:
        if not quantity.finite or quantity.scalar is None:
            continue
        expression = quantity.expression
        sign = "<=" if quantity.upper else "="
        if expression is not None and len(str(expression)) <= 400:
            lines.append(f"  {name} {sign} {expression}")
        else:
            lines.append(f"  {name} {sign} {bounds.definition(quantity)}")
            needed = True
    if not lines:
        return
    yield "closed forms"
    yield "\n".join(lines)
    if needed and bounds.definitions:
        yield "where"
        shown = bounds.definitions[:DEFINITIONS_SHOWN]
        yield "\n".join(f"  {name} = {expression}" for name, expression in shown)
        if len(bounds.definitions) > len(shown):
            yield f"  ... and {len(bounds.definitions) - len(shown)} more definitions: see --format json"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str]) -> str:
    """As wide as it needs to be in a pipe; folded into the window on a terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    buffer = StringIO()
    width = max(NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 100_000
    Console(file=buffer, width=width, no_color=True, force_terminal=False, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
