"""A tape played on arrays of doubles: NumPy's functions into buffers that are used again, for sweeps over many values.

What depends on no array is one number each, computed once. Nothing is certified; NumPy's flags tell when a number overflowed,
lost digits below the smallest doubles, or is undefined, and then logarithms have to do it (`evaluate_log`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy

from boundcalc.exact.signed_log import Array
from boundcalc.program.moves import Arranger, Move, Operand, Register
from boundcalc.program.tape import Tape


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
    arranger = Arranger({symbol: Register(i) for i, symbol in enumerate(given)} | dict(numbers), len(given))
    with np.errstate(all="raise"):
        outputs = arranger.outputs(tape)
    return _allocated(arranger.moves, outputs, len(given), arranger.registers)


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
