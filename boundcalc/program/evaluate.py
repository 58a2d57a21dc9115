"""Certified numbers of a program, and again with more precision where a ball came out wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import sympy
from flint import arb, ctx, fmpq

from boundcalc.exact.balls import Number, Undecidable, Value, ball, compare
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.arithmetic import Numbers
from boundcalc.program.certified import play
from boundcalc.program.depth.powers import fast_loop
from boundcalc.program.interpret import Passes, sweep, unbound
from boundcalc.program.ir import Arena, Loop, Op, Scalar
from boundcalc.program.tape import Choice, tape_of

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
    read = _reader(outputs, values.keys())
    for attempt in range(_RETRIES + 1):
        last = attempt == _RETRIES
        with ctx.workprec(precision << attempt):
            algebra = Enclosures({s: to_number(v) for s, v in values.items()})
            try:
                results = read(algebra)
            except Undecidable:
                if last:
                    raise
                continue
            if last or (all(algebra.ties.values()) and all(_is_sharp(r) for r in results)):
                break
    else:
        raise AssertionError("the last attempt returns or raises")
    for result in results:
        if isinstance(result, arb) and not result.is_finite():
            raise ArithmeticError("the result is not a finite number")
    if ties is not None:
        ties.extend(sorted(algebra.ties))
    return results


def _reader(outputs: Sequence[Scalar], known: Set[sympy.Symbol]) -> Callable[[Enclosures], list[Number]]:
    """How numbers of the outputs are found: by their tape, or, where there are loops, by a sweep over the program. Raises as
    `check_values`."""
    tape = tape_of(outputs)
    if tape is not None:
        check_known(tape.needed, known)

        def played(algebra: Enclosures) -> list[Number]:
            numbers = play(tape, algebra.values, algebra.choose)
            return [numbers[position] for position in tape.outputs]

        return played
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, known)
    closed = unbound(arena, order)

    def swept(algebra: Enclosures) -> list[Number]:
        numbers = sweep(arena, closed, algebra)
        return [numbers[o.index] for o in outputs]

    return swept


def check_known(symbols: Set[sympy.Symbol], known: Set[sympy.Symbol]) -> None:
    """Raises MissingValues for symbols that are not `known`."""
    if not symbols <= known:
        raise MissingValues(sorted(str(symbol) for symbol in symbols - known))


def check_values(arena: Arena, order: Sequence[int], known: Set[sympy.Symbol]) -> None:
    """Raises MissingValues for symbols in `order` that are not `known`, ValueError for variables that nothing binds."""
    needed: set[sympy.Symbol] = set()
    unbound = {i for i in order if arena.nodes[i].op is Op.VARIABLE}
    for index in order:
        payload = arena.nodes[index].payload
        if isinstance(payload, sympy.Expr):
            needed.update(s for s in payload.free_symbols if isinstance(s, sympy.Symbol))
        elif isinstance(payload, Loop):
            unbound.difference_update(payload.states)
    check_known(needed, known)
    if unbound:
        raise ValueError("a variable that no loop binds has no value")


def _is_sharp(x: Number) -> bool:
    return isinstance(x, fmpq) or x.rel_accuracy_bits() >= _SHARP_BITS


def _natural(x: Number) -> int:
    exact = x.fmpq() if isinstance(x, arb) and x.is_exact() else x
    if not isinstance(exact, fmpq) or exact.q != 1 or exact < 0:
        raise ValueError(f"a loop cannot run {exact} times")
    return int(exact.p)


@dataclass(slots=True)
class Budget:
    """How many passes an evaluation may still run."""

    left: int = field(default_factory=lambda: PASSES)

    def spend(self, passes: int) -> None:
        """Raises TooManyPassesError."""
        self.left -= passes
        if self.left < 0:
            raise TooManyPassesError


@dataclass(frozen=True, slots=True)
class Enclosures(Numbers):
    """The reading as certified numbers. `ties` collects the SELECT nodes without a single extreme key: whether the keys
    are equal for certain."""

    values: Mapping[sympy.Symbol, Number]
    ties: dict[int, bool] = field(default_factory=dict[int, bool])
    budget: Budget = field(default_factory=Budget)

    def leaf(self, expression: sympy.Expr) -> Number:
        return evaluate_leaf(expression, self.values)

    def select(self, index: int, op: Op, keys: Sequence[Number], values: Sequence[Number]) -> Number:
        beaten = 1 if op is Op.MIN else -1
        best = [i for i, key in enumerate(keys) if all(compare(key, other) != beaten for other in keys)]
        if len(best) == 1:
            return values[best[0]]
        equal = all(compare(keys[best[0]], keys[i]) == 0 for i in best)
        self.ties[index] = equal and self.ties.get(index, True)
        if equal:
            return values[best[0]]
        hull = ball(values[best[0]])
        for i in best[1:]:
            hull = hull.union(ball(values[i]))
        return hull

    def choose(self, choice: Choice, numbers: Sequence[Number]) -> Number:
        """`select` on a tape."""
        return self.select(
            choice.node, choice.op, [numbers[i] for i in choice.keys], [numbers[i] for i in choice.values]
        )

    def loop(self, passes: Passes[Number]) -> list[Number]:
        state, times = passes.starts, _natural(passes.times)
        fast = fast_loop(passes.arena, passes.index, passes.value, state, times)
        self.budget.spend(times if fast is None else POWER)
        if fast is not None:
            return fast
        for _ in range(times):
            state = passes.step(state)
        return state
