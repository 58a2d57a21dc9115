"""Derivatives of bounds with respect to hyperparameters: one reverse pass for all of them, again for second derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.forms import Forms, replaced
from boundcalc.bounds.values import by_name, resolve
from boundcalc.graph.conditions import Conditions
from boundcalc.program import decimals
from boundcalc.program.dependence import free_symbols
from boundcalc.program.differentiate import gradient, leaf_derivative
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.leaves import NoCase, from_sympy
from boundcalc.program.numbers import Number, ball

Values = Mapping[sympy.Symbol, sympy.Expr]
Direction = Callable[[Values], Mapping[sympy.Symbol, Number]]


@dataclass(frozen=True, slots=True, eq=False)
class Derivative:
    """The derivative of a bound by a symbol; it may be negative. Minima contribute the branch that is active.

    `direction` gives values for the seeds of the blocks under `blocks: layer`: a largest eigenvalue has the derivative of its
    quadratic form at its Perron vector. `reason` says why there is no number or no closed form.
    """

    name: str
    conditions: Conditions
    scalar: Scalar | None
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
        if self.scalar is not None:
            declared = frozenset(self.conditions.symbols.values())
            return free_symbols([self.scalar])[0] & declared
        return frozenset() if self.closed is None else frozenset(self.closed.free_symbols)  # type: ignore[arg-type]

    def certified(self, values: Values, ties: list[int] | None = None) -> Number:
        """A number that contains the derivative; `ties` receives the minima that have two active branches there."""
        if self.scalar is not None:
            at: dict[sympy.Symbol, object] = dict(values)
            if self.direction is not None:
                at |= self.direction(values)
            try:
                return evaluate([self.scalar], at, ties=ties)[0]  # type: ignore[arg-type]
            except ZeroDivisionError:
                raise ArithmeticError(f"{self.name} does not exist there: the slope of a root at 0") from None
        if self.closed is None:
            raise ArithmeticError(f"{self.name} has no number: {self.reason}")
        try:
            return from_sympy(self.closed, values)
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
        by = [_symbol(self.conditions, symbol)]
        return differentiate(self.name, self.conditions, scalar, self.closed, self.upper, None, by)[0]

    def _sympy_(self) -> sympy.Expr:
        if self.closed is None:
            raise ValueError(f"{self.name} has no closed form of a readable size")
        return self.closed

    def __repr__(self) -> str:
        return f"<{self.name}: {'too long to print' if self.closed is None else self.closed}>"


def elasticity(slope: Number, value: Number, whole: Number) -> float:
    """d log / d log: the slope times the value of the symbol, relative to the (nonzero) whole."""
    return float((ball(slope) * ball(value) / ball(whole)).mid())


def differentiate(
    name: str,
    conditions: Conditions,
    scalar: Scalar | None,
    closed: sympy.Expr | None,
    upper: tuple[str, ...],
    direction: Direction | None,
    by: Sequence[sympy.Symbol],
) -> list[Derivative]:
    """Derivatives by several symbols, from one reverse pass. A number of passes has the derivative of the closed form.

    A symbol whose value the spec computes from another one (`d_ff: 4*d`) moves with it.
    """
    depths = _depths(scalar)
    partial = [s for s in conditions.symbols.values() if s not in depths]
    found = {} if scalar is None else dict(zip(partial, gradient(scalar, partial), strict=True))
    results: list[Derivative] = []
    for symbol in by:
        moved = _moved(conditions, symbol)
        form = None if closed is None else _total(closed, moved)
        label = f"d {name} / d {symbol}"
        inner = [s for s in moved if s in depths]
        if not conditions.unrolled.isdisjoint(moved):
            reason = (
                f"the repeat is unrolled into {symbol} copies, so the bound is no function of it; use --blocks total"
            )
            results.append(Derivative(label, conditions, None, None, upper, direction, reason))
            continue
        if scalar is None or inner:
            reason = (
                None
                if form is not None
                else f"there is no closed form in {', '.join(map(str, inner)) or 'the symbols'}"
            )
            results.append(Derivative(label, conditions, None, form, upper, direction, reason))
            continue
        arena = scalar.arena
        terms = [found[s] * arena.leaf(rate) for s, rate in moved.items() if not found[s].is_zero]
        results.append(Derivative(label, conditions, arena.combine(Op.ADD, terms), form, upper, direction))
    return results


def _symbol(conditions: Conditions, symbol: str | sympy.Symbol) -> sympy.Symbol:
    name = str(symbol)
    by_name(conditions, {name: 0}, {})  # raises for unknown names
    return conditions.symbols[name]


def _depths(scalar: Scalar | None) -> frozenset[sympy.Symbol]:
    """Symbols in numbers of passes: the program is defined for integers there, only a closed form has a derivative."""
    if scalar is None:
        return frozenset()
    arena = scalar.arena
    loops = (arena.nodes[i] for i in arena.needed([scalar.index]) if arena.nodes[i].op is Op.LOOP)
    times = [arena.scalar(node.args[-1]) for node in loops]
    return frozenset[sympy.Symbol]().union(*free_symbols(times))


def _moved(conditions: Conditions, symbol: sympy.Symbol) -> dict[sympy.Symbol, sympy.Expr]:
    """How fast every symbol moves with one of them, through the values that the spec computes."""
    rates: dict[sympy.Symbol, sympy.Expr] = {symbol: sympy.S.One}
    for dependent, value in conditions.declared.items():
        if dependent != symbol:
            rate = sympy.Add(*(sympy.diff(value, s) * known for s, known in rates.items() if s in value.free_symbols))
            if rate != 0:
                rates[dependent] = rate
    return rates


def _total(expression: sympy.Expr, moved: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    return sympy.Add(*(_slope(expression, symbol) * rate for symbol, rate in moved.items()))


def _slope(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """The derivative of a closed form. A case for one value of the symbol (R = 1) knows the form there and not its slope,
    so there the derivative has no case: SymPy makes it nan, and numbers are refused."""
    known: dict[sympy.Basic, sympy.Basic] = {}
    for whole in sorted(expression.atoms(sympy.Min, sympy.Max), key=sympy.count_ops):  # inner ones first
        known[whole] = _cases_outside(replaced(whole, known))
    expression, known = replaced(expression, known), {}
    for whole in sorted(expression.atoms(sympy.Piecewise), key=lambda whole: whole.count(sympy.Piecewise)):
        elsewhere: list[Boolean] = []
        pairs: list[tuple[sympy.Expr, Boolean]] = []
        for value, condition in _pairs(whole):
            if any(symbol in equation.free_symbols for equation in condition.atoms(sympy.Eq)):
                elsewhere.append(sympy.Not(condition))
            else:
                pairs.append((replaced(value, known), sympy.And(condition, *elsewhere)))
        if elsewhere:
            known[whole] = sympy.Piecewise(*pairs)
    return leaf_derivative(replaced(expression, known), symbol)


def _cases_outside(extremum: sympy.Expr) -> sympy.Expr:
    """A minimum of forms with cases as cases of minima: its derivative compares them, and SymPy's conditions have no cases."""
    inside = extremum.atoms(sympy.Piecewise)
    outermost = [p for p in inside if not any(p is not other and other.has(p) for other in inside)]
    if not outermost:
        return extremum
    first = min(outermost, key=str)
    conditions = [condition for _, condition in _pairs(first)]
    alike = [p for p in outermost if [condition for _, condition in _pairs(p)] == conditions]
    pairs = [
        (_cases_outside(replaced(extremum, {p: _pairs(p)[i][0] for p in alike})), condition)
        for i, condition in enumerate(conditions)
    ]
    return cast(sympy.Expr, sympy.Piecewise(*pairs, evaluate=False))


def _pairs(whole: sympy.Basic) -> list[tuple[sympy.Expr, Boolean]]:
    """The values and conditions of a Piecewise."""
    return [cast("tuple[sympy.Expr, Boolean]", pair.args) for pair in whole.args]


def definitions_of(derivatives: Sequence[Derivative], taken: Sequence[str]) -> list[tuple[str, sympy.Expr]]:
    """Definitions for derivatives without a short closed form; empty where loops are in them."""
    forms = Forms(taken)
    for derivative in derivatives:
        if derivative.scalar is not None and derivative.closed is None and derivative.direction is None:
            forms.register(derivative.definition, derivative.scalar)
    return forms.definitions
