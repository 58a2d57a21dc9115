"""A step as its layer rule sees it: fields evaluated in the scope where they are written."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact.expression import Expression
from boundcalc.graph.context import Context
from boundcalc.graph.environment import Channels, Environment, read_flag_value, word
from boundcalc.graph.layer_graph import Shape
from boundcalc.graph.layers.rule import Fields
from boundcalc.language.fields import fail
from boundcalc.language.structure import StepFields
from boundcalc.mistakes import Place, SpecError


@dataclass(frozen=True, slots=True)
class StepRequest:
    context: Context
    kind: str
    place: Place
    step_fields: StepFields
    environment: Environment
    channels: Channels
    shapes: tuple[Shape, ...]

    @property
    def batch(self) -> sympy.Expr:
        return self.context.graph.batch

    def fields(self, model: type[Fields]) -> Fields:
        assert isinstance(self.step_fields, model)
        return self.step_fields

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

    def known(self, expression: sympy.Expr) -> sympy.Expr:
        return self.context.conditions.exact(expression, self.place)

    def assume(self, condition: Boolean) -> None:
        self.context.conditions.require(condition, self.place)

    def fits(self, condition: Boolean) -> bool:
        return self.context.conditions.holds(condition, self.place) is not False

    def pinned(self, condition: Boolean) -> bool:
        return self.context.conditions.pinned(condition, self.place)

    def same(self, left: sympy.Expr, right: sympy.Expr) -> bool:
        return self.context.conditions.same(left, right, self.place)

    def error(self, message: str, remedy: str | None = None, place: Place | None = None) -> SpecError:
        return fail(place or self.place, message, remedy)
