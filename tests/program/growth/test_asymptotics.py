"""Leading terms against the ratio to the closed form far out, in every regime."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sympy

from boundcalc.program.depth.close import close
from boundcalc.program.growth.asymptotics import LeadingTerm, Undecided, leading_term
from boundcalc.program.ir import Arena

R, A, ALPHA, B, w, n, c, eps, x = sympy.symbols("R A alpha B w n c epsilon x", positive=True)
k = sympy.Symbol("k", positive=True, integer=True)
E = sympy.Expr


def terms(expression: E, symbol: sympy.Symbol, at: str | int = "oo") -> list[tuple[E, object]]:
    found = leading_term(expression, symbol, 0 if at == 0 else "oo")
    assert not isinstance(found, Undecided), found
    assert all(isinstance(t, LeadingTerm) for t in found)
    return [(t.term, t.condition) for t in found]


@pytest.mark.parametrize(
    ("expression", "symbol", "at", "term"),
    [
        (k * (k - 1) * R ** (k - 2) * x, k, "oo", k**2 * R ** (k - 2) * x),
        (R * sympy.sqrt(3 * w + n) + w**2 / (w + 1), w, "oo", w),
        (3 / eps + 1 / sympy.sqrt(eps) + 7, eps, 0, 3 / eps),
        (3 * eps + eps**2, eps, 0, 3 * eps),
        (sympy.sqrt(w**2 + n * w) + sympy.log(w) ** 2, w, "oo", w),
        (w * sympy.log(w) + 5 * w, w, "oo", w * sympy.log(w)),
        (sympy.log(3 * w**2 + 1), w, "oo", 2 * sympy.log(w)),
        (sympy.log(2 + 1 / w) + 1, w, "oo", sympy.log(2) + 1),
        (sympy.log(2**k + k), k, "oo", k * sympy.log(2)),
        (sympy.Max(w, 3 * w, 5), w, "oo", 3 * w),
        (sympy.Min(w, 5), w, "oo", sympy.Integer(5)),
        (sympy.ceiling(w / 2) + 3, w, "oo", w / 2),
        ((w + 1) ** 2 - w**2, w, "oo", 2 * w),
        (k * (k - 1) - k**2 + 3 * k, k, "oo", 2 * k),
        (R**k * (R + 1) ** k + k**5 * R**k, k, "oo", (R * (R + 1)) ** k),
        (sympy.exp(2 * k) + 3**k, k, "oo", sympy.exp(2) ** k),
        (n + c, w, "oo", n + c),
        (R ** (k - 1) * k / (R - 1) + 1 / (R - 1) ** 2, R, "oo", k * R ** (k - 2)),
    ],
)
def test_one_regime(expression: E, symbol: sympy.Symbol, at: str | int, term: E) -> None:
    ((found, condition),) = terms(expression, symbol, at)
    assert sympy.simplify(found / term) == 1
    assert condition == sympy.true


def test_the_regime_changes_where_the_factor_is_one() -> None:
    expression = sympy.Piecewise((c * k + x, sympy.Eq(R, 1)), (R**k * (x + c / (R - 1)) - c / (R - 1), True))
    table = {condition: term for term, condition in terms(expression, k)}
    assert set(table) == {sympy.Eq(R, 1), R < 1, R > 1}
    assert table[sympy.Eq(R, 1)] == c * k
    assert sympy.simplify(table[sympy.Lt(R, 1)] - c / (1 - R)) == 0
    assert sympy.simplify(table[sympy.Gt(R, 1)] / R**k - x - c / (R - 1)) == 0


def test_regimes_are_stated_in_the_hyperparameters() -> None:
    conditions = [condition for _, condition in terms((A * B / 4) ** k + 1, k)]
    assert set(conditions) == {A < 4 / B, A > 4 / B, sympy.Eq(A, 4 / B)}


def test_equal_factors_are_added_unless_the_form_excludes_them() -> None:
    table = {condition: term for term, condition in terms(A**k + 2 * B**k, k)}
    assert table[sympy.Eq(A, B)] in (3 * A**k, 3 * B**k)
    assert len(table) == 3
    excluded = sympy.Piecewise((k * A**k, sympy.Eq(A, B)), ((A**k - B**k) / (A - B), True))
    assert [term for term, condition in terms(excluded, k) if condition == sympy.Eq(A, B)] == [k * A**k]


def test_impossible_regimes_are_left_out() -> None:
    """Of 1, A, A^2 and A^3 only the first and the last can lead; they all tie at A = 1."""
    found = terms(1 + A**k + A ** (2 * k) + A ** (3 * k), k)
    assert {condition: term for term, condition in found} == {A < 1: 1, A > 1: A ** (3 * k), sympy.Eq(A, 1): 4}
    for _, condition in terms(sympy.Add(1, A**k, ALPHA**k, (A * ALPHA) ** k), k):
        assert sympy.Not(condition) != sympy.true
        assert condition.subs({A: 2, ALPHA: 3}) in (sympy.true, sympy.false)


def test_powers_that_depend_on_symbols() -> None:
    ((term, condition), (both, tie)) = terms(R**k + R, R)  # k is at least 1
    assert (term, condition, both, tie) == (2 * R, sympy.Eq(k, 1), R**k, k > 1)
    table = {condition: term for term, condition in terms(R**k + R**3, R)}
    assert table == {k < 3: R**3, sympy.Eq(k, 3): 2 * R**3, k > 3: R**k}


@pytest.mark.parametrize(
    ("expression", "symbol", "says"),
    [
        (sympy.sqrt(w + 1) - sympy.sqrt(w), w, "cancel"),
        (w**w, w, "base and exponent"),
        (2 ** (w**2), w, "not linear"),
        (sympy.erf(w), w, "not understood"),
        (sympy.log(1 + 1 / w), w, "logarithm"),
        (sympy.floor(1 + 1 / w), w, "rounding"),
        (sympy.Piecewise((w, n > 2), (1, True)), w, "no equation"),
        (sympy.Add(*(sympy.Symbol(f"a{i}", positive=True) ** k for i in range(9))), k, "regimes"),
    ],
)
def test_what_cannot_be_decided_is_said(expression: E, symbol: sympy.Symbol, says: str) -> None:
    found = leading_term(expression, symbol)
    assert isinstance(found, Undecided)
    assert says in found.reason


L_TWO_FACTORS = sympy.Piecewise(
    (x * k * (k + 1) / 2, sympy.Eq(A, 1) & sympy.Eq(ALPHA, 1)),
    (k * A ** (k - 1), sympy.Eq(A, ALPHA)),
    ((A**k - ALPHA**k) / (A - ALPHA) + k, sympy.true),
)


@pytest.mark.parametrize(
    "values",
    [{A: a, ALPHA: b} for a in (sympy.Rational(1, 2), 1, sympy.Rational(3, 2)) for b in (sympy.Rational(1, 3), 1, 2)],
)
def test_the_ratio_tends_to_one(values: Mapping[sympy.Symbol, E]) -> None:
    """The term of the first regime that holds is what the form is like far out."""
    given = {**values, x: sympy.Integer(3)}
    holding = [term for term, condition in terms(L_TWO_FACTORS, k) if condition.subs(given) == sympy.true]
    assert holding
    far = {**given, k: sympy.Integer(3000)}
    assert abs(sympy.N(L_TWO_FACTORS.subs(far) / holding[0].subs(far), 30) - 1) < sympy.Rational(1, 100)


@pytest.mark.parametrize("radius", [sympy.Rational(1, 2), sympy.Integer(1), sympy.Integer(2)])
def test_closed_forms_of_loops(radius: E) -> None:
    """A dense softplus layer without bias, repeated: below, at and above growth 1."""
    arena = Arena()
    m, l, L = (arena.variable(name) for name in "mlL")  # noqa: E741
    r, new = arena.leaf(R), arena.leaf(R) * l + m
    body = [r * m + arena.leaf(c), new, r * L + arena.leaf(2) * l + arena.leaf(sympy.Rational(1, 4)) * new**2]
    results = arena.loop([m, l, L], [arena.leaf(x), arena.zero, arena.zero], body, arena.leaf(k))
    closures = close(results)
    given = {R: radius, c: sympy.Rational(1, 3), x: sympy.Integer(2)}
    for result in results:
        form = closures.expressions[result.index]
        found = terms(form, k)
        assert {condition for _, condition in found} == {sympy.Eq(R, 1), R < 1, R > 1}
        (term,) = (term for term, condition in found if condition.subs(given) == sympy.true)
        far = {**given, k: sympy.Integer(4000)}
        assert abs(form.subs(far) / term.subs(far) - 1) < sympy.Rational(1, 50)
