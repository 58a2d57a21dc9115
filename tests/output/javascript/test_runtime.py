"""The arithmetic of generated JavaScript, against Python's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import pytest
import sympy
from reference.javascript import run

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.output.javascript.expressions import Expressions

x, y = sympy.symbols("x y", real=True)


def values(expression: sympy.Basic, points: Sequence[Mapping[str, str]]) -> list[dict[str, float]]:
    names = [symbol for symbol in (x, y) if symbol.name in points[0]]
    text = Expressions({symbol: place for place, symbol in enumerate(names)}).number(expression)
    given = [[at[symbol.name] for symbol in names] for at in points]
    return run(
        f"const A = arithmetic; return {json.dumps(given)}.map((t) => {{ const s = t.map(A.read); return {text}; }});"
    )


def value(expression: sympy.Basic, **at: str) -> dict[str, float]:
    return values(expression, [at])[0]


def test_every_function_of_closed_forms_is_there() -> None:
    assert set(run("return Object.keys(arithmetic.functions)")) == {row.name for row in FUNCTIONS.rows}


POINTS = ("-3.5", "-1/3", "0", "0.001", "1.5", "2", "2.9999999", "3.0000001", "5.5", "7")


@pytest.mark.parametrize("function", [sympy.exp, sympy.floor, sympy.ceiling, sympy.erf, sympy.Abs, sympy.sign, sympy.tanh, sympy.sin, sympy.cos, sympy.atan])  # fmt: skip
def test_functions(function: type[sympy.Function]) -> None:
    for point, found in zip(POINTS, values(function(x), [{"x": point} for point in POINTS]), strict=True):
        wanted = float(function(sympy.Rational(point)))
        assert found["v"] == pytest.approx(wanted, rel=2e-15, abs=1e-15), point


PAIRS = (("2", "3"), ("1/7", "12.5"), ("99999.5", "1e-9"))


@pytest.mark.parametrize(
    "expression",
    [x + y, x - y, x * y, x / y, x**3, sympy.sqrt(x), x ** sympy.Rational(-2, 3), x**y, sympy.log(x), sympy.Max(x, y, 1), sympy.Min(x, y), x - 10**5, sympy.pi * x - sympy.E],
    ids=str,
)  # fmt: skip
def test_operations(expression: sympy.Expr) -> None:
    for (a, b), found in zip(PAIRS, values(expression, [{"x": a, "y": b} for a, b in PAIRS]), strict=True):
        wanted = float(expression.subs({x: sympy.Rational(a), y: sympy.Rational(b)}).evalf(30))
        assert found["v"] == pytest.approx(wanted, rel=1e-13)
        assert found["l"] == pytest.approx(math.log(abs(wanted)), rel=1e-13, abs=1e-13)
        assert found["s"] == math.copysign(1, wanted)


def test_magnitudes_that_no_double_holds() -> None:
    found = value(x - y, x="1e4000", y="3e4000")
    assert found["s"] == -1
    assert found["l"] == pytest.approx(4000 * math.log(10) + math.log(2), rel=1e-15)
    assert value(x * y, x="1e4000", y="1e-4000")["v"] == pytest.approx(1)
    assert value(sympy.Max(x, y), x="1e4000", y="2")["l"] == pytest.approx(4000 * math.log(10))


def test_cases_and_what_is_undefined() -> None:
    form = sympy.Piecewise((x, sympy.And(x < 1, y > 0)), (2 * x, x < 2), evaluate=False)
    assert value(form, x="1/2", y="1")["v"] == 0.5
    assert value(form, x="3/2", y="1")["v"] == 3
    assert value(form, x="5", y="1")["l"] == "NaN"
    assert value(sympy.sqrt(x), x="-1")["l"] == "NaN"


def test_what_a_person_writes() -> None:
    wanted = {
        "2": 2, "1/100": 0.01, " 1e-3 ": 0.001, ".5": 0.5, "2.": 2, "-4": -4, "0e5": 0, "": None, "1/0": None, "R": None, "1/2/3": None,
        "1e": None, "0x10": None, ".": None, "-": None, "1,5": None,
    }  # fmt: skip
    found = run(f"return {json.dumps(list(wanted))}.map(arithmetic.read)")
    assert [None if each is None else each["v"] for each in found] == list(wanted.values())


def test_magnitudes_that_a_person_writes() -> None:
    powers = {"1e4000": 4000, "0.001e-4000": -4003, f"1{'0' * 400}": 400, f"1/1{'0' * 400}": -400, f"0.{'0' * 399}1": -400, "-10e999": 1000}  # fmt: skip
    for text, each in zip(powers, run(f"return {json.dumps(list(powers))}.map(arithmetic.read)"), strict=True):
        assert each["l"] == pytest.approx(powers[text] * math.log(10), rel=1e-14)
        assert each["s"] == (-1 if text.startswith("-") else 1)


def test_the_largest_eigenvalue() -> None:
    """Of [[2, 1], [1, 2]] scaled by 1e4000, of a bipartite matrix, and of zero."""
    big = 4000 * math.log(10)
    assert run(f"return arithmetic.eigenvalue(2, [[0, 0, {big} + Math.LN2], [0, 1, {big}], [1, 1, {big} + Math.LN2]])") == pytest.approx(big + math.log(3), rel=1e-15)  # fmt: skip
    assert run("return arithmetic.eigenvalue(2, [[0, 1, 0]])") == pytest.approx(0, abs=1e-12)
    assert run("return arithmetic.eigenvalue(2, [[0, 1, -Infinity]])") == "-Infinity"
