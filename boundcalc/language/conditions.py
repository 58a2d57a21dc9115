"""Symbols, their values, and what was assumed of them.

Closed forms keep every symbol. Where a choice needs a value (two shapes are equal, a repeat is unrolled) and the symbols have one, the
choice is made and the condition is kept, so that an evaluation with other values can be refused instead of answered wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.expression import MAX_DEGREE, Expression
from boundcalc.exact.intervals import at_least, proved, shown, sides, wholeness
from boundcalc.exact.limits import degree, is_complicated, too_complicated
from boundcalc.exact.signs import sign, sign_range
from boundcalc.exact.values import NoValue, floor, relation, substitute
from boundcalc.language.architecture import SymbolDeclaration
from boundcalc.language.fields import Whole, fail
from boundcalc.mistakes import Mistakes, Place, SpecError

PARTS = 50  # of a value in free symbols, which is put in for its symbol
SHOWN = 30  # parts of a value that a message repeats


@dataclass(slots=True, repr=False)
class Conditions(Shown):
    """The declared symbols, the exact values of some of them, and the relations the compiled bound relies on."""

    symbols: Mapping[str, sympy.Symbol]
    values: Mapping[sympy.Symbol, sympy.Expr]
    mistakes: Mistakes
    declared: Mapping[sympy.Symbol, sympy.Expr]  # the values as written, in an order in which they can be computed
    assumed: dict[Boolean, Place] = field(default_factory=dict)
    unrolled: set[sympy.Symbol] = field(default_factory=set[sympy.Symbol])  # numbers of times that became copies

    def _page_(self) -> Page:
        return Page(f"<{', '.join(self.symbols) or 'no symbols'}; {len(self.assumed):,} conditions>")

    def exact(self, expression: sympy.Expr, place: Place) -> sympy.Expr:
        """The expression with the known values put in."""
        if expression.is_Number or not expression.free_symbols:
            return expression
        try:
            return substitute(expression, self.values)
        except NoValue as error:
            self.mistakes.add(place, str(error), error.remedy)
            self.mistakes.raise_if_any()
            raise

    def same(self, left: sympy.Expr, right: sympy.Expr, place: Place) -> bool:
        """Whether two sizes are equal: identically, or for the values of the symbols (then that is kept as a condition)."""
        if left == right:
            return True
        difference = sympy.expand(left - right)
        if difference.is_Number:
            return difference.is_zero is True
        if self.exact(difference, place).is_zero:
            self.assumed.setdefault(cast(Boolean, sympy.Eq(left, right, evaluate=False)), place)
            return True
        return False

    def holds(self, condition: Boolean, place: Place) -> bool | None:
        """Whether a relation holds; None where the symbols leave it open. What does not hold for all values of the symbols is
        kept as a condition."""
        if condition in self.assumed:
            return None
        if condition == sympy.false:
            return False
        if proved(condition):
            return True
        known = self.decided(condition, place)
        if known == sympy.false:
            return False
        self.assumed[condition] = place
        return True if known == sympy.true else None

    def require(self, condition: Boolean, place: Place) -> None:
        """Keep a relation that a bound relies on. Raises SpecError where it does not hold."""
        if self.holds(condition, place) is False:
            raise fail(place, f"the bound holds only where {shown(condition)}")

    def decided(self, condition: Boolean, place: Place) -> Boolean:
        """A relation at the known values of the symbols: true, false, or what is left of it."""
        left, right = (self.exact(side, place) for side in sides(condition))
        try:
            return relation(cast("type[Relational]", condition.func), left, right)
        except NoValue:  # too complicated: as it is
            return condition

    def pinned(self, condition: Boolean, place: Place) -> bool:
        """Whether a relation is true at the values of the symbols; then it is kept as a condition."""
        if proved(condition):
            return True
        if condition == sympy.false or self.decided(condition, place) != sympy.true:
            return False
        self.assumed.setdefault(condition, place)
        return True

    def size(self, value: sympy.Expr, least: int, place: Place) -> bool:
        """Whether a size is whole and at least that large, as far as the values of the symbols tell; the rest is kept."""
        if isinstance(value, sympy.Integer):
            return value >= least
        known = self.exact(value, place)
        if known.is_number and (not isinstance(known, sympy.Integer) or known < least):
            return False  # a whole number that is not written as one counts as none
        wanted = [wholeness(value)]
        if least > 1 or sign_range(value)[0] < least:  # a whole number above 0 is at least 1
            wanted.append(at_least(value, sympy.Integer(least)))
        return all(self.holds(condition, place) is not False for condition in wanted)


def declare(
    declarations: Mapping[str, SymbolDeclaration], mistakes: Mistakes, sizes: Mapping[str, Whole] | None = None
) -> Conditions:
    """Symbols with their assumptions, and the exact values of those that have one. `sizes`: those that are whole."""
    symbols = {name: _symbol(d, (sizes or {}).get(name)) for name, d in declarations.items()}
    valued = {name: d.value for name, d in declarations.items() if d.value is not None}
    values: dict[sympy.Symbol, sympy.Expr] = {}
    declared: dict[sympy.Symbol, sympy.Expr] = {}
    for name in _order(declarations, valued, mistakes):
        declaration = declarations[name]
        if declaration.value is None:
            continue
        try:
            declared[symbols[name]] = declaration.value.evaluate(symbols)
            value = _value(declared[symbols[name]], values)
        except (SpecError, NoValue) as error:
            mistakes.extend(error) if isinstance(error, SpecError) else mistakes.add(
                declaration.place, str(error), error.remedy
            )
            continue
        if value is not None:
            values[symbols[name]] = value  # in terms of symbols that stay free, if any
    for name, declaration in declarations.items():  # a range may use symbols that have their values later
        if symbols[name] in values:  # others are checked when their symbols have values
            _check_domain(declaration, values[symbols[name]], symbols, values, mistakes)
    limits = {limit: d.place for d in declarations.values() for limit in _limits(d, symbols, mistakes)}
    return Conditions(symbols, values, mistakes, declared, limits)


def _value(definition: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr | None:
    """The value of a symbol: a number, or what it is in symbols that stay free. None where that is long: then the symbol
    stands for itself, as closed forms have it, and so chains of symbols do not grow.

    Raises NoValue.
    """
    value = substitute(definition, values)
    if value.is_number:
        if is_complicated(value):
            raise too_complicated()
        return value
    return None if is_complicated(value, PARTS) or degree(value) > MAX_DEGREE else value


def _limits(
    declaration: SymbolDeclaration, symbols: Mapping[str, sympy.Symbol], mistakes: Mistakes
) -> Iterator[Boolean]:
    """The declared range, which any other value must keep as well."""
    symbol = symbols[declaration.name]
    for bound, kind, _ in _ranges(declaration):
        if bound is None:
            continue
        try:
            limit = cast(Boolean, kind(symbol, bound.evaluate(symbols), evaluate=False))
        except SpecError as error:
            mistakes.extend(error)
            continue
        if proved(cast(Boolean, sympy.Not(limit))):
            mistakes.add(declaration.place, f"no value of the symbol '{declaration.name}' is in its range")
        elif not proved(limit):
            yield limit


def _ranges(declaration: SymbolDeclaration) -> tuple[tuple[Expression | None, type[Relational], str], ...]:
    return (
        (declaration.above, sympy.Gt, "above"),
        (declaration.below, sympy.Lt, "below"),
        (declaration.at_least, sympy.Ge, "at least"),
    )


def _symbol(declaration: SymbolDeclaration, size: Whole | None) -> sympy.Symbol:
    """A positive real unless the declaration says more or less: `above: -1` makes a real symbol, `at_least: 0` one that is
    not negative. A size is whole, and a number of passes may be 0."""
    integer = declaration.integer or size is not None
    signs: list[int] = []  # the least sign that each limit from below leaves
    for bound, strict in ((declaration.above, 1), (declaration.at_least, 0)):
        if bound is not None and not bound.names:
            least = bound.evaluate({})
            if strict and integer and isinstance(least, sympy.Integer):
                least, strict = least + 1, 0  # above -1, an integer is at least 0
            order = sign(least)
            signs.append(-1 if order is None or order < 0 else max(order, strict))
    default = 0 if size is not None and size.least == 0 else 1
    known = {"integer": True} if integer else {}
    match max(signs, default=default):
        case 1:
            return sympy.Symbol(declaration.name, positive=True, **known)
        case 0:
            return sympy.Symbol(declaration.name, nonnegative=True, **known)
        case _:
            return sympy.Symbol(declaration.name, real=True, **known)


def misfit(symbol: sympy.Symbol, value: sympy.Expr) -> str | None:
    """What is wrong with a number as the value of a symbol: its sign, or that it is not whole."""
    order = sign(value)
    if symbol.is_positive and order != 1:
        return f"the symbol '{symbol}' is positive, and {said(value)} is not"
    if symbol.is_nonnegative and order not in (0, 1):
        return f"the symbol '{symbol}' is at least 0, and {said(value)} is not"
    if symbol.is_integer and not isinstance(value, sympy.Integer):
        return f"the symbol '{symbol}' is an integer, and {said(value)} is not"
    return None


def _order(
    declarations: Mapping[str, SymbolDeclaration], valued: Mapping[str, Expression], mistakes: Mistakes
) -> tuple[str, ...]:
    graph = {name: {other for other in value.names if other in valued} for name, value in valued.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle: list[str] = error.args[1]
        mistakes.add(declarations[cycle[0]].place, f"the symbols {' -> '.join(reversed(cycle))} depend on each other")
        return ()


def said(value: sympy.Expr) -> str:
    """A value in a message, where it is short: SymPy sorts what it prints by numbers, for seconds where they nest."""
    return "its value" if is_complicated(value, SHOWN) else str(value)


def _check_domain(
    declaration: SymbolDeclaration,
    value: sympy.Expr,
    symbols: Mapping[str, sympy.Symbol],
    values: Mapping[sympy.Symbol, sympy.Expr],
    mistakes: Mistakes,
) -> None:
    name, place = declaration.name, declaration.value.place if declaration.value is not None else declaration.place
    if value.is_number:
        wrong = misfit(symbols[name], value)
        if wrong is not None:
            signed = symbols[name].is_nonnegative and sign(value) in (-1, 0)
            least = floor(value) if signed else None
            remedy = (
                f"declare {name}: {{value: {said(value)}, at_least: {least}}} if it may be that small"
                if signed
                else None
            )
            mistakes.add(place, wrong, remedy)
            return
    for bound, kind, word in _ranges(declaration):
        if bound is None:
            continue
        try:
            limit = substitute(bound.evaluate(symbols), values)
            outside = relation(kind, value, limit) == sympy.false
        except (SpecError, NoValue) as error:
            mistakes.extend(error) if isinstance(error, SpecError) else mistakes.add(place, str(error), error.remedy)
            continue
        if outside:
            mistakes.add(place, f"the symbol '{name}' must be {word} {said(limit)}, and {said(value)} is not")
