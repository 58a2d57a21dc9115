"""Certified numbers of a program: a sweep over its nodes, and again with more precision where a ball came out wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from fractions import Fraction

import sympy
from flint import arb, ctx, fmpq

from boundcalc.exact.balls import (
    Number,
    Undecidable,
    Value,
    add,
    ball,
    compare,
    hypot,
    maximum,
    minimum,
    multiply,
    power,
)
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.depth.powers import fast_loop
from boundcalc.program.ir import Arena, Loop, Op, Scalar

_FOLDS: Mapping[Op, Callable[[Sequence[Number]], Number]] = {
    Op.ADD: add,
    Op.MUL: multiply,
    Op.MIN: minimum,
    Op.MAX: maximum,
    Op.HYPOT: hypot,
}
_RETRIES = 4
PASSES = 100_000  # of loops that no power of a matrix can shorten, seconds of work
POWER = 50  # passes that a power of a matrix costs as much as: a repeat in a pass takes one each time
_SHARP_BITS = 67  # a relative radius of 1e-20


class TooManyPassesError(ValueError):
    """A repeat would run pass by pass more often than `PASSES`, all repeats of an evaluation together."""

    def __init__(self) -> None:
        super().__init__(
            f"a recursion without a fast form would take more than {PASSES} passes; "
            "give the repeat a smaller number of times, or leave it symbolic for its closed form"
        )


class MissingValues(KeyError):  # noqa: N818
    """Symbols that the outputs need and that were given no value: `.names`, sorted."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(*names)
        self.names = tuple(names)

    def __str__(self) -> str:
        values = ", ".join(f"{name}=..." for name in self.names)
        return f"no value for {', '.join(self.names)}; pass {values}, or give them values in the spec"


def evaluate(
    outputs: Sequence[Scalar],
    values: Mapping[sympy.Symbol, Value],
    precision: int = 128,
    ties: list[int] | None = None,
) -> list[Number]:
    """Numbers that contain the values of `outputs` (all of one arena) where the symbols have `values`.

    The precision in bits doubles, a few times, while a result has a relative radius above 1e-20 or a comparison stays
    open. `ties` receives the indices of the SELECT nodes whose extreme key is not unique: derivatives at a kink. Where
    keys are equal the first counts; where it cannot be decided that they are, the result covers each of them.

    Raises MissingValues; ArithmeticError where the value is not a finite number or cannot be decided; ValueError where
    a loop runs a number of times that is no natural number; TypeError for inexact values.
    """
    if not outputs:
        return []
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, values.keys())
    for attempt in range(_RETRIES + 1):
        last = attempt == _RETRIES
        with ctx.workprec(precision << attempt):
            filled = _Sweep(arena, {s: to_number(v) for s, v in values.items()})
            try:
                filled.run([i for i in order if not arena.nodes[i].free])
            except Undecidable:
                if last:
                    raise
                continue
            results = [filled.numbers[o.index] for o in outputs]
            if last or (not filled.undecided and all(_is_sharp(r) for r in results)):
                break
    else:
        raise AssertionError("the last attempt returns or raises")
    for result in results:
        if isinstance(result, arb) and not result.is_finite():
            raise ArithmeticError("the result is not a finite number")
    if ties is not None:
        ties.extend(sorted(filled.ties))
    return results


def sweep(arena: Arena, order: Sequence[int], values: Mapping[sympy.Symbol, Number]) -> Mapping[int, Number]:
    """The numbers of all nodes in `order`, at flint's current precision. Raises as `evaluate`."""
    check_values(arena, order, values.keys())
    filled = _Sweep(arena, values)
    filled.run([i for i in order if not arena.nodes[i].free])
    return filled.numbers


def check_values(arena: Arena, order: Sequence[int], known: Set[sympy.Symbol]) -> None:
    """Raises MissingValues for symbols in `order` that are not `known`, ValueError for variables that nothing binds."""
    missing: set[str] = set()
    unbound = {i for i in order if arena.nodes[i].op is Op.VARIABLE}
    for index in order:
        payload = arena.nodes[index].payload
        if isinstance(payload, sympy.Expr):
            missing.update(str(s) for s in payload.free_symbols if s not in known)
        elif isinstance(payload, Loop):
            unbound.difference_update(payload.states)
    if missing:
        raise MissingValues(sorted(missing))
    if unbound:
        raise ValueError("a variable that no loop binds has no value")


def run_loop(start: list[Number], times: int, step: Callable[[Sequence[Number]], list[Number]]) -> list[Number]:
    """The states after `times` passes of `step` from `start`."""
    state = start
    for _ in range(times):
        state = step(state)
    return state


def _is_sharp(x: Number) -> bool:
    return isinstance(x, fmpq) or x.rel_accuracy_bits() >= _SHARP_BITS


def _natural(x: Number) -> int:
    exact = x.fmpq() if isinstance(x, arb) and x.is_exact() else x
    if not isinstance(exact, fmpq) or exact.q != 1 or exact < 0:
        raise ValueError(f"a loop cannot run {exact} times")
    return int(exact.p)


class _Sweep:
    """The numbers of the nodes, filled in order; the nodes of a loop's body are filled once for each pass."""

    def __init__(self, arena: Arena, values: Mapping[sympy.Symbol, Number]) -> None:
        self.arena = arena
        self.values = values
        self.numbers: dict[int, Number] = {}
        self.finals: dict[int, list[Number]] = {}
        self.bodies: dict[int, list[int]] = {}
        self.ties: set[int] = set()
        self.undecided = False
        self.passes = 0

    def run(self, order: Sequence[int]) -> None:
        nodes, numbers = self.arena.nodes, self.numbers
        for index in order:
            node = nodes[index]
            fold = _FOLDS.get(node.op)
            if fold is not None:
                numbers[index] = fold([numbers[arg] for arg in node.args])
            elif isinstance(node.payload, Fraction):
                numbers[index] = power(numbers[node.args[0]], node.payload)
            elif isinstance(node.payload, sympy.Expr):
                numbers[index] = evaluate_leaf(node.payload, self.values)
            elif node.op is Op.SELECT:
                numbers[index] = self.select(index)
            elif isinstance(node.payload, Loop):
                self.finals[index] = self.loop(index, node.payload)
            elif isinstance(node.payload, int):
                numbers[index] = self.finals[node.args[0]][node.payload]
            else:
                raise AssertionError(node.op)

    def loop(self, index: int, loop: Loop) -> list[Number]:
        numbers = self.numbers
        body = self.bodies.get(index)
        if body is None:
            body = self.bodies[index] = self.arena.body(index)

        def step(state: Sequence[Number]) -> list[Number]:
            numbers.update(zip(loop.states, state, strict=True))
            self.run(body)
            return [numbers[i] for i in loop.results]

        starts, times = [numbers[i] for i in loop.starts], _natural(numbers[loop.times])
        fast = fast_loop(self.arena, index, numbers.__getitem__, starts, times)
        self.passes += times if fast is None else POWER
        if self.passes > PASSES:
            raise TooManyPassesError
        if fast is not None:
            return fast
        return run_loop(starts, times, step)

    def select(self, index: int) -> Number:
        node = self.arena.nodes[index]
        numbers = [self.numbers[arg] for arg in node.args]
        keys, values = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        beaten = 1 if node.payload is Op.MIN else -1
        best = [i for i, key in enumerate(keys) if all(compare(key, other) != beaten for other in keys)]
        if len(best) == 1:
            return values[best[0]]
        self.ties.add(index)
        if all(compare(keys[best[0]], keys[i]) == 0 for i in best):
            return values[best[0]]
        self.undecided = True
        hull = ball(values[best[0]])
        for i in best[1:]:
            hull = hull.union(ball(values[i]))
        return hull
