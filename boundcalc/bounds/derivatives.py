"""Derivatives of bounds with respect to hyperparameters: one reverse pass for all of them, again for second derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.arguments import Suggesting
from boundcalc.blocks.figures import Values
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.prepared import prepared
from boundcalc.bounds.shown import derivative_in_line, latex_of, page_of_derivative
from boundcalc.bounds.values import by_name, named, resolve
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import NoCase
from boundcalc.exact.intervals import is_wholeness, shown
from boundcalc.language.conditions import Conditions
from boundcalc.program.dependence import free_symbols
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.slopes import leaf_derivative, slope
from boundcalc.program.to_sympy import to_sympy

Direction = Callable[[Values], Mapping[sympy.Symbol, Number]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Derivative(Shown, Suggesting):
    """The derivative of a bound by a symbol; it may be negative. Minima contribute the branch that is active.

    `value` is the program of its number: `scalar`, or what comes from the closed form where the program has no derivative.
    `direction` gives values for the seeds of the blocks under `blocks: layer`: a largest eigenvalue has the derivative of its
    quadratic form at its Perron vector. `reason` says why there is no number or no closed form.
    """

    name: str
    conditions: Conditions
    scalar: Scalar | None
    value: Scalar | None
    closed: sympy.Expr | None
    upper: tuple[str, ...] = ()
    direction: Direction | None = None
    reason: str | None = None

    @property
    def definition(self) -> str:
        """An identifier for lists of definitions: d_lipschitz_by_eps."""
        return self.name.replace(" / d ", "_by_").replace("d ", "d_")

    @property
    def expression(self) -> sympy.Expr | None:
        """The closed form; None where it is too long or there is none."""
        return self.closed

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        if self.value is None:
            return frozenset()
        return free_symbols([self.value])[0] & frozenset(self.conditions.symbols.values())

    def certified(self, values: Values, ties: list[int] | None = None) -> Number:
        """A number that contains the derivative; `ties` receives the minima that have two active branches there."""
        if self.value is None:
            raise ArithmeticError(f"{self.name} has no number: {self.reason}")
        try:
            return _evaluated([self], [self.value], values, ties)[0]
        except ZeroDivisionError:
            raise ArithmeticError(f"{self.name} does not exist there: the slope of a root at 0") from None
        except NoCase:
            raise ArithmeticError(
                f"{self.name} has no number there: the form has a case for these values alone"
            ) from None

    def enclosure(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> Number:
        """Raises KeyError for unknown and missing symbols, ValueError for values outside their range."""
        return self.certified(resolve(self.conditions, by_name(self.conditions, mapping, symbols)))

    def evaluate(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> float:
        """The nearest double (a derivative is no bound, so it is not rounded to a side)."""
        text = decimals.nearest_decimal(self.enclosure(mapping, **symbols), 18)
        return math.copysign(math.inf, float(text)) if abs(float(text)) == math.inf else float(text)

    def diff(self, symbol: str | sympy.Symbol) -> Derivative:
        """The next derivative. Under `blocks: layer` it is that of the closed form: the vector at which the first one is
        taken moves with the symbol."""
        scalar = self.scalar if self.direction is None else None
        by = [named(self.conditions.symbols, symbol)]
        return differentiate(self.name, self.conditions, scalar, self.closed, self.upper, None, by)[0]

    def _sympy_(self) -> sympy.Expr:
        if self.closed is None:
            raise ValueError(f"{self.name} has no closed form of a readable size")
        return self.closed

    def _latex(self, printer: Any) -> str:
        """What `sympy.latex` gives."""
        return latex_of(self.closed, self.name, printer)

    def _repr_latex_(self) -> str:
        return f"${sympy.latex(self)}$"

    def _brief_(self) -> Page:
        return derivative_in_line(self)

    def _page_(self) -> Page:
        return page_of_derivative(self)


def certified(
    derivatives: Mapping[str, Derivative], values: Values, ties: list[int]
) -> tuple[Mapping[str, Number], Mapping[str, str]]:
    """The numbers of derivatives of one bound, and why others have none; symbols without a value are in neither. They share
    nearly all of their programs: one evaluation has them all, unless one of them does not exist there."""
    programs = {name: each.value for name, each in derivatives.items() if each.value is not None}
    needed = zip(programs, free_symbols(list(programs.values())), strict=True)
    declared = {name: symbols.intersection(derivatives[name].conditions.symbols.values()) for name, symbols in needed}
    ready = {name: derivatives[name] for name, symbols in declared.items() if symbols <= values.keys()}
    try:
        found = _evaluated(list(ready.values()), [programs[name] for name in ready], values, ties)
        return dict(zip(ready, found, strict=True)), {}
    except ArithmeticError:
        numbers: dict[str, Number] = {}
        missing: dict[str, str] = {}
        for name, derivative in ready.items():
            try:
                numbers[name] = derivative.certified(values, ties)
            except ArithmeticError as error:
                missing[name] = str(error)
        return numbers, missing


def _evaluated(
    derivatives: Sequence[Derivative], programs: Sequence[Scalar], values: Values, ties: list[int] | None
) -> list[Number]:
    """Of one bound, which has one direction."""
    at: dict[sympy.Symbol, object] = dict(values)
    direction = next((each.direction for each in derivatives if each.direction is not None), None)
    if direction is not None:
        at |= direction(values)
    return evaluate(programs, at, ties=ties)  # type: ignore[arg-type]


def differentiate(
    name: str,
    conditions: Conditions,
    scalar: Scalar | None,
    closed: sympy.Expr | None,
    upper: tuple[str, ...],
    direction: Direction | None,
    by: Sequence[sympy.Symbol],
    without: str = "",
) -> list[Derivative]:
    """Derivatives by several symbols, from one reverse pass. A number of passes has the derivative of the closed form; where there
    is none, `without` says why.

    A symbol whose value the spec computes from another one (`d_ff: 4*d`) moves with it.
    """
    depths = _depths(scalar)
    partial = [s for s in conditions.symbols.values() if s not in depths]
    found = {} if scalar is None else dict(zip(partial, gradient(scalar, partial), strict=True))
    arena = Arena() if scalar is None else scalar.arena
    rates = _rates(conditions, arena)
    results: list[Derivative] = []
    for symbol in by:
        moved = _moved(symbol, rates, arena)
        label = f"d {name} / d {symbol}"
        inner = [s for s in moved if s in depths]
        if not conditions.unrolled.isdisjoint(moved):
            reason = f"the repeat is unrolled into {symbol} copies: the bound is no function of it; use --blocks total"
            results.append(Derivative(label, conditions, None, None, None, upper, direction, reason))
            continue
        alone = next((c for c in conditions.assumed if _is_pinned(c, moved)), None)
        if alone is not None:
            reason = f"the bound holds only where {shown(alone)}, so it is no function of {symbol}"
            results.append(Derivative(label, conditions, None, None, None, upper, direction, reason))
            continue
        smooth = {} if closed is None else {s: prepared(closed, s) for s in moved if s in closed.free_symbols}
        form = None if closed is None else _total(smooth, moved)
        if scalar is not None and not inner:
            program = arena.combine(Op.ADD, [found[s] * rate for s, rate in moved.items()])
            results.append(Derivative(label, conditions, program, program, form, upper, direction))
        elif closed is not None:  # differentiated as a leaf: ties are reported there as well
            value = arena.combine(Op.ADD, [slope(arena, part, s) * moved[s] for s, part in smooth.items()])
            results.append(Derivative(label, conditions, None, value, form, upper))
        else:
            reason = without or f"there is no closed form in {', '.join(map(str, inner)) or 'the symbols'}"
            results.append(Derivative(label, conditions, None, None, None, upper, direction, reason))
    return results


def _is_pinned(condition: Boolean, moved: Iterable[sympy.Symbol]) -> bool:
    """Whether a condition leaves one value only to a symbol that moves."""
    if not isinstance(condition, sympy.Eq) or is_wholeness(condition):
        return False
    return len(condition.free_symbols) == 1 and any(symbol in condition.free_symbols for symbol in moved)


def _depths(scalar: Scalar | None) -> frozenset[sympy.Symbol]:
    """Symbols in numbers of passes: the program is defined for integers there, only a closed form has a derivative."""
    if scalar is None:
        return frozenset()
    arena = scalar.arena
    loops = (arena.nodes[i] for i in arena.needed([scalar.index]) if arena.nodes[i].op is Op.LOOP)
    times = [arena.scalar(node.args[-1]) for node in loops]
    return frozenset[sympy.Symbol]().union(*free_symbols(times))


RATE_CAP = 60  # nodes of the rate of one symbol in a closed form
Rates = Mapping[sympy.Symbol, Mapping[sympy.Symbol, Scalar]]


def _rates(conditions: Conditions, arena: Arena) -> Rates:
    """The derivatives of every value that the spec computes by the symbols in it, in an order in which they can be computed."""
    return {
        dependent: {s: slope(arena, value, s) for s in conditions.symbols.values() if s in used}
        for dependent, value in conditions.declared.items()
        if (used := value.free_symbols)
    }


def _moved(symbol: sympy.Symbol, rates: Rates, arena: Arena) -> dict[sympy.Symbol, Scalar]:
    """How fast every symbol moves with one of them, through the values that the spec computes."""
    moved: dict[sympy.Symbol, Scalar] = {symbol: arena.one}
    for dependent, partial in rates.items():
        if dependent != symbol:
            rate = arena.combine(Op.ADD, [slope * moved[s] for s, slope in partial.items() if s in moved])
            if not rate.is_zero:
                moved[dependent] = rate
    return moved


def _total(smooth: Mapping[sympy.Symbol, sympy.Expr], moved: Mapping[sympy.Symbol, Scalar]) -> sympy.Expr | None:
    """The derivative of a closed form, given as `prepared`; None where there is none of a readable size."""
    terms: list[sympy.Expr] = []
    for symbol, form in smooth.items():
        rate = to_sympy(moved[symbol], RATE_CAP)
        if rate is None:
            return None
        terms.append(leaf_derivative(form, symbol) * rate)
    return sympy.Add(*terms)


WRITTEN = 20_000  # operations of derivatives that get definitions, at about .1 ms each; a layer has about twenty


def definitions_of(derivatives: Sequence[Derivative], taken: Sequence[str]) -> list[tuple[str, str]]:
    """Definitions, as text, for derivatives without a short closed form; empty where loops are in them, or `too_long` ones are."""
    return [] if too_long(derivatives) else Forms(taken, _defined(derivatives)).written_definitions


def too_long(derivatives: Sequence[Derivative]) -> bool:
    """Whether the definitions would take more than `WRITTEN` operations."""
    scalars = [scalar for _, scalar in _defined(derivatives)]
    return bool(scalars) and len(scalars[0].arena.needed(s.index for s in scalars)) > WRITTEN


def _defined(derivatives: Sequence[Derivative]) -> list[tuple[str, Scalar]]:
    long = (d for d in derivatives if d.closed is None and d.direction is None)
    return [(d.definition, d.scalar) for d in long if d.scalar is not None]
