"""What one bound, derivative or guarantee says of itself, and several bounds together: lines for a terminal, pages for a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import sympy

from boundcalc.blocks.figures import Values
from boundcalc.bounds.answer import BRIEF, DIGITS, readable, short
from boundcalc.bounds.letters import escaped, letter, of_symbol, spaced
from boundcalc.bounds.soon import is_quick_number, soon
from boundcalc.bounds.values import resolve
from boundcalc.display.page import Formula, Page, Part, Table
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.intervals import shown
from boundcalc.exact.printing import Latex, to_str
from boundcalc.language.conditions import Conditions
from boundcalc.mistakes import escaped as printable

if TYPE_CHECKING:
    from boundcalc.bounds.bound import Bound
    from boundcalc.bounds.derivatives import Derivative
    from boundcalc.bounds.guarantee import Guarantee
    from boundcalc.bounds.named import LayerBounds

LINE = 1_000  # characters of a closed form in a line
CONDITIONS = 12  # that a page lists
LISTED = 8  # layers that a line lists
LATER = "..."  # a number that nobody has asked for, and that takes longer


class Closed(Protocol):
    """What has a closed form, or None where it has none that anybody reads."""

    @property
    def name(self) -> str: ...
    @property
    def conditions(self) -> Conditions: ...
    @property
    def expression(self) -> sympy.Expr | None: ...
    @property
    def upper(self) -> tuple[str, ...]: ...
    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]: ...


def latex_of(expression: sympy.Expr | None, name: str, printer: Any) -> str:
    """For `sympy.latex`: the closed form, and the letter of what has none."""
    settings = {**printer._settings, "mode": "plain"}
    return letter(name) if expression is None else Latex(settings=settings).doprint(expression)


def line(name: str, said: str) -> Page:
    return Page(f"<{name}: {printable(said)}>")


def form_in_line(expression: sympy.Expr | None, otherwise: str) -> str:
    """A closed form on one line, or what it is that does not fit."""
    if expression is None:
        return otherwise
    text = to_str(expression)
    return text if len(text) <= LINE else f"a closed form of {len(text):,} characters, see .expression"


def values_of(conditions: Conditions) -> Values:
    """The spec's own values; none where they contradict each other."""
    try:
        return resolve(conditions, {})
    except ValueError:
        return {}


# One quantity


def bound_in_line(bound: Bound) -> Page:
    if not bound.finite:
        return line(bound.name, f"not finite, {bound.reason}")
    if bound.unclosed is not None:
        return line(bound.name, f"no closed form, {bound.unclosed}")
    return line(bound.name, form_in_line(bound.expression, "too long to print, see Bounds.definitions"))


def page_of_bound(bound: Bound) -> Page:
    values = values_of(bound.conditions)
    if not bound.finite:
        where = "" if bound.infinite_from is None else f" from layer '{bound.infinite_from}' on"
        return _page(bound.name, [f"infinite{where}: {bound.reason}"], bound.conditions)
    number = soon([bound], values).get(bound)
    parts: list[Part] = [] if number is None else [f"{readable(number)}{_at(bound, values)}, rounded up"]
    if (absent := bound.absent(values)) is not None:
        parts.append(absent)
    parts += _forms(bound, letter(bound.name), bound.unclosed)
    return _page(bound.name, [*parts, bound.guarantees], bound.conditions)


def derivative_in_line(derivative: Derivative) -> Page:
    if derivative.value is None:
        return line(derivative.name, f"no number, {derivative.reason}")
    return line(derivative.name, form_in_line(derivative.closed, "too long to print"))


def page_of_derivative(derivative: Derivative) -> Page:
    values, value = values_of(derivative.conditions), derivative.value
    parts: list[Part] = []
    if derivative.reason is not None:
        parts.append(f"no number: {derivative.reason}")
    elif derivative.direction is None and is_quick_number(value, values):
        try:
            number = short(decimals.nearest_decimal(derivative.certified(values), DIGITS))
            parts.append(f"{number}{_at(derivative, values)}, to the nearest")
        except (ArithmeticError, ValueError) as error:
            parts.append(str(error))
    return _page(derivative.name, [*parts, *_forms(derivative, _slope(derivative.name))], derivative.conditions)


def _slope(name: str) -> str:
    """d lipschitz / d R as a fraction."""
    first = re.fullmatch(r"d (\w+) / d (\w+)", name)
    if first is None:
        return rf"\text{{{escaped(name)}}}"
    return rf"\frac{{\partial {letter(first[1])}}}{{\partial {of_symbol(first[2])}}}"


def guarantee_in_line(guarantee: Guarantee) -> Page:
    if guarantee.reason is not None:
        return line(guarantee.name, f"nothing is guaranteed, {guarantee.reason}")
    return line(guarantee.name, form_in_line(guarantee.expression, "too long to print"))


def page_of_guarantee(guarantee: Guarantee, bound: Bound | None) -> Page:
    """`bound`: what it follows from, where its number is known to be had."""
    if guarantee.reason is not None:
        return Page(printable(guarantee.name), (f"nothing is guaranteed: {guarantee.reason}",))
    values = values_of(guarantee.conditions)
    number = guarantee.at(values)[0] if bound is not None and soon([bound], values).get(bound) is not None else None
    side = "down" if guarantee.inverse else "up"
    parts: list[Part] = [] if number is None else [f"{short(guarantee.safe(number, DIGITS))}, rounded {side}"]
    return _page(guarantee.name, [*parts, _guaranteed(guarantee), guarantee.note], guarantee.conditions)


def _guaranteed(guarantee: Guarantee) -> Part:
    form, called = guarantee.expression, rf"\text{{{escaped(guarantee.name.replace('_', ' '))}}}"
    if form is None:
        return "the closed form is too long to read"
    sides = (r"\ge", ">=") if guarantee.inverse else (r"\le", "<=")
    return _formula(form, guarantee.conditions, called, guarantee.name, sides, guarantee.bound.upper)


def _forms(of: Closed, called: str, unclosed: str | None = None) -> Iterator[Part]:
    expression = of.expression
    if unclosed is not None:
        yield f"no closed form in the number of times: {unclosed}"
    elif expression is None:
        yield "the closed form is too long to read"
    else:
        yield _formula(expression, of.conditions, called, of.name, (r"\le", "<="), of.upper)
        if of.upper:
            yield f"an upper form: {'; '.join(of.upper)}"


def _formula(
    form: sympy.Expr, known: Conditions, called: str, name: str, sides: tuple[str, str], loose: tuple[str, ...]
) -> Formula:
    """`sides`: the sign of a form that is `loose`."""
    latex = Latex({symbol: spaced(symbol) for symbol in known.symbols}).doprint(form)
    signs = sides if loose else ("=", "=")
    return Formula(f"{called} {signs[0]} {latex}", f"{name} {signs[1]} {to_str(form)}")


def _page(head: str, parts: list[Part], conditions: Conditions) -> Page:
    texts = [shown(condition) for condition in conditions.assumed]
    more = f" and {len(texts) - CONDITIONS} more conditions" if len(texts) > CONDITIONS else ""
    holds = f"holds if {', '.join(texts[:CONDITIONS])}{more}" if texts else ""
    return Page(printable(head), tuple(part for part in (*parts, holds) if part))


def _at(of: Closed, values: Values) -> str:
    used = sorted((symbol.name, to_str(values[symbol])) for symbol in of.free_symbols if symbol in values)
    return f" at {', '.join(f'{name} = {value}' for name, value in used)}" if used else ""


# Several quantities


def cells_of(named: Mapping[str, Bound], conditions: Conditions) -> Mapping[str, str]:
    """Each as a table has it: a number rounded up, a short closed form, or a word."""
    numbers = soon(list(named.values()), values_of(conditions))
    return {name: cell_of(bound, numbers) for name, bound in named.items()}


def cell_of(bound: Bound, numbers: Mapping[Bound, Number | None]) -> str:
    """`numbers`: of all that have one, None where it takes longer."""
    if not bound.finite:
        return "infinite"
    if bound in numbers:
        number = numbers[bound]
        return LATER if number is None else readable(number)
    if bound.scalar is None or bound.forms.has_loops(bound.scalar):  # which are not closed for a cell
        return "symbolic"
    text = "" if bound.expression is None else to_str(bound.expression)
    return text if 0 < len(text) <= BRIEF else "symbolic"


def together_in_line(title: str, named: Mapping[str, Bound]) -> Page:
    conditions = next(iter(named.values())).conditions
    return line(title, ", ".join(f"{name} {cell}" for name, cell in cells_of(named, conditions).items()))


def page_together(title: str, named: Mapping[str, Bound], own: Mapping[str, str] | None = None) -> Page:
    """A table, `own` beside it, and the closed forms."""
    conditions = next(iter(named.values())).conditions
    cells = cells_of(named, conditions)
    table = Table(("", "bound"), [(name.replace("_", " "), cell) for name, cell in cells.items()], right=("bound",))
    parts: list[Part] = [table]
    if own:
        parts.append(Table(("its own", ""), list(own.items())))
    for bound in named.values():
        parts += _told(bound)
    return _page(title, parts, conditions)


def _told(bound: Bound) -> Iterator[Part]:
    words = bound.name
    if not bound.finite:
        yield f"{words} is infinite: {bound.reason}"
        return
    if bound.unclosed is None and bound.expression is None:
        return
    yield from _forms(bound, letter(bound.name), bound.unclosed)
    if bound.guarantees:
        yield f"{words}: {bound.guarantees}"


def layer_title(of: LayerBounds) -> str:
    shape = ", ".join(map(to_str, of.layer.shape))
    return f"{of.path}: {of.layer.label}, shape [{shape}]"


def own_of(of: LayerBounds) -> Mapping[str, str]:
    """The layer itself: the radius of its balls, its learned numbers, its constants."""
    radius = of.radius
    balls = radius if isinstance(radius, Mapping) else {} if radius is None else {"": radius}
    found = {f"radius {name}".strip(): to_str(value) for name, value in balls.items()}
    if of.layer.parameters != 0:
        found["parameters"] = to_str(of.layer.parameters)
    return {**found, **{name.replace("_", " "): to_str(value) for name, value in of.own.items() if value is not None}}


def names_in_line(names: Mapping[str, Any], what: str) -> str:
    """How many there are, and the first of them."""
    more = ", ..." if len(names) > LISTED else ""
    plural = "" if len(names) == 1 else "s"
    return f"{len(names):,} {what}{plural}: {', '.join(islice(names, LISTED))}{more}"
