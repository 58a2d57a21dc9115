"""Formulas of one variable: Taylor coefficients, tails and extremes against mpmath, which computes with no intervals."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import mpmath
import pytest
from counts import calls
from flint import arb, ctx, fmpq

from boundcalc.exact.formulas.extremes import Search, TooMuchWork
from boundcalc.exact.formulas.far import Unclear
from boundcalc.exact.formulas.jets import Jets
from boundcalc.exact.formulas.nodes import Node, evaluated, nodes_of
from boundcalc.exact.formulas.tails import Tails
from boundcalc.exact.formulas.text import FUNCTIONS, VARIABLE, parse_formula
from boundcalc.mistakes import Place

NUMERIC = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh,
    "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "arctan": mpmath.atan,
    "abs": abs,
    "min": min,
    "max": max,
    "pi": mpmath.pi,
}
SMOOTH = (
    "x*tanh(log(1 + exp(x)))",
    "x*sigmoid(1.702*x)",
    "x*(1 + erf(x/sqrt(2)))/2",
    "log(1 + exp(x/50))",
    "sqrt(1 + x**2) - x/3",
    "x/(1 + x**2)**(3/4)",
    "arctan(x)**3 + cos(2*x)",
    "x + sin(x)**2/2",
    "exp(-exp(-x))",
    "erf(x)*sin(3*x)",
    "exp(-x**2/2)*(x**3 - x)",
    "tanh(5*x)/(2 + sin(x))",
    "2**(-x**2)",
    "log(2 + sin(x))*x/sqrt(1 + x**2)",
    "sigmoid(x)/(1 + sigmoid(-2*x))",
    "arctan(exp(x) - x)",
)
WAVES = ("log(2 + sin(x))*x/sqrt(1 + x**2)",)  # whose slopes far out are known by the ranges of their factors only
KINKED = ("max(x, 0.3*x)", "min(max(x, 0), 6)", "abs(tanh(x) - 1/2)", "abs(x)/(1 + abs(x))", "max(sin(x), x/9)")


def function(text: str) -> Callable[[Any], Any]:
    return eval(f"lambda x: {text}", dict(NUMERIC))


def nodes(text: str) -> tuple[Node, ...]:
    with ctx.workprec(128):
        return nodes_of(parse_formula(text, Place("f")).program, VARIABLE, {})


def holds(ball: arb, value: Any, slack: float = 1e-9) -> bool:
    """Whether a ball has a number that mpmath computed, up to its error."""
    error = slack * max(1, abs(float(value)))
    return ball.is_finite() is False or bool(ball.overlaps(arb(str(value), error)))


def test_every_function_is_tried() -> None:
    text = " ".join((*SMOOTH, *KINKED))
    assert all(f"{name}(" in text for name in FUNCTIONS)


@pytest.mark.parametrize("text", SMOOTH)
def test_derivatives_on_an_interval_contain_those_at_its_points(text: str) -> None:
    found, numeric = nodes(text), function(text)
    draw = random.Random(1)
    for width in (0, 2**-20, 2**-4):
        for _ in range(4):
            middle = draw.uniform(-3, 3)
            with ctx.workprec(128):
                series = evaluated(found, Jets(arb(middle, width)))
            for at in (middle, middle - width * 0.99, middle + width * 0.6):
                with mpmath.workdps(40):
                    exact = mpmath.taylor(numeric, mpmath.mpf(at), 5)
                assert all(holds(series[k], exact[k]) for k in range(6)), (text, at, width)


@pytest.mark.parametrize("text", SMOOTH)
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("start", [8, 64])
def test_tails_contain_what_is_beyond(text: str, side: int, start: int) -> None:
    numeric = function(text)
    with ctx.workprec(128):
        try:
            tail = [far.range().hull() for far in evaluated(nodes(text), Tails(arb(start), side))]
        except Unclear:
            pytest.skip("nothing is known of this tail")
    for factor in (1, 1.01, 1.7, 9):
        with mpmath.workdps(60):
            exact = mpmath.taylor(lambda y: numeric(side * y), mpmath.mpf(start) * factor, 3)
        assert all(holds(of, value, 1e-7) for of, value in zip(tail, exact, strict=True)), (text, factor)


@pytest.mark.parametrize("text", [*SMOOTH, *KINKED])
def test_no_sample_exceeds_an_extreme_and_one_reaches_it(text: str) -> None:
    """Derivatives by mpmath on a grid and at the point that is named; the two ends are as close as is promised."""
    search, numeric = Search(nodes(text)), function(text)
    for order in (1, 2, 0, 3):
        try:
            found = search.derivative(order)
        except TooMuchWork:
            assert text in WAVES
            return
        if found.high is None or found.low is None:
            assert order != 1, found.reason
            continue
        points = [mpmath.mpf(i) / 8 + mpmath.mpf("0.013") for i in range(-200, 200)] + [
            mpmath.mpf(s * 900) for s in (1, -1)
        ]
        if isinstance(found.point, fmpq):
            points.append(mpmath.mpf(int(found.point.p)) / int(found.point.q))
        with mpmath.workdps(40):
            sampled = [abs(mpmath.diff(numeric, point, order, h=mpmath.mpf(10) ** -9)) for point in points]
        most = max(sampled)
        assert most <= float(found.high) * (1 + 1e-7), (text, order)
        assert found.low <= found.high
        assert order == 0 or text in WAVES or found.high <= found.low * (1 + arb(10) ** -13), (
            text,
            order,
        )  # a value may be approached in waves
        if isinstance(found.point, fmpq) and text in SMOOTH:
            assert most >= float(found.low) * (1 - 1e-6), (text, order)


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("x**2", 1, "a' has no known bound as x tends to oo"),
        ("exp(x)", 1, "as x tends to oo"),
        ("exp(-x)", 0, "as x tends to -oo"),
        ("log(x)", 1, "a logarithm of a negative number"),
        ("log(1 + x**2 - 3)", 1, "a logarithm of a number that is not positive"),
        ("sqrt(x**2)*0 + sqrt(abs(x))", 1, "at x = 0 (a root of a number that is not positive)"),
        ("1/x", 1, "at x = 0"),
        ("sin(1/x)", 1, "at x = 0"),
        ("tanh(1/(x - 1/4))", 1, "at x = 0.25"),
        ("max(x - 2, 0)", 2, "a kink at x = 2"),
        ("abs(x)*x", 2, "a kink at x = 0"),
        ("min(x, 1, -x)", 2, "a kink at x = "),
        ("sin(x**2)", 1, "as x tends to oo"),
        ("x**x", 1, "as x tends to"),
    ],
)
def test_what_is_infinite_has_its_reason(text: str, order: int, reason: str) -> None:
    found = Search(nodes(text)).derivative(order)
    assert found.high is None
    text_of = found.reason if "kink" not in reason or found.kinked else ""
    if reason.startswith("a kink") and "tends" in found.reason:  # a'' of what grows too fast to have one
        text_of = reason
    assert reason in text_of, found.reason


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("x**3", 2, (8, 12, 12, 6)),
        ("exp(x)", 1, (mpmath.e, mpmath.e, mpmath.e, mpmath.e)),
        ("log(2 + x)", 1, (mpmath.log(3), 1, 1, 2)),
        ("x**5", 2, (32, 80, 160, 240)),
        ("exp(2*x)", 0, (1, 2, 4, 8)),
        ("x**2*max(x, 0)", 3, (27, 27, None)),
    ],
)
def test_extremes_up_to_a_largest_entry(text: str, most: int, expected: tuple[float | None, ...]) -> None:
    search = Search(nodes(text), fmpq(most))
    for order, value in enumerate(expected):
        found = search.derivative(order)
        if value is None:
            assert found.high is None
        else:
            assert found.high is not None
            assert abs(float(found.high) / value - 1) < 1e-14


@pytest.mark.parametrize(
    "text",
    [
        "sin(1000*x)*cos(999*x)*sin(998*x)",
        "sin(sin(sin(sin(sin(30*x)*30)*30)*30)*30)",
        "+".join(f"sin({k}*x)*exp(-(x - {k})**2)" for k in range(1, 10)),
        "exp(" * 25 + "x" + ")" * 25,
        "(" * 15 + "x" + "**3+x)" * 15,
        "max(" + ",".join(f"sin({k}*x)" for k in range(2, 12)) + ")",
        "x**100000 - x**99999",
        "tanh(10**30*x)",
        "exp(-(10**9*x)**2)",
    ],
)
def test_hostile_formulas_end_soon(text: str) -> None:
    search = Search(nodes(text))

    def searched() -> None:
        with suppress(TooMuchWork):
            for order in (1, 2, 0, 3):
                search.derivative(order)

    assert calls(searched) < 6_000_000  # a second or two; the powers take 2,600,000
