"""A tape as moves between arrays of doubles, of which there are few: numbers wait until an array is read.

What depends on no array is one number each, computed once. A number times an array is kept as the two of them, since products,
powers and roots of such pairs are pairs again, and a sum a x + b y is b ((a/b) x + y): the networks of a spec multiply by numbers
at every layer, and each multiplication that is saved is a pass over an array.
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


class Scaled(NamedTuple):
    """A number times an array."""

    factor: float
    of: Register


Waiting = Scaled | float


@dataclass(slots=True)
class Arranger:
    """Moves with a register of its own for every result; equal moves are made once."""

    symbols: Mapping[sympy.Symbol, Operand]
    registers: int
    moves: list[Move] = field(default_factory=list[Move])
    _known: dict[tuple[Any, ...], Register] = field(default_factory=dict[tuple[Any, ...], Register])

    def outputs(self, tape: Tape) -> list[Operand]:
        """Raises FloatingPointError where a number that depends on no array leaves the doubles."""
        found: list[Waiting] = []
        for code, a, b in tape.steps:
            found.append(self._step(tape, found, code, a, b))
        return [self._plain(found[position]) for position in tape.outputs]

    def _step(self, tape: Tape, found: Sequence[Waiting], code: int, a: int, b: int) -> Waiting:
        if code == MUL:
            return self._product(found[a], found[b])
        if code == ADD:
            return self._joined(np.add, found[a], found[b])
        if code in _EXTREMA:
            return self._joined(_EXTREMA[code], found[a], found[b])
        if code == SQUARE:
            return self._product(found[a], found[a])
        if code == ROOT:
            return self._power(found[a], _HALF)
        if code == POW:
            return self._power(found[a], tape.exponents[b])
        if code == NUMBER:
            return _float(tape.numbers[a])
        if code == SYMBOL:
            return _scaled(self.symbols[tape.symbols[a]])
        if code == FUNCTION:
            return self._move(_function(tape.functions[b]), self._plain(found[a]))
        if code == RAISE:
            return self._move(np.power, self._plain(found[a]), self._plain(found[b]))
        if code == SELECT:
            choice = tape.choices[a]
            read = [self._plain(found[i]) for i in (*choice.keys, *choice.values)]
            return self._move(_select(choice.op, len(choice.keys)), *read)
        assert code == PART
        symbols = sorted((x for x in tape.parts[a].free_symbols if isinstance(x, sympy.Symbol)), key=str)
        return self._move(_part(tape.parts[a], symbols), *(self.symbols[symbol] for symbol in symbols))

    def _move(self, apply: Apply, *operands: Operand) -> Waiting:
        if not any(isinstance(x, Register) for x in operands):
            single = np.empty(1)
            apply(*operands, out=single)
            return float(single[0])
        return Scaled(1.0, self._register(apply, *operands))

    def _register(self, apply: Apply, *operands: Operand) -> Register:
        key = (apply, *operands)
        if key not in self._known:
            self.registers += 1
            self._known[key] = Register(self.registers - 1)
            self.moves.append(Move(apply, operands, self.registers - 1))
        return self._known[key]

    def _plain(self, x: Waiting) -> Operand:
        if not isinstance(x, Scaled):
            return x
        return x.of if x.factor == 1 else self._register(np.multiply, x.factor, x.of)

    def _product(self, x: Waiting, y: Waiting) -> Waiting:
        if isinstance(x, Scaled) and isinstance(y, Scaled):
            factor = x.factor * y.factor
            if _waits(factor):
                return Scaled(factor, self._register(np.multiply, x.of, y.of))
            return self._move(np.multiply, self._plain(x), self._plain(y))
        number, array = (y, x) if isinstance(x, Scaled) else (x, y)
        assert not isinstance(number, Scaled)
        if isinstance(array, Scaled) and _waits(number * array.factor):
            return Scaled(number * array.factor, array.of)
        return self._move(np.multiply, number, self._plain(array))

    def _joined(self, apply: Apply, x: Waiting, y: Waiting) -> Waiting:
        """A sum, or an extremum, with the factor of one side taken out: a positive one."""
        x, y = (y, x) if isinstance(x, Scaled) and not isinstance(y, Scaled) else (x, y)
        if not isinstance(y, Scaled) or y.factor == 1 or (y.factor < 0 and apply is not np.add):
            return self._move(apply, self._plain(x), self._plain(y))
        ratio = (x.factor if isinstance(x, Scaled) else x) / y.factor
        if not _waits(ratio):
            return self._move(apply, self._plain(x), self._plain(y))
        return Scaled(
            y.factor, self._register(apply, self._plain(Scaled(ratio, x.of) if isinstance(x, Scaled) else ratio), y.of)
        )

    def _power(self, base: Waiting, exponent: Fraction) -> Waiting:
        if not isinstance(base, Scaled):
            return self._raised(base, exponent)
        if base.factor > 0 and abs(math.log(base.factor) * exponent) < _LONGEST_WAIT:
            return self._product(base.factor ** float(exponent), self._raised(base.of, exponent))
        return self._raised(self._plain(base), exponent)

    def _raised(self, base: Operand, exponent: Fraction) -> Waiting:
        """By roots and products where there are few: NumPy's power takes fifty times as long."""
        if exponent.denominator > 2 or abs(exponent.numerator) > _MOST_FACTORS:
            return self._move(np.power, base, float(exponent))
        result = factor = self._move(np.sqrt, base) if exponent.denominator == 2 else _scaled(base)
        for _ in range(abs(exponent.numerator) - 1):
            result = self._product(result, factor)
        return self._move(np.divide, 1.0, self._plain(result)) if exponent < 0 else result


def _scaled(x: Operand) -> Waiting:
    return Scaled(1.0, x) if isinstance(x, Register) else x


def _waits(factor: float) -> bool:
    """Whether a number may be taken out of a sum: what is left is no nearer to the ends of the doubles then."""
    return factor != 0 and abs(math.log(abs(factor))) < _LONGEST_WAIT


_EXTREMA: Mapping[int, Apply] = {MIN: np.minimum, MAX: np.maximum}
_HALF = Fraction(1, 2)
_LONGEST_WAIT = 60 * math.log(10)
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
