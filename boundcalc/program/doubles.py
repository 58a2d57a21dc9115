"""A tape played on arrays of doubles: NumPy's functions into buffers that are used again, for sweeps over many values.

What depends on no array is one number each, computed once. Nothing is certified; NumPy's flags tell when a number overflowed,
lost digits below the smallest doubles, or is undefined, and then logarithms have to do it (`evaluate_log`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import sympy
from flint import fmpq

from boundcalc.exact import signed_log
from boundcalc.exact.balls import Value
from boundcalc.exact.signed_log import Array, Signed
from boundcalc.exact.table import Function
from boundcalc.program.ir import Op
from boundcalc.program.tape import (
    ADD,
    FUNCTION,
    MAX,
    MIN,
    MUL,
    NUMBER,
    PART,
    POW,
    RAISE,
    ROOT,
    SELECT,
    SQUARE,
    SYMBOL,
    Tape,
)

Apply = Callable[..., Any]  # of operands, as NumPy's functions; the result goes to `out`


class Register(NamedTuple):
    """An array: of those given, or a buffer."""

    place: int


Operand = Register | float


class Move(NamedTuple):
    apply: Apply
    operands: tuple[Operand, ...]
    result: int


@dataclass(frozen=True, slots=True)
class Score:
    """What is done to arrays, one move after the other. Registers are the arrays given, in order, then the buffers."""

    given: int
    buffers: int
    moves: tuple[Move, ...]
    outputs: tuple[Operand, ...]

    def player(self, length: int) -> Player:
        """With buffers of its own, for arrays of at most `length` entries."""
        return Player(self, tuple(np.empty(length) for _ in range(self.buffers)))


@dataclass(frozen=True, slots=True)
class Player:
    score: Score
    buffers: tuple[Array, ...]

    def play(self, arrays: Sequence[Array]) -> list[Array | float]:
        """The outputs for arrays of one length; the next play writes over them.

        Raises FloatingPointError where a number left the doubles.
        """
        length = len(arrays[0])
        registers = [*arrays, *(buffer[:length] for buffer in self.buffers)]
        with np.errstate(all="raise"):
            for apply, operands, result in self.score.moves:
                apply(*[registers[x[0]] if type(x) is Register else x for x in operands], out=registers[result])
        return [registers[x[0]] if isinstance(x, Register) else x for x in self.score.outputs]


def arrange(tape: Tape, numbers: Mapping[sympy.Symbol, float], given: Sequence[sympy.Symbol]) -> Score:
    """What is done to arrays of the symbols `given`; the others have numbers.

    Raises FloatingPointError where a number that depends on no array leaves the doubles.
    """
    arranger = _Arranger({symbol: Register(i) for i, symbol in enumerate(given)} | dict(numbers), len(given))
    found: list[Operand] = []
    with np.errstate(all="raise"):
        for code, a, b in tape.steps:
            found.append(arranger.step(tape, found, code, a, b))
    return _allocated(arranger.moves, [found[position] for position in tape.outputs], len(given), arranger.registers)


@dataclass(slots=True)
class _Arranger:
    """Moves with a register of its own for every result."""

    symbols: Mapping[sympy.Symbol, Operand]
    registers: int
    moves: list[Move] = field(default_factory=list[Move])

    def _move(self, apply: Apply, *operands: Operand) -> Operand:
        if not any(isinstance(x, Register) for x in operands):
            single = np.empty(1)
            apply(*operands, out=single)
            return float(single[0])
        self.registers += 1
        self.moves.append(Move(apply, operands, self.registers - 1))
        return Register(self.registers - 1)

    def step(self, tape: Tape, found: Sequence[Operand], code: int, a: int, b: int) -> Operand:
        if code in _PAIRS:
            return self._move(_PAIRS[code], found[a], found[b])
        if code == SQUARE:
            return self._move(np.multiply, found[a], found[a])
        if code == ROOT:
            return self._move(np.sqrt, found[a])
        if code == NUMBER:
            return _float(tape.numbers[a])
        if code == SYMBOL:
            return self.symbols[tape.symbols[a]]
        if code == POW:
            return self._power(found[a], tape.exponents[b])
        if code == FUNCTION:
            return self._move(_function(tape.functions[b]), found[a])
        if code == SELECT:
            choice = tape.choices[a]
            keys, values = ([found[i] for i in indices] for indices in (choice.keys, choice.values))
            return self._move(_select(choice.op, len(keys)), *keys, *values)
        assert code == PART
        symbols = sorted((x for x in tape.parts[a].free_symbols if isinstance(x, sympy.Symbol)), key=str)
        return self._move(_part(tape.parts[a], symbols), *(self.symbols[symbol] for symbol in symbols))

    def _power(self, base: Operand, exponent: Fraction) -> Operand:
        """By roots and products where there are few: NumPy's power takes fifty times as long."""
        if exponent.denominator > 2 or abs(exponent.numerator) > _MOST_FACTORS:
            return self._move(np.power, base, float(exponent))
        result = factor = self._move(np.sqrt, base) if exponent.denominator == 2 else base
        for _ in range(abs(exponent.numerator) - 1):
            result = self._move(np.multiply, result, factor)
        return self._move(np.divide, 1.0, result) if exponent < 0 else result


_PAIRS: Mapping[int, Apply] = {ADD: np.add, MUL: np.multiply, MIN: np.minimum, MAX: np.maximum, RAISE: np.power}
_MOST_FACTORS = 8


def number_of(value: Value) -> float:
    """An exact value as a double. Raises FloatingPointError where it is none."""
    with np.errstate(all="ignore"):
        return float(_linear(signed_log.from_value(value)))


def _float(value: fmpq) -> float:
    try:
        found = int(value.p) / int(value.q)
    except OverflowError:
        raise FloatingPointError("a constant beyond the doubles") from None
    if found == 0 != value or 0 < abs(found) < _TINY:
        raise FloatingPointError("a constant below the doubles")
    return found


def _linear(value: Signed) -> Array:
    """The doubles of signs and logarithms. Raises FloatingPointError for what they do not hold."""
    if np.any((value.log > _LARGEST) | ((value.log < _LEAST) & ~np.isneginf(value.log)) | np.isnan(value.log)):
        raise FloatingPointError("a number beyond the doubles")
    return value.value


def _function(row: Function) -> Apply:
    rule = signed_log.rule(row)
    assert rule is not None

    def apply(x: Array | float, out: Array) -> None:
        with np.errstate(all="ignore"):
            np.copyto(out, _linear(rule(signed_log.from_array(np.asarray(x)))))

    return apply


def _part(part: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> Apply:
    def apply(*arrays: Array | float, out: Array) -> None:
        with np.errstate(all="ignore"):
            given = {symbol: signed_log.from_array(np.asarray(x)) for symbol, x in zip(symbols, arrays, strict=True)}
            np.copyto(out, _linear(signed_log.leaf(part, given)))

    return apply


def _select(op: Op, count: int) -> Apply:
    def apply(*both: Array | float, out: Array) -> None:
        keys, values = both[:count], both[count:]
        best, found = keys[0], values[0]
        for key, value in zip(keys[1:], values[1:], strict=True):
            better = np.less(key, best) if op is Op.MIN else np.greater(key, best)
            best, found = np.where(better, key, best), np.where(better, value, found)
        np.copyto(out, found)

    return apply


_TINY = float(np.finfo(np.float64).tiny)
_LARGEST, _LEAST = math.log(np.finfo(np.float64).max), math.log(_TINY)


def _allocated(moves: Sequence[Move], outputs: Sequence[Operand], given: int, registers: int) -> Score:
    """The same with few buffers: one is free again after the last move that reads it."""
    last = [-1] * registers
    for i, move in enumerate(moves):
        for x in (*move.operands, Register(move.result)):
            if isinstance(x, Register):
                last[x.place] = i
    for x in outputs:
        if isinstance(x, Register):
            last[x.place] = len(moves)
    place = list(range(given)) + [-1] * (registers - given)
    free: list[int] = []
    used = given
    placed: list[Move] = []
    for i, (apply, operands, result) in enumerate(moves):
        read = {x.place for x in operands if isinstance(x, Register)}
        mapped = tuple(Register(place[x.place]) if isinstance(x, Register) else x for x in operands)
        free.extend(place[index] for index in read if index >= given and last[index] == i)
        if not free:
            free.append(used)
            used += 1
        place[result] = free.pop()
        placed.append(Move(apply, mapped, place[result]))
        if last[result] == i:
            free.append(place[result])
    ends = tuple(Register(place[x.place]) if isinstance(x, Register) else x for x in outputs)
    return Score(given, used - given, tuple(placed), ends)
