"""A formula as a list of nodes, each part once, with numbers in place of what does not depend on the variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol, TypeVar, cast

from flint import arb, fmpq

from boundcalc.exact import balls
from boundcalc.exact.balls import Number
from boundcalc.exact.formulas.smooth import SMOOTH
from boundcalc.exact.parser import Step

V = TypeVar("V")
Key = tuple[int, ...]  # the nodes that are compared
NUMBERS: Mapping[str, Callable[[], Number]] = {"pi": arb.pi}


@dataclass(frozen=True, slots=True)
class Node:
    """`of`: the nodes that it is made of, those before it. `offset`: where it stands in the text. A power has its exponent
    as `number`."""

    operation: str
    of: tuple[int, ...] = ()
    number: Number | None = None
    offset: int = 0


class Arithmetic(Protocol[V]):
    """What values of formulas are."""

    def variable(self) -> V: ...
    def constant(self, number: Number) -> V: ...
    def add(self, left: V, right: V) -> V: ...
    def multiply(self, left: V, right: V) -> V: ...
    def power(self, base: V, exponent: Number) -> V: ...
    def smooth(self, name: str, of: V) -> V: ...
    def absolute(self, of: V, key: Key) -> V: ...
    def extreme(self, left: V, right: V, sign: int, key: Key) -> V:
        """The largest, or the least where the sign is -1. Where it is open whether the first is, values of the same key agree."""
        ...


def evaluated(nodes: Sequence[Node], arithmetic: Arithmetic[V]) -> V:
    """The value of the last node, which is the formula."""
    done: list[V] = []
    for node in nodes:
        done.append(_value(node, done, arithmetic))
    return done[-1]


def _value(node: Node, done: Sequence[V], arithmetic: Arithmetic[V]) -> V:
    operands = [done[i] for i in node.of]
    match node.operation:
        case "variable":
            return arithmetic.variable()
        case "constant":
            assert node.number is not None
            return arithmetic.constant(node.number)
        case "add":
            return arithmetic.add(*operands)
        case "multiply":
            return arithmetic.multiply(*operands)
        case "power":
            assert node.number is not None
            return arithmetic.power(operands[0], node.number)
        case "abs":
            return arithmetic.absolute(operands[0], node.of)
        case "max" | "min":
            return arithmetic.extreme(operands[0], operands[1], 1 if node.operation == "max" else -1, node.of)
        case name:
            return arithmetic.smooth(name, operands[0])


def nodes_of(program: Sequence[Step], variable: str, values: Mapping[str, Number]) -> tuple[Node, ...]:
    """The nodes of a program whose names have values, but for the variable; at flint's current precision.

    Raises ArithmeticError for numbers that are not defined: 1/0, log(-1).
    """
    made = _Making(variable, values)
    stack: list[int] = []
    for step in program:
        count = step.count
        arguments = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        stack.append(made.step(step, arguments))
    return made.reached(stack[0])


@dataclass(slots=True)
class _Making:
    variable: str
    values: Mapping[str, Number]
    nodes: list[Node] = field(default_factory=list[Node])
    known: dict[tuple[str, tuple[int, ...], str], int] = field(
        default_factory=dict[tuple[str, tuple[int, ...], str], int]
    )

    def node(self, operation: str, of: Sequence[int], offset: int, number: Number | None = None) -> int:
        """A part of the same operation and operands is one node; of numbers alone it is a number."""
        numbers = [self.nodes[i].number for i in of if self.nodes[i].operation == "constant"]
        if of and len(numbers) == len(of):
            return self.constant(_number(operation, cast("list[Number]", numbers), number), offset)
        if (grown := self._exponent(operation, of, number)) is not None:  # in one piece their slopes do not cancel
            is_log = operation == "log"
            return self.node(
                "softplus" if is_log else "sigmoid", [grown if is_log else self.negative(grown, offset)], offset
            )
        of = sorted(of) if operation in ("max", "min") else of
        key = (operation, tuple(of), "" if number is None else self._written(number))
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(Node(operation, tuple(of), number, offset))
        return self.known[key]

    def _written(self, number: Number) -> str:
        """Equal for equal rationals; what is a ball is equal to nothing."""
        return f"{number.p}/{number.q}" if isinstance(number, fmpq) else f"ball {len(self.nodes)}"

    def _exponent(self, operation: str, of: Sequence[int], number: Number | None) -> int | None:
        """u of log(1 + exp(u)) and of 1/(1 + exp(u))."""
        if operation != "log" and (operation != "power" or number != -1):
            return None
        total = self.nodes[of[0]]
        parts = [self.nodes[i] for i in total.of] if total.operation == "add" else []
        exponents = [part.of[0] for part in parts if part.operation == "exp"]
        return exponents[0] if len(exponents) == 1 and any(part.number == 1 for part in parts) else None

    def constant(self, number: Number, offset: int) -> int:
        key = ("constant", (), self._written(number))
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(Node("constant", (), number, offset))
        return self.known[key]

    def step(self, step: Step, of: list[int]) -> int:
        at = step.offset
        match step.operation:
            case "number":
                assert isinstance(step.value, Fraction)
                return self.constant(fmpq(step.value.numerator, step.value.denominator), at)
            case "name":
                name = cast("str", step.value)
                if name == self.variable:
                    return self.node("variable", (), at)
                return self.constant(NUMBERS[name]() if name in NUMBERS else self.values[name], at)
            case "negate":
                return self.negative(of[0], at)
            case "invert":
                return self.fold("multiply", [self.node("power", [i], at, fmpq(-1)) for i in of], at)
            case "power":
                return self.power(of[0], of[1], at)
            case "call":
                return self.call(cast("str", step.value), of, at)
            case operation:
                return self.fold(operation, of, at)

    def negative(self, of: int, at: int) -> int:
        node = self.nodes[of]
        if node.operation == "multiply" and self.nodes[node.of[0]].number == -1:
            return node.of[1]
        return self.node("multiply", [self.constant(fmpq(-1), at), of], at)

    def fold(self, operation: str, of: Sequence[int], at: int) -> int:
        first, *rest = of
        for other in rest:
            first = self.node(operation, [first, other], at)
        return first

    def power(self, base: int, exponent: int, at: int) -> int:
        """b^p; where p depends on the variable, exp(p log b). sin^2 u = (1 - cos 2u)/2, whose range is known where u has none."""
        number = self.nodes[exponent].number if self.nodes[exponent].operation == "constant" else None
        if number is None:
            return self.node("exp", [self.node("multiply", [exponent, self.node("log", [base], at)], at)], at)
        wave = self.nodes[base].operation
        if number == 2 and wave in ("sin", "cos"):
            double = self.node("multiply", [self.constant(fmpq(2), at), self.nodes[base].of[0]], at)
            half = self.constant(fmpq(1 if wave == "cos" else -1, 2), at)
            part = self.node("multiply", [half, self.node("cos", [double], at)], at)
            return self.node("add", [self.constant(fmpq(1, 2), at), part], at)
        return self.node("power", [base], at, number)

    def call(self, name: str, of: list[int], at: int) -> int:
        if name == "sqrt":
            return self.node("power", of, at, fmpq(1, 2))
        if name == "abs":
            return self.node(name, [of[0], self.constant(fmpq(0), at)], at)
        return self.fold(name, of, at) if name in ("max", "min") else self.node(name, of, at)

    def reached(self, last: int) -> tuple[Node, ...]:
        """The nodes that the last one is made of, numbered anew."""
        needed = {last}
        for i in range(last, -1, -1):
            if i in needed:
                needed.update(self.nodes[i].of)
        order = sorted(needed)
        place = {old: new for new, old in enumerate(order)}
        return tuple(
            Node(n.operation, tuple(place[i] for i in n.of), n.number, n.offset) for n in (self.nodes[i] for i in order)
        )


def _number(operation: str, of: list[Number], exponent: Number | None) -> Number:
    match operation:
        case "add":
            return balls.add(of)
        case "multiply":
            return balls.multiply(of)
        case "max":
            return balls.maximum(of)
        case "min":
            return balls.minimum(of)
        case "abs":
            return abs(of[0])
        case "log":
            return balls.log(of[0])
        case "power":
            assert exponent is not None
            if isinstance(exponent, fmpq) and exponent.height_bits() <= 64:
                return balls.power(of[0], Fraction(int(exponent.p), int(exponent.q)))
            return balls.finite((balls.ball(balls.log(of[0])) * exponent).exp())
        case name:
            return balls.finite(SMOOTH[name](balls.ball(of[0]))[0])
