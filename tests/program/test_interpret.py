"""The sweep itself, with readings that are written here: what an algebra is asked, in which order, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

import sympy

from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar

X, K = sympy.symbols("x k", positive=True)


@dataclass(frozen=True)
class Fractions:
    """Exact values; `asked` counts the calls, `at` gives the symbols."""

    at: dict[sympy.Expr, Fraction]
    asked: Counter[str] = field(default_factory=Counter[str])

    def leaf(self, expression: sympy.Expr) -> Fraction:
        self.asked["leaf"] += 1
        return self.at[expression] if expression in self.at else Fraction(str(expression))

    def add(self, terms: Sequence[Fraction]) -> Fraction:
        self.asked["add"] += 1
        return sum(terms, Fraction(0))

    def multiply(self, factors: Sequence[Fraction]) -> Fraction:
        self.asked["multiply"] += 1
        return prod(factors, start=Fraction(1))

    def power(self, base: Fraction, exponent: Fraction) -> Fraction:
        assert exponent.denominator == 1
        return base ** int(exponent)

    def minimum(self, terms: Sequence[Fraction]) -> Fraction:
        return min(terms)

    def maximum(self, terms: Sequence[Fraction]) -> Fraction:
        return max(terms)

    def hypot(self, terms: Sequence[Fraction]) -> Fraction:
        raise AssertionError("no root is exact here")

    def select(self, index: int, op: Op, keys: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
        return values[keys.index(min(keys) if op is Op.MIN else max(keys))]

    def loop(self, passes: Passes[Fraction]) -> list[Fraction]:
        state = passes.starts
        for _ in range(int(passes.times)):
            state = passes.step(state)
        return state


def nested(arena: Arena) -> Scalar:
    """k times: a becomes what k passes b -> x b + a make of a. Then x + 1 times it, twice."""
    x, times = arena.leaf(X), arena.leaf(K)
    a, b = arena.variable("a"), arena.variable("b")
    (inner,) = arena.loop([b], [a], [x * b + a], times)
    (outer,) = arena.loop([a], [arena.one], [inner], times)
    return (x + arena.one) * outer + (x + arena.one) * x


def by_hand(x: Fraction, k: int) -> Fraction:
    a = Fraction(1)
    for _ in range(k):
        b = a
        for _ in range(k):
            b = x * b + a
        a = b
    return (x + 1) * a + (x + 1) * x


def test_loops_in_loops_are_computed_as_they_say() -> None:
    output = nested(Arena())
    for k in range(4):
        reading = Fractions({X: Fraction(2, 3), K: Fraction(k)})
        assert interpret(output.arena, [output.index], reading)[output.index] == by_hand(Fraction(2, 3), k)


def test_nodes_outside_bodies_are_computed_once_and_bodies_once_a_pass() -> None:
    output = nested(Arena())
    reading = Fractions({X: Fraction(2), K: Fraction(3)})
    interpret(output.arena, [output.index], reading)
    assert reading.asked["leaf"] == 3  # x, k, 1
    assert reading.asked["add"] == 2 + 3 * 3  # x + 1 and the output, x b + a in each inner pass
    assert reading.asked["multiply"] == 2 + 3 * 3


def test_select_takes_the_value_of_the_extreme_key() -> None:
    arena = Arena()
    keys, values = [arena.leaf(i) for i in (3, 2, 5)], [arena.leaf(i) for i in (30, 20, 50)]
    for op, expected in ((Op.MIN, 20), (Op.MAX, 50)):
        chosen = arena.select(op, keys, values)
        assert interpret(arena, [chosen.index], Fractions({}))[chosen.index] == expected


def test_what_is_known_is_not_entered() -> None:
    arena = Arena()
    inside = arena.leaf(X) + arena.one
    output = inside**2 * arena.leaf(K)
    reading = Fractions({K: Fraction(5)})  # no value for x
    assert interpret(arena, [output.index], reading, {inside.index: Fraction(3)})[output.index] == 45
    assert reading.asked["add"] == 0


def test_bind_hears_of_every_node_in_order_and_says_what_its_users_see() -> None:
    arena = Arena()
    x = arena.leaf(X)
    total = x + arena.one
    output = total * x
    heard: list[tuple[int, Fraction]] = []

    def halved(index: int, value: Fraction) -> Fraction:
        heard.append((index, value))
        return value / 2 if index == total.index else value

    known = {x.index: Fraction(3)}
    assert interpret(arena, [output.index], Fractions({}), known, halved)[output.index] == 6
    assert heard == sorted(heard)
    assert {index for index, _ in heard} == {x.index, arena.one.index, total.index, output.index}
    assert known == {x.index: Fraction(3)}
