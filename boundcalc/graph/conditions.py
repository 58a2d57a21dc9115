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

from boundcalc.spec.architecture import SymbolDeclaration
from boundcalc.spec.exact import NoValue, substitute
from boundcalc.spec.exact import relation as compared
from boundcalc.spec.expression import MAX_DEGREE, Expression
from boundcalc.spec.mistakes import Mistakes, Place, SpecError
from boundcalc.spec.signs import degree, floor_of_number, is_complicated, is_positive, is_whole, sign, too_complicated

PARTS = 50  # of a value in free symbols, which is put in for its symbol
SHOWN = 30  # parts of a value that a message repeats


@dataclass(slots=True)
class Conditions:
    """The declared symbols, the exact values of some of them, and the relations the compiled bound relies on."""

    symbols: Mapping[str, sympy.Symbol]
    values: Mapping[sympy.Symbol, sympy.Expr]
    mistakes: Mistakes
    declared: Mapping[sympy.Symbol, sympy.Expr]  # the values as written, in an order in which they can be computed
    assumed: dict[Boolean, Place] = field(default_factory=dict)
    unrolled: set[sympy.Symbol] = field(default_factory=set[sympy.Symbol])  # numbers of times that became copies

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
            self.assumed.setdefault(cast(Boolean, sympy.Eq(left, right)), place)
            return True
        return False

    def holds(self, condition: Boolean, place: Place) -> bool | None:
        """Whether a relation holds; None where the symbols leave it open, and then it is kept as a condition."""
        if condition in (sympy.true, sympy.false):
            return condition == sympy.true
        if not isinstance(condition, Relational):
            known = condition.func(*(self.exact(cast(sympy.Expr, arg), place) for arg in condition.args))
        else:
            known = self._compared(condition, place)
        if known == sympy.false:
            return False
        self.assumed.setdefault(condition, place)
        return True if known == sympy.true else None

    def _compared(self, condition: Relational, place: Place) -> Boolean:
        left, right = (self.exact(cast(sympy.Expr, arg), place) for arg in condition.args)
        try:
            return compared(condition.func, left, right)
        except NoValue:  # too complicated: as it is
            return condition


def declare(declarations: Mapping[str, SymbolDeclaration], mistakes: Mistakes) -> Conditions:
    """Symbols with their assumptions, and the exact values of those that have one."""
    symbols = {name: _symbol(declaration) for name, declaration in declarations.items()}
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
    for bound, relation in ((declaration.above, sympy.Gt), (declaration.below, sympy.Lt)):
        try:
            name = symbols[declaration.name]
            limit = sympy.true if bound is None else compared(relation, name, bound.evaluate(symbols))
        except (SpecError, NoValue) as error:
            mistakes.extend(error) if isinstance(error, SpecError) else mistakes.add(
                declaration.place, str(error), error.remedy
            )
            continue
        if limit == sympy.false:
            mistakes.add(declaration.place, f"no value of the symbol '{declaration.name}' is in its range")
        elif limit != sympy.true:
            yield limit


def _symbol(declaration: SymbolDeclaration) -> sympy.Symbol:
    # Positive unless the declaration allows less: `above: -1` makes a real symbol.
    above = declaration.above.evaluate({}) if declaration.above is not None and not declaration.above.names else None
    integer = {"integer": True} if declaration.integer else {}
    if above is not None and sign(above) == -1:
        return sympy.Symbol(declaration.name, real=True, **integer)
    return sympy.Symbol(declaration.name, positive=True, **integer)


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


def _said(value: sympy.Expr) -> str:
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
    if symbols[name].is_positive and is_positive(value) is False:
        least = floor_of_number(value) - 1 if value.is_number else "BOUND"
        remedy = f"declare {name}: {{value: {_said(value)}, above: {least}}} if it may be zero or negative"
        mistakes.add(place, f"the symbol '{name}' is positive, and {_said(value)} is not", remedy)
        return
    if declaration.integer and is_whole(value) is False:
        mistakes.add(place, f"the symbol '{name}' is an integer, and {_said(value)} is not")
    for bound, relation, word in ((declaration.above, sympy.Gt, "above"), (declaration.below, sympy.Lt, "below")):
        if bound is None:
            continue
        try:
            limit = substitute(bound.evaluate(symbols), values)
            holds = compared(relation, value, limit)
        except (SpecError, NoValue) as error:
            mistakes.extend(error) if isinstance(error, SpecError) else mistakes.add(place, str(error), error.remedy)
            continue
        if holds == sympy.false:
            mistakes.add(place, f"the symbol '{name}' must be {word} {limit}, and {_said(value)} is not")
