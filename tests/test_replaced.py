"""Parts of expressions are replaced without comparing what minima and cases are made of."""

from __future__ import annotations

import sympy
from flint import fmpq

from boundcalc.bounds.replaced import replaced
from boundcalc.exact.enclosures import from_sympy

A, B, C = sympy.symbols("a b c", positive=True)


def test_numbers_are_evaluated_and_minima_are_not() -> None:
    assert replaced(A + 1, {A: sympy.Integer(2)}) == 3
    kept = replaced(sympy.Min(A, B, evaluate=False), {A: C + 1, B: C})
    assert isinstance(kept, sympy.Min)
    assert set(kept.args) == {C + 1, C}
    assert replaced(sympy.Min(A, B), {A: C, B: C}) == C
    root = replaced(sympy.sqrt(A), {A: sympy.Piecewise((B, sympy.Eq(C, 1)), (C, True))})
    assert isinstance(root, sympy.Pow)
    inside = replaced(abs(A - 3), {A: sympy.Min(B, C)})
    assert inside == sympy.Abs(sympy.Min(B, C) - 3, evaluate=False)


def test_cases_that_are_settled_are_left_out() -> None:
    cases = sympy.Piecewise((A, sympy.Eq(B, 1)), (C, sympy.Eq(B, 2)), (A + C, True))
    assert replaced(cases, {B: sympy.Integer(1)}) == A
    assert replaced(cases, {B: sympy.Integer(2)}) == C
    assert replaced(cases, {B: sympy.Integer(3)}) == A + C
    assert replaced(sympy.Piecewise((A, sympy.Eq(B, 1))), {B: sympy.Integer(2)}) is sympy.nan


def test_conditions_that_compare_cases_are_told_without_a_choice_between_conditions() -> None:
    """SymPy writes them as ITE, which is no expression of the language."""
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    inner = sympy.Piecewise((A, sympy.Eq(k, 0)), (A + 1, True))
    outer = replaced(sympy.Piecewise((A, sympy.Eq(B, 1)), (2 * A, True)), {B: inner})
    assert not outer.has(sympy.ITE)
    for a, passes, expected in ((1, 0, 1), (2, 0, 4), (1, 1, 2)):
        values = {A: sympy.Integer(a), k: sympy.Integer(passes)}
        assert from_sympy(outer, values) == fmpq(expected)
