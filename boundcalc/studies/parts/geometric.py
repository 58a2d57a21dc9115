"""Bounds as geometric programs: a reading of a program as monomials, where a sum, a root of squares or a maximum is a variable of
its own that lies above it.

In the logarithms of the variables a monomial is affine and such a variable is above the logarithm of a sum of exponentials, which is
convex; whatever is minimised grows with these variables, so at an optimum they are what they stand for. So a local optimum is a
global one. A difference and a quotient by a sum are none of this: then there is no geometric program.

A bound with a minimum is the least of several geometric programs, one for each choice of its sides: whatever side is put in its
place, what is minimised is no smaller, and the right one makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

import sympy

from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.interpret import Reading
from boundcalc.exact.near import logarithm
from boundcalc.exact.relations import Relation
from boundcalc.exact.table import Function
from boundcalc.exact.values import substitute
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar
from boundcalc.studies.parts.constraints import Constraint
from boundcalc.studies.parts.monomials import GeometricProgram, Monomial, Row, log_sum
from boundcalc.studies.parts.sides import Sides

MOST_ROWS = 20_000
MOST_PASSES = 1_000


class NotGeometric(ValueError):  # noqa: N818
    """The message says what stands in the way."""


def geometric(
    bound: Scalar | None,
    variables: Sequence[sympy.Symbol],
    moving: Mapping[sympy.Symbol, sympy.Expr],
    constraints: Sequence[Constraint],
    maximise: bool = False,
    sides: Sides | None = None,
) -> GeometricProgram:
    """The program that minimises (or maximises) a bound; None: any point will do. `moving`: every symbol of the bound in the
    variables. `sides`: of its minima; None: there must be none. Raises NotGeometric."""
    symbols = {symbol: Monomial(0.0, {i: 1.0}) for i, symbol in enumerate(variables)}
    algebra = _Monomials(len(variables), moving, symbols, sides)
    objective = Monomial(0.0)
    if bound is not None:
        objective = interpret(bound.arena, [bound.index], algebra)[bound.index]
        if objective.is_zero:
            raise NotGeometric("the bound is 0")
        objective = algebra.power(objective, Fraction(-1)) if maximise else objective
    for constraint in constraints:
        low, high = (algebra.read(side) for side in (constraint.low, constraint.high))
        if max(high.powers, default=-1) >= algebra.own or (
            constraint.equal and max(low.powers, default=-1) >= algebra.own
        ):
            raise NotGeometric(f"the larger side of '{constraint.text}' is no single product of powers")
        algebra.rows.append(Row(() if low.is_zero else (low,), high, constraint.equal))
    return GeometricProgram(objective, tuple(algebra.rows), algebra.own, algebra.variables)


@dataclass(slots=True)
class _Monomials:
    """The reading. `moving`: the symbols of a program in the variables, which are `symbols`, each with its value. Variables after
    the first `own` stand above sums."""

    own: int
    moving: Mapping[sympy.Symbol, sympy.Expr]
    symbols: Mapping[sympy.Symbol, Monomial]
    sides: Sides | None
    rows: list[Row] = field(default_factory=list[Row])
    variables: int = field(init=False)

    def __post_init__(self) -> None:
        self.variables = self.own

    def leaf(self, expression: sympy.Expr) -> Monomial:
        known = self.symbols.get(expression) if isinstance(expression, sympy.Symbol) else None
        return self.read(substitute(expression, self.moving)) if known is None else known

    def read(self, expression: sympy.Expr) -> Monomial:
        """Of an expression in the variables; parts without any are numbers, whatever functions are in them."""

        def known(part: Any, value: Callable[[Any], Any]) -> Monomial | None:
            if isinstance(part, sympy.Symbol):
                return self.symbols[part]
            return None if part.free_symbols else _number(part)

        return self._reading().read_shared(expression, known)

    def _reading(self) -> Reading[Monomial, bool]:
        return Reading(
            number=_number,
            pi=lambda: Monomial(math.log(math.pi)),
            e=lambda: Monomial(1.0),
            add=self.add,
            multiply=self.multiply,
            minimum=self.minimum,
            maximum=self.maximum,
            power=self._power,
            function=_function,
            cases=lambda part, value: _refuse("a definition by cases"),
            relation=_relation,
            truth=bool,
            every=all,
            some=any,
            negation=lambda condition: not condition,
            functions=FUNCTIONS,
        )

    def _power(self, part: Any, value: Callable[[Any], Any]) -> Monomial:
        if not isinstance(part.exp, sympy.Rational):
            _refuse(f"the power {part}")
        return self.power(value(part.base), Fraction(int(part.exp.p), int(part.exp.q)))

    def add(self, terms: Sequence[Monomial]) -> Monomial:
        alike: dict[frozenset[tuple[int, float]], Monomial] = {}
        for term in terms:
            if not term.is_zero:
                key = frozenset(term.powers.items())
                known = alike.get(key)
                alike[key] = term if known is None else Monomial(log_sum(known.log, term.log), term.powers)
        found = tuple(alike.values())
        return found[0] if len(found) == 1 else self._above([found]) if found else Monomial(-math.inf)

    def multiply(self, factors: Sequence[Monomial]) -> Monomial:
        powers: dict[int, float] = {}
        for factor in factors:
            for i, power in factor.powers.items():
                powers[i] = powers.get(i, 0.0) + power
        return Monomial(sum(f.log for f in factors), {i: power for i, power in powers.items() if power})

    def power(self, base: Monomial, exponent: Fraction) -> Monomial:
        if exponent < 0 and (base.is_zero or any(i >= self.own for i in base.powers)):
            _refuse("a quotient by zero" if base.is_zero else "a quotient by a sum")
        return Monomial(base.log * float(exponent), {i: power * float(exponent) for i, power in base.powers.items()})

    def minimum(self, terms: Sequence[Monomial]) -> Monomial:
        if any(term.is_zero for term in terms):
            return Monomial(-math.inf)
        alike: dict[frozenset[tuple[int, float]], Monomial] = {}
        for term in terms:
            key = frozenset(term.powers.items())
            if key not in alike or term.log < alike[key].log:
                alike[key] = term
        found = list(alike.values())
        if len(found) == 1:
            return found[0]
        if self.sides is None:
            _refuse("a minimum")
        return self._above([(found[self.sides.choose(found)],)])  # by a variable, of which no quotient is allowed

    def maximum(self, terms: Sequence[Monomial]) -> Monomial:
        alike: dict[frozenset[tuple[int, float]], Monomial] = {}
        for term in terms:
            key = frozenset(term.powers.items())
            if not term.is_zero and (key not in alike or alike[key].log < term.log):
                alike[key] = term
        found = list(alike.values())
        return found[0] if len(found) == 1 else self._above([(term,) for term in found]) if found else terms[0]

    def hypot(self, terms: Sequence[Monomial]) -> Monomial:
        return self.power(self.add([self.power(term, Fraction(2)) for term in terms]), Fraction(1, 2))

    def select(self, index: int, op: Op, keys: Sequence[Monomial], values: Sequence[Monomial]) -> Monomial:
        return _refuse("a choice between two values")

    def loop(self, passes: Passes[Monomial]) -> Sequence[Monomial]:
        times = passes.times
        known = 0 if times.is_zero else round(math.exp(min(times.log, 40.0)))
        if times.powers or known > MOST_PASSES:
            _refuse("a repeat with many passes")
        state: Sequence[Monomial] = passes.starts
        for _ in range(known):
            state = passes.step(state)
        return state

    def _above(self, sums: Sequence[tuple[Monomial, ...]]) -> Monomial:
        """A new variable that each of the sums is at most."""
        if len(self.rows) + len(sums) > MOST_ROWS:
            _refuse(f"more than {MOST_ROWS} sums")
        top = Monomial(0.0, {self.variables: 1.0})
        self.variables += 1
        self.rows += [Row(terms, top) for terms in sums]
        if self.sides is not None:
            self.sides.above(sums)
        return top


def _number(number: sympy.Expr) -> Monomial:
    value = from_sympy(number)
    if value < 0:
        _refuse("a difference")
    return Monomial(logarithm(value))


def _function(row: Function) -> Callable[[Monomial], Monomial]:
    def rule(argument: Monomial) -> Monomial:
        return _refuse(f"{row.name} of a variable")

    return rule


def _relation(row: Relation, left: Monomial, right: Monomial, condition: sympy.Basic) -> bool:
    return _refuse("a definition by cases")


def _refuse(what: str) -> NoReturn:
    raise NotGeometric(what)
