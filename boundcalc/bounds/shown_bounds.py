"""What the bounds of a network say of themselves: a table that fits on a screen, and for notebooks the formulas as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import sympy

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.forms import used
from boundcalc.bounds.letters import letter, spaced
from boundcalc.bounds.named import LayerBounds
from boundcalc.bounds.said import blocks, conditions, header, reasons, searched
from boundcalc.bounds.shown import cell_of
from boundcalc.bounds.soon import soon
from boundcalc.display.page import Folded, Formula, Page, Part, Table
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import Latex, to_str
from boundcalc.graph.shape import show_shape

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds

ROWS, IN_NOTEBOOK = 20, 60  # layers of a table
DEFINITIONS = 30
CHARACTERS = 20_000  # of LaTeX of all of them: MathML is twenty times as long
LATER = "numbers that take longer: bounds.lipschitz.number(), bounds.to_frame()"


def brief_page(bounds: Bounds) -> Page:
    """The tables, and what has to be known of them; nothing that takes long."""
    return Page(header(bounds.document), tuple(part for part in _tables(bounds, ROWS) if part))


def whole_page(bounds: Bounds) -> Page:
    """The closed forms and what they are made of besides."""
    told = [bounds.document.kept, *(f"note: {warning}" for warning in bounds.warnings)]
    parts = (*_tables(bounds, IN_NOTEBOOK), searched(bounds.document), *formulas(bounds), *told)
    return Page(header(bounds.document), tuple(part for part in parts if part))


def _tables(bounds: Bounds, most: int) -> Iterator[Part]:
    document, rows = bounds.document, _ends(list(bounds.layers.values()), most)
    wanted = [*bounds.totals.values(), *(bound for row in rows for bound in row.quantities)]
    numbers: Mapping[Bound, Number | None] = (
        bounds.numbers if "numbers" in vars(bounds) else soon(wanted, bounds.values)
    )  # where they are known
    yield _layers(bounds, rows, numbers)
    totals = [(name.replace("_", " "), _cell(bounds, bound, numbers)) for name, bound in bounds.totals.items()]
    yield Table(("network", document.options.comparison), totals, right=(document.options.comparison,))
    if any(bound in numbers and numbers[bound] is None for bound in wanted):
        yield LATER
    yield from reasons(document)
    yield blocks(document)
    yield conditions(document)


def _ends(rows: Sequence[LayerBounds], most: int) -> Sequence[LayerBounds]:
    """All rows, or the first and the last."""
    return rows if len(rows) <= most else [*rows[: most // 2], *rows[-(most // 2) :]]


def _layers(bounds: Bounds, rows: Sequence[LayerBounds], numbers: Mapping[Bound, Number | None]) -> Table:
    names = tuple(bounds.named)
    found: list[Sequence[str]] = [
        (row.path, row.layer.label, show_shape(row.layer.shape), *(_cell(bounds, b, numbers) for b in row.quantities))
        for row in rows
    ]
    if (more := len(bounds.layers) - len(rows)) > 0:
        found.insert(len(rows) // 2, (f"... {more:,} more layers", *[""] * (len(names) + 2)))
    return Table(("layer", "kind", "shape", *names), found, right=names)


def _cell(bounds: Bounds, bound: Bound, numbers: Mapping[Bound, Number | None]) -> str:
    return "no copy" if bound.absent(bounds.values) is not None else cell_of(bound, numbers)


def _is_closed_soon(bounds: Bounds) -> bool:
    """Closing a recursion in a symbolic depth takes seconds where it is large."""
    return not bounds.graph.has_loops or len(bounds.primitives.primitives) <= 100


def formulas(bounds: Bounds, most: int = DEFINITIONS, characters: int = CHARACTERS) -> Iterator[Part]:
    """The closed forms of the network, and folded the definitions that they are made of: at most so many, and so long."""
    if not _is_closed_soon(bounds):
        yield "closed forms take longer: bounds.lipschitz.expression"
        return
    known = {name: b for name, b in bounds.totals.items() if b.finite and b.scalar is not None}
    closed = {name: bound for name, bound in known.items() if bound.unclosed is None}
    wanted = [name for bound in closed.values() if (name := bounds.definition(bound)) is not None]
    chain = [] if bounds.document.has_many(wanted, most) else used(bounds.definitions, wanted)
    called = {bounds.definition(bound): bound.name for bound in reversed(bounds.quantities)} if chain else {}
    letters = {name: letter(called.get(name, name)) for name, _ in chain}
    latex = Latex(letters | {name: spaced(name) for name in bounds.symbols})
    for key, bound in known.items():
        name, expression, definition = key.replace("_", " "), bound.expression, bounds.definition(bound)
        if bound.unclosed is not None:
            yield f"{name} has no closed form in the number of times: {bound.unclosed}"
        elif expression is not None:
            yield _equation(letter(bound.name), name, expression, latex, bool(bound.upper))
        elif definition in letters and letters[definition] != letter(bound.name):
            yield Formula(f"{letter(bound.name)} = {letters[definition]}", f"{name} = {definition}")
        elif definition not in letters:
            yield f"{name} is made of more than {most} definitions: bounds.definitions, boundcalc bounds --format latex"
        if bound.unclosed is None and bound.upper:
            yield f"an upper form: {'; '.join(bound.upper)}"
    loose = {bounds.definition(bound) for bound in bounds.quantities if chain and bound.upper}
    if chain:
        equations = tuple(_equation(letters[name], name, value, latex, name in loose) for name, value in chain)
        length = sum(len(equation.latex) for equation in equations)
        told = ("too long to read here: bounds.definitions, boundcalc bounds --format latex",)
        yield Folded(f"definitions ({len(chain)})", equations if length <= characters else told)


def _equation(symbol: str, name: str, value: sympy.Expr, latex: Latex, is_loose: bool) -> Formula:
    signs = (r"\le", "<=") if is_loose else ("=", "=")
    return Formula(f"{symbol} {signs[0]} {latex.doprint(value)}", f"{name} {signs[1]} {to_str(value)}")
