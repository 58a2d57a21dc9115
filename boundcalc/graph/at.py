"""Where a step stands, as its kind sees it: fields are evaluated in the scope where they are written."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact.expression import Expression
from boundcalc.graph.context import Context
from boundcalc.graph.environment import Channels, Environment, read_flag_value, word
from boundcalc.graph.kind import Operand
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import fail
from boundcalc.mistakes import Place, SpecError


@dataclass(frozen=True, slots=True)
class StepAt:
    context: Context
    kind: str
    place: Place
    environment: Environment
    channels: Channels = field(default_factory=dict[str, sympy.Expr])
    operands: tuple[Operand, ...] = ()

    @property
    def shape(self) -> Shape:
        return self.operands[0].shape

    @property
    def batch(self) -> sympy.Expr:
        return self.context.graph.batch

    def term(self, expression: Expression) -> sympy.Expr:
        return self.context.evaluate(expression, self.environment, self.channels)

    def size(self, expression: Expression, what: str, least: int = 1) -> sympy.Expr:
        value = self.term(expression)
        if not self.context.conditions.size(value, least, expression.place):
            known = self.context.conditions.exact(value, expression.place)
            wanted = "a positive whole number" if least == 1 else f"a whole number of at least {least}"
            raise fail(expression.place, f"{what} must be {wanted}, not {known}")
        return value

    def divides(self, value: sympy.Expr, by: sympy.Expr) -> bool:
        return self.context.conditions.size(value / by, 1, self.place)

    def constant(self, expression: Expression, what: str) -> sympy.Expr:
        return self.context.constant(expression, self.environment, self.channels, what)

    def flag(self, value: bool | Expression) -> bool:
        return read_flag_value(value, self.environment)

    def word(self, expression: Expression) -> str:
        return word(expression, self.environment).text

    def integer(self, expression: Expression, what: str) -> int:
        value = self.term(expression)
        known = self.known(value)
        if not isinstance(known, sympy.Integer):
            raise fail(expression.place, f"{what} must be a whole number that is known, not {known}")
        self.same(value, known)
        return int(known)

    def copies(self, passes: sympy.Expr, most: int) -> int | None:
        known = self.known(passes)
        if not isinstance(known, sympy.Integer) or known > most or (passes.free_symbols and not self.context.unroll):
            return None
        self.context.unrolled(passes, known, self.place)
        return int(known)

    def known(self, expression: sympy.Expr) -> sympy.Expr:
        return self.context.conditions.exact(expression, self.place)

    def symbol(self, name: str, place: Place) -> sympy.Expr:
        symbol = self.context.conditions.symbols[name]
        value = self.context.conditions.exact(symbol, place)
        if value.free_symbols:
            remedy = f"give it one: symbols: {{{name}: 1}}, or --set {name}=1"
            raise fail(place, f"the formula needs the value of '{name}', which has none", remedy)
        self.context.conditions.same(symbol, value, place)
        return value

    def assume(self, condition: Boolean) -> None:
        self.context.conditions.require(condition, self.place)

    def fits(self, condition: Boolean) -> bool:
        return self.context.conditions.holds(condition, self.place) is not False

    def pinned(self, condition: Boolean) -> bool:
        return self.context.conditions.pinned(condition, self.place)

    def warn(self, message: str) -> None:
        self.context.graph.warnings.append(message)

    def same(self, left: sympy.Expr, right: sympy.Expr) -> bool:
        return self.context.conditions.same(left, right, self.place)

    def error(self, message: str, remedy: str | None = None, place: Place | None = None) -> SpecError:
        return fail(place or self.place, message, remedy)

    def lacks(self, message: str, remedy: str) -> None:
        if not self.context.measuring:
            raise self.error(message, remedy)
