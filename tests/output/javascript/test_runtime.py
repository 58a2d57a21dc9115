"""The arithmetic of generated JavaScript, against Python's."""

from __future__ import annotations

import math

import pytest
import sympy
from reference.javascript import run

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.output.javascript.expressions import Expressions

x, y = sympy.symbols("x y", real=True)


def value(expression: sympy.Basic, **at: str) -> dict[str, float]:
    names = [symbol for symbol in (x, y) if symbol.name in at]
    code = Expressions({symbol: place for place, symbol in enumerate(names)})
    text = code.number(expression)
    read = ", ".join(f"arithmetic.read('{at[symbol.name]}')" for symbol in names)
    return run(f"const A = arithmetic, s = [{read}]; return {text};")


def test_every_function_of_closed_forms_is_there() -> None:
    assert set(run("return Object.keys(arithmetic.functions)")) == {row.name for row in FUNCTIONS.rows}


@pytest.mark.parametrize("point", ["-3.5", "-1/3", "0", "0.001", "1.5", "2", "2.9999999", "3.0000001", "5.5", "7"])
@pytest.mark.parametrize("function", [sympy.exp, sympy.floor, sympy.ceiling, sympy.erf, sympy.Abs, sympy.sign, sympy.tanh, sympy.sin, sympy.cos, sympy.atan])  # fmt: skip
def test_functions(function: type[sympy.Function], point: str) -> None:
    wanted = float(function(sympy.Rational(point)))
    assert value(function(x), x=point)["v"] == pytest.approx(wanted, rel=2e-15, abs=1e-15)


@pytest.mark.parametrize(
    "expression",
    [x + y, x - y, x * y, x / y, x**3, sympy.sqrt(x), x ** sympy.Rational(-2, 3), x**y, sympy.log(x), sympy.Max(x, y, 1), sympy.Min(x, y), x - 10**5, sympy.pi * x - sympy.E],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize(("a", "b"), [("2", "3"), ("1/7", "12.5"), ("99999.5", "1e-9")])
def test_operations(expression: sympy.Expr, a: str, b: str) -> None:
    wanted = float(expression.subs({x: sympy.Rational(a), y: sympy.Rational(b)}).evalf(30))
    found = value(expression, x=a, y=b)
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


@pytest.mark.parametrize(("text", "wanted"), [("2", 2), ("1/100", 0.01), (" 1e-3 ", 0.001), (".5", 0.5), ("-4", -4), ("", None), ("1/0", None), ("R", None), ("1/2/3", None), ("1e", None), ("0x10", None)])  # fmt: skip
def test_what_a_person_writes(text: str, wanted: float | None) -> None:
    found = run(f"return arithmetic.read('{text}')")
    assert found is None if wanted is None else found["v"] == wanted


def test_the_largest_eigenvalue() -> None:
    """Of [[2, 1], [1, 2]] scaled by 1e4000, of a bipartite matrix, and of zero."""
    big = 4000 * math.log(10)
    assert run(f"return arithmetic.eigenvalue(2, [[0, 0, {big} + Math.LN2], [0, 1, {big}], [1, 1, {big} + Math.LN2]])") == pytest.approx(big + math.log(3), rel=1e-15)  # fmt: skip
    assert run("return arithmetic.eigenvalue(2, [[0, 1, 0]])") == pytest.approx(0, abs=1e-12)
    assert run("return arithmetic.eigenvalue(2, [[0, 1, -Infinity]])") == "-Infinity"
