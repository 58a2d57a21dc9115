"""The budget of terms: said before the work is done, halved for each attempt, the same on every machine."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.program.depth import close
from boundcalc.program.depth.names import Names
from boundcalc.program.depth.rational import Fractions
from boundcalc.program.depth.work import EXPANDED, TooMuchWorkError, Work

a, b, c, d = sympy.symbols("a b c d", positive=True)


@pytest.mark.parametrize(
    ("expression", "terms"),
    [
        (a, 1),
        (a * b + c, 2),
        ((a + b) * (c + d), 4),
        ((a + b) ** 2, 3),
        (1 / (a + b) ** 2, 3),
        (sympy.sqrt(a + b), 2),
        ((a + b + c) ** 100, 5151),
        ((a + b) ** sympy.Integer(10) ** 30, 1001),
    ],
)
def test_terms_are_counted_without_being_written(expression: sympy.Expr, terms: int) -> None:
    work = Work(10**6)
    work.write(expression)
    assert work.left == 10**6 - EXPANDED * terms


def test_what_nobody_has_is_counted_too() -> None:
    tower = a + b
    for _ in range(60):
        tower = (tower + c) * (tower + d)
    with pytest.raises(TooMuchWorkError):
        Work(10**9).write(tower)


def test_an_attempt_has_half_and_costs_what_it_spends() -> None:
    work = Work(100)
    with work.attempt() as part:
        part.spend(30)
    assert work.left == 70
    with work.attempt() as part:
        part.spend(10)
        with pytest.raises(TooMuchWorkError):
            part.spend(26)
    assert work.left == 60


def test_products_and_coefficients_are_charged() -> None:
    work = Work(100)
    with pytest.raises(TooMuchWorkError):
        Fractions([(a + b + c + d) ** 4], work)
    fractions = Fractions([a + b, a - b], Work(EXPANDED * 4 + 3))
    factors = [fractions.factored(element)[1] for element in fractions.elements]
    with pytest.raises(TooMuchWorkError):
        fractions.total(
            [(element, factor) for element, factor in zip(fractions.elements, reversed(factors), strict=True)]
        )
    with pytest.raises(TooMuchWorkError):
        Names(set(), Work(4)).coefficient(a + b * c)


def test_long_forms_leave_work_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """In names, where the spec's symbols would be too long; the loop has a number where neither is possible."""
    text = "\n".join(
        (
            "symbols: {n:, x:, width:, R:, k: {integer: true}}",
            "batch: n",
            "input: {shape: [width], norm: {sample: x}}",
            "radius: R",
            "layers: [{repeat: {times: k, layers: [dense: {units: width}, softplus]}}]",
        )
    )
    named = bc.compile(bc.loads(text), third_order=True)
    assert named.third_order is not None
    assert named.third_order.unclosed is None
    assert named.third_order.expression is None
    assert named.smoothness.expression is not None
    monkeypatch.setattr(close, "NAMED", 600)
    left = bc.compile(bc.loads(text), third_order=True)
    assert left.third_order is not None
    assert "more than" in str(left.third_order.unclosed)
    assert left.lipschitz.unclosed is None
    values = {"n": 4, "x": 1, "width": 3, "R": 2, "k": 5}
    assert left.third_order.evaluate(**values) == named.third_order.evaluate(**values) > 0
