"""`make decimals`: certified decimals of random programs against their values at 200 digits.

A random program in x, y and k is evaluated at a random point, which may be far from 1. What is printed is upper_decimal with several
numbers of digits, the least double above and its logarithm. The truth is mpmath's evaluation of the program, operation by operation,
with 200 digits, and exact rational arithmetic where the program has rational operations alone. A printed number must not be below the
truth, nor more than one unit in its last place above the exact number or the upper end of the ball that it is printed of;
a logarithm next to 0, nor more than 10^-70.

One line of JSON for a hundred programs goes to a file; hundreds that are in it are not tried again, so that a run can be stopped and
resumed. Exit status 1 if a number is wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import mpmath
import sympy
from flint import ctx, fmpq
from rich.progress import track

from boundcalc.exact.balls import Number
from boundcalc.exact.decimals import float_upper, log10_upper, upper_decimal
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar

PLACES = 200
SLACK = Fraction(1, 10**150)  # relative: what the truth itself may be wrong by
DIGITS = (1, 3, 7, 15, 17, 25)
OF_A_LINE = 100
SYMBOLS = sympy.symbols("x y k", positive=True)
X, Y, K = SYMBOLS
LEAVES = (X, Y, K, sympy.Rational(3, 7), sympy.Integer(10) ** 15, sympy.Rational(1, 10**9), X * Y + 1, X / Y)
ROOTS = (sympy.sqrt(X * Y), sympy.pi, sympy.exp(-K), sympy.log(1 + Y), sympy.sqrt(2))
EXPONENTS = (Fraction(2), Fraction(-1), Fraction(3))
FRACTIONS = (Fraction(1, 2), Fraction(3, 2), Fraction(-1, 3))
Value = Any  # a Fraction, or a number of mpmath: both know + * / and <


def drawn(rng: Random) -> tuple[Scalar, Value, dict[sympy.Symbol, sympy.Expr]]:
    """A program, its value by arithmetic of its own, and the point."""
    is_rational = rng.random() < 0.5
    scale = rng.choice((0, 0, 3, 12, 40, 200))
    point: dict[sympy.Symbol, sympy.Expr] = {
        s: sympy.Rational(rng.randint(1, 10**6), rng.randint(1, 10**6))
        * sympy.Integer(10) ** rng.randint(-scale, scale)
        for s in (X, Y)
    }
    point[K] = sympy.Rational(rng.randint(1, 60), 13)
    arena = Arena()
    leaves = rng.sample(LEAVES if is_rational else LEAVES + ROOTS, rng.randint(2, 4))
    nodes = [(arena.leaf(leaf), truth(leaf, point, is_rational)) for leaf in leaves]
    for _ in range(rng.randint(1, 8)):
        op = rng.choice((Op.ADD, Op.MUL, Op.POW, Op.MIN, Op.MAX) if is_rational else (Op.ADD, Op.MUL, Op.POW, Op.HYPOT))
        if op is Op.POW:
            base, value = rng.choice(nodes)
            exponent = rng.choice(EXPONENTS if is_rational else EXPONENTS + FRACTIONS)
            nodes.append((base**exponent, power(value, exponent)))
        else:
            chosen = [rng.choice(nodes) for _ in range(rng.randint(2, 3))]
            nodes.append((arena.combine(op, [node for node, _ in chosen]), combined(op, [v for _, v in chosen])))
    return *nodes[-1], point


def truth(leaf: sympy.Expr, point: dict[sympy.Symbol, sympy.Expr], is_rational: bool) -> Value:
    if is_rational:
        exact = sympy.Rational(leaf.xreplace(point))
        return Fraction(int(exact.p), int(exact.q))
    function = sympy.lambdify(SYMBOLS, leaf, "mpmath")
    return mpmath.mpf(function(*(mpmath.mpf(int(v.p)) / int(v.q) for v in map(point.get, SYMBOLS) if v is not None)))


def power(value: Value, exponent: Fraction) -> Value:
    if isinstance(value, Fraction):
        return value ** int(exponent)
    return mpmath.power(value, mpmath.mpf(exponent.numerator) / exponent.denominator)


def combined(op: Op, values: Sequence[Value]) -> Value:
    match op:
        case Op.ADD:
            return sum(values)
        case Op.MUL:
            return math.prod(values)
        case Op.MIN:
            return min(values)
        case Op.MAX:
            return max(values)
        case _:
            return mpmath.sqrt(sum(value**2 for value in values))


def fraction(value: Value) -> Fraction:
    if isinstance(value, Fraction):
        return value
    sign, mantissa, exponent, _ = value._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def wrong(number: Number, value: Fraction, slack: Fraction) -> Iterator[str]:
    """What is printed of a number whose value is known up to `slack`."""
    low, high = value * (1 - slack), top(number)
    for digits in DIGITS:
        text = upper_decimal(number, digits)
        shown = Fraction(text)
        if shown < low:
            yield f"{digits} digits: {text} is below"
        if shown > high + unit(max(high, shown), digits):
            yield f"{digits} digits: {text} is more than a unit above"
    double = float_upper(number)
    if Fraction(double) < low if double < math.inf else high < Fraction(sys.float_info.max):
        yield f"the double {double!r} is below, or infinite"
    if -math.inf < double < math.inf and Fraction(math.nextafter(double, -math.inf)) > high:
        yield f"the double {double!r} is not the least"
    logarithm = log10_upper(number)
    exact = mpmath.log10(mpmath.mpf(value.numerator)) - mpmath.log10(mpmath.mpf(value.denominator))
    if logarithm is None or logarithm < exact - mpmath.mpf(10) ** -140:
        yield f"the logarithm {logarithm!r} is below"
    elif isinstance(number, fmpq) and math.nextafter(logarithm, -math.inf) > exact + mpmath.mpf(10) ** -70:
        yield f"the logarithm {logarithm!r} is not the least double above"


def top(number: Number) -> Fraction:
    """The upper end of a ball, which is what is printed."""
    with ctx.workprec(20_000):
        end = number if isinstance(number, fmpq) else number.upper().fmpq()
    return Fraction(int(end.p), int(end.q))


def unit(value: Fraction, digits: int) -> Fraction:
    """One unit in the last of so many digits."""
    exponent = len(str(value.numerator)) - len(str(value.denominator))  # of the first digit, or one more
    if Fraction(10) ** exponent > value:
        exponent -= 1
    return Fraction(10) ** (exponent - digits + 1)


def hundred(index: int) -> dict[str, Any]:
    """The faults of a hundred programs, by what they follow from."""
    found: list[str] = []
    rational = numbers = 0
    for each in range(index * OF_A_LINE, (index + 1) * OF_A_LINE):
        with mpmath.workdps(PLACES):
            scalar, value, point = drawn(Random(f"decimals {each}"))
            exact = fraction(value)
            [number] = evaluate([scalar], point)
            is_rational = isinstance(value, Fraction)
            rational += is_rational
            numbers += len(DIGITS) + 2
            slack = Fraction(0) if is_rational else SLACK
            found += [f"program {each}: {fault}" for fault in wrong(number, exact, slack)]
    return {"index": index, "rational": rational, "numbers": numbers, "wrong": found}


def told(lines: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    faults = [fault for line in lines for fault in line["wrong"]]
    rational, numbers = (sum(line[name] for line in lines) for name in ("rational", "numbers"))
    text = f"{OF_A_LINE * len(lines)} programs, {rational} of them rational: {numbers} printed numbers, {len(faults)} wrong"
    return "\n".join([text, *faults]), not faults


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare printed numbers with 200 digits.")
    parser.add_argument("--hundreds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--file", type=Path, default=Path("decimals.jsonl"))
    given = parser.parse_args()
    lines = [json.loads(line) for line in given.file.read_text().splitlines()] if given.file.exists() else []
    done = {line["index"] for line in lines}
    wanted = range(given.first, given.first + given.hundreds)
    with given.file.open("a") as stream:
        for index in track([index for index in wanted if index not in done], "decimals"):
            lines.append(hundred(index))
            stream.write(json.dumps(lines[-1]) + "\n")
            stream.flush()
    text, well = told([line for line in lines if line["index"] in wanted])
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
