"""Reading an expression in an arithmetic: one traversal, and a `Reading` for each arithmetic that says what its parts become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import sympy
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.relations import Relation, relation_heads
from boundcalc.exact.table import Function, Table

V = TypeVar("V")  # what expressions become
C = TypeVar("C")  # what conditions become
Value = Callable[[Any], Any]  # of a part: V of an expression, C of a condition
Rule = Callable[[Any, Value], Any]
_RELATIONS = relation_heads()
_RATIONALS = (
    sympy.Integer,
    sympy.Rational,
    *(type(number) for number in (sympy.S.Zero, sympy.S.One, sympy.S.NegativeOne, sympy.S.Half)),
)


@dataclass(frozen=True)
class Reading(Generic[V, C]):
    """An arithmetic of values V and conditions C. `every` and `some` may stop early: they are given iterators."""

    number: Callable[[sympy.Rational], V]
    pi: Callable[[], V]
    e: Callable[[], V]
    add: Callable[[Sequence[V]], V]
    multiply: Callable[[Sequence[V]], V]
    minimum: Callable[[Sequence[V]], V]
    maximum: Callable[[Sequence[V]], V]
    power: Callable[[Any, Value], V]  # of a Pow
    function: Callable[[Function], Callable[[V], V] | None]  # the rule of a row, if it has one
    cases: Callable[[Any, Value], V]  # of a Piecewise
    relation: Callable[[Relation, V, V, sympy.Basic], C]
    truth: Callable[[bool], C]
    every: Callable[[Iterable[C]], C]
    some: Callable[[Iterable[C]], C]
    negation: Callable[[C], C]
    functions: Table = FUNCTIONS

    @cached_property
    def rules(self) -> Mapping[type[sympy.Basic], Rule]:
        """What to do with a part, by its class."""
        pi, e, number, every, some, negation, truth = (
            self.pi, self.e, self.number, self.every, self.some, self.negation, self.truth
        )  # fmt: skip
        rules: dict[type[sympy.Basic], Rule] = dict.fromkeys(_RATIONALS, lambda part, value: number(part))
        rules |= {
            type(sympy.pi): lambda part, value: pi(),
            type(sympy.E): lambda part, value: e(),
            sympy.Add: _fold(self.add),
            sympy.Mul: _fold(self.multiply),
            sympy.Pow: self.power,
            sympy.Piecewise: self.cases,
            BooleanTrue: lambda part, value: truth(True),
            BooleanFalse: lambda part, value: truth(False),
            And: lambda part, value: every(map(value, part.args)),
            Or: lambda part, value: some(map(value, part.args)),
            Not: lambda part, value: negation(value(part.args[0])),
        }
        rules |= {head: _comparison(self.relation, row) for head, row in _RELATIONS.items()}
        for head, row in self.functions.heads.items():
            if row.extremum:
                rules[head] = _fold(self.minimum if row.extremum < 0 else self.maximum)
            elif (rule := self.function(row)) is not None:
                rules[head] = _unary(rule)
        return rules

    def read(self, expression: sympy.Basic, symbols: Mapping[sympy.Symbol, V]) -> V:
        """The value of an expression. Raises TypeError for what has no rule, KeyError for symbols without a value."""
        if isinstance(expression, sympy.Symbol):  # most leaves of a program, and thousands of them
            return symbols[expression]
        rules = self.rules

        def value(part: Any) -> Any:
            if (rule := rules.get(type(part))) is not None:
                return rule(part, value)
            if isinstance(part, sympy.Symbol):
                return symbols[part]
            raise TypeError(f"cannot evaluate {type(part).__name__}: {part}")

        return cast("V", value(expression))

    def read_shared(self, expression: sympy.Basic, known: Callable[[Any, Value], V | C | None]) -> V:
        """As `read`, each part once however often it occurs; `known` is asked first, None meaning that the rules say."""
        rules, done = self.rules, dict[Any, Any]()

        def value(part: Any) -> Any:
            if part in done:
                return done[part]
            result = known(part, value)
            if result is None:
                if (rule := rules.get(type(part))) is None:
                    raise TypeError(f"cannot evaluate {type(part).__name__}: {part}")
                result = rule(part, value)
            done[part] = result
            return result

        return cast("V", value(expression))


def _fold(combine: Callable[[Sequence[Any]], Any]) -> Rule:
    return lambda part, value: combine(list(map(value, part.args)))  # a comprehension nests deeper


def _unary(rule: Callable[[Any], Any]) -> Rule:
    return lambda part, value: rule(value(part.args[0]))


def _comparison(relation: Callable[[Relation, Any, Any, sympy.Basic], Any], row: Relation) -> Rule:
    return lambda part, value: relation(row, value(part.args[0]), value(part.args[1]), part)
