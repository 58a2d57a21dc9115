"""Expressions: what they mean, exactly; what is refused, where and in which words; closed forms read back."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boundcalc.exact.expression import CONSTANTS, FUNCTIONS, RESERVED, parse, parse_closed_form
from boundcalc.mistakes import Mistake, Place, SpecError

R, w = sympy.symbols("R w", positive=True)
k = sympy.Symbol("k", positive=True, integer=True)
z = sympy.Symbol("z", real=True)
VALUES = {"R": R, "w": w, "k": k, "z": z, "in": sympy.Integer(64), "zero": sympy.S.Zero}


def value(text: str) -> sympy.Expr:
    return parse(text, Place("f", 3, 10)).evaluate(VALUES)


def complaint(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        value(text)
    assert len(caught.value.mistakes) == 1
    assert str(caught.value).startswith("f:3:")
    return str(caught.value).removeprefix("f:3:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.01", sympy.Rational(1, 100)),
        ("1e-5", sympy.Rational(1, 100000)),
        ("2.5E+1", sympy.Integer(25)),
        (".5", sympy.S.Half),
        ("5.", sympy.Integer(5)),
        ("007", sympy.Integer(7)),
        ("0.1+0.2", sympy.Rational(3, 10)),
        ("1/3", sympy.Rational(1, 3)),
        ("2-3-4", sympy.Integer(-5)),
        ("2-(3-4)", sympy.Integer(3)),
        ("24/4/3", sympy.Integer(2)),
        ("24/(4/3)", sympy.Integer(18)),
        ("24/4*3", sympy.Integer(18)),
        ("2**3**2", sympy.Integer(512)),
        ("(2**3)**2", sympy.Integer(64)),
        ("-2**2", sympy.Integer(-4)),
        ("(-2)**2", sympy.Integer(4)),
        ("2**-1", sympy.S.Half),
        ("--2", sympy.Integer(2)),
        ("+-+2", sympy.Integer(-2)),
        ("2*-3", sympy.Integer(-6)),
        ("-2*3+1", sympy.Integer(-5)),
        ("0**0", sympy.S.One),
        ("0**k", sympy.S.Zero),
        ("1/-2", sympy.Rational(-1, 2)),
        ("sqrt(12)", 2 * sympy.sqrt(3)),
        ("8**(1/3)", sympy.Integer(2)),
        ("sqrt(in)", sympy.Integer(8)),
        ("in/2", sympy.Integer(32)),
        ("exp(0)", sympy.S.One),
        ("exp(2*log(R))", R**2),
        ("log(exp(R))", R),
        ("pi*R", sympy.pi * R),
        ("max(8, R)", sympy.Max(8, R)),
        ("min(3, 1/2, 2)", sympy.S.Half),
        ("max(R, R + 1, sqrt(2))", sympy.Max(R + 1, sympy.sqrt(2))),
        ("max(0, R)", R),
        ("max(R, max(w, 2))", sympy.Max(R, w, 2)),
        ("floor(-2.5)", sympy.Integer(-3)),
        ("ceil(2.1)", sympy.Integer(3)),
        ("floor(sqrt(2)*100)", sympy.Integer(141)),
        ("floor(exp(100))", sympy.Integer(26881171418161354484126255515800135873611118)),
        ("floor(k)", k),
        ("floor(k**2 + k)", k**2 + k),
        ("ceil(R/2 + 3)", sympy.ceiling(R / 2) + 3),
        ("(2*R)**2/4", R**2),
        ("sqrt(4*R**2)", 2 * R),
        ("sqrt(z**2)", sympy.Abs(z)),
        ("R\n + 1", R + 1),
        (" 2 ", sympy.Integer(2)),
    ],
)
def test_values(text: str, expected: sympy.Expr) -> None:
    assert value(text) == expected


def test_an_expression_knows_its_names() -> None:
    expression = parse("max(width, out) + in*pi - e1/_x", Place("f", 1, 1))
    assert expression.names == {"width", "out", "in", "e1", "_x"}
    assert expression.text == "max(width, out) + in*pi - e1/_x"
    assert parse("1", Place("f", 1, 1)) == parse("1", Place("f", 1, 1))


def test_only_the_names_that_occur_are_asked_for() -> None:
    class Asked(dict[str, sympy.Expr]):
        def __getitem__(self, name: str) -> sympy.Expr:
            assert name == "R"
            return R

    assert parse("R + pi", Place("f", 1, 1)).evaluate(Asked()) == R + sympy.pi


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What is not an expression.
        ("", "10: an expression is missing"),
        ("  ", "10: an expression is missing"),
        ("2R", "11: an operator is missing before 'R'; write 2*R"),
        ("R w", "12: an operator is missing before 'w'; write R*w"),
        ("2(R+1)", "11: an operator is missing before '('; write 2*(...)"),
        ("(R)(2)", "13: an operator is missing before '('; write (...)*(...)"),
        ("R(2)", "10: unknown function 'R'; write R*(...) for a product"),
        ("1_000", "11: unexpected '_000'; write 1000"),
        ("0x10", "11: an operator is missing"),
        ("1.2.3", "13: an operator is missing"),
        ("1,5", "11: a comma outside the arguments of a function; write a point in decimals"),
        ("(1,2)", "12: a comma outside"),
        ("max((1,2),3)", "15: a pair of values"),
        ("R,w", "11: a comma outside the arguments of a function"),
        ("maxx(8,w)", "10: unknown function 'maxx'; did you mean 'max'?"),
        ("1 + Max(8,w)", "14: unknown function 'Max'; did you mean 'max'?"),
        ("sqrt(1,2)", "10: sqrt takes 1 argument, not 2"),
        ("sqrt()", "15: a value is missing before ')'"),
        ("R+", "12: the expression ends too early"),
        ("R+ ", "12: the expression ends too early"),
        ("*R", "10: a value is missing before '*'"),
        ("R+*2", "12: a value is missing before '*'"),
        ("R//2", "12: unexpected '/'; write floor(a/b)"),
        ("()", "11: a value is missing before ')'"),
        ("((R)", "10: a `(` without its `)`"),
        ("R)", "11: a `)` without its `(`"),
        ("R^2", "11: unexpected '^'; write ** for powers"),
        ("x[0]", "11: unexpected '['; there is no indexing"),
        ("a.b", "11: unexpected '.'"),
        ('"x"', "10: unexpected '\"'"),
        ("__import__('os')", '21: unexpected "\'"'),
        ("lambda: 1", "16: unexpected ':'"),
        ("R if 1 else 2", "12: an operator is missing before 'if'"),
        ("R < 2", "12: unexpected '<'"),
        ("R == 2", "12: unexpected '='"),
        ("R & 2", "12: unexpected '&'"),
        ("R = 2", "12: unexpected '='"),
        ("R @ w", "12: unexpected '@'"),
        ("50%", "12: unexpected '%'; write a quotient"),
        ("R²", "11: unexpected '²'; write **2"),
        ("2×R", "11: unexpected '×'; write *"),
        ("2\N{MINUS SIGN}R", "11: unexpected '\N{MINUS SIGN}'; write -"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER R}", "names and numbers have ASCII letters and digits only"),
        ("\N{ARABIC-INDIC DIGIT THREE}", "names and numbers have ASCII letters and digits only"),
        ("R\0", "11: unexpected '\\x00'"),
        ("(" * 51 + "1" + ")" * 51, "60: more than 50 parentheses"),
        ("(" * 1900, "60: more than 50 parentheses"),
        ("(" * 10_000, "10: an expression of more than 2000 characters"),
        ("-" * 1000 + "1", "more than 150 operations inside one another"),
        ("2**" * 300 + "1", "more than 150 operations inside one another"),
        ("9" * 1001, "10: a number of more than 1000 digits"),
        ("1e99999999999", "10: a decimal exponent above 1000"),
        # What has no value.
        ("RR", "10: unknown name 'RR'"),
        ("1 + r", "14: unknown name 'r'; did you mean 'R'?"),
        ("oo", "10: unknown name 'oo'"),
        ("E", "10: unknown name 'E'"),
        ("1/0", "11: division by zero"),
        ("R + 1/0", "15: division by zero"),
        ("R/zero", "11: division by zero"),
        ("1/(R-R)", "11: division by zero"),
        ("0**-1", "11: division by zero"),
        ("0**z", "11: a power of zero whose exponent may be negative"),
        ("sqrt(-1)", "10: the square root of a negative number"),
        ("sqrt(-R)", "10: the square root of a negative number"),
        ("(-8)**(1/3)", "14: not a real number"),
        ("(-2)**R", "14: not a real number"),
        ("((R-1)**3)**0.5", "20: perhaps not a real number"),
        ("log(0)", "10: the logarithm of zero or of a negative number"),
        ("1 + log(-R)", "14: the logarithm of zero or of a negative number"),
        ("10**10**10", "12: too large or too small"),
        ("2**2**2**2**2", "11: too large or too small"),
        ("2**-10**9", "11: too large or too small"),
        ("2**4097", "11: too large or too small"),
        ("1e1000*1e1000", "10: too large or too small"),
        ("exp(exp(exp(10)))", "14: too large or too small"),
        ("exp(-10**50)", "10: too large or too small"),
        ("floor(exp(10**50))", "16: too large or too small"),
        ("floor(2**(10**9))", "17: too large or too small"),
        ("min(2**(10**9), 3)", "15: too large or too small"),
        ("exp(10**9*log(2))", "10: too large or too small"),
        ("exp(10**9*log(2) + R)", "10: a number above 4096 in an exponent"),
        ("(2*R)**(10**6)", "15: too large or too small"),
        ("sqrt(" + "9" * 1000 + ")", "10: a root of order 2 of a number of 3322 bits"),
        ("12**0.123457", "12: a root of order 1000000 of a number of 4 bits"),
        ("R**65", "11: a power above 64 of symbols"),
        ("R**40*(R+1)**40", "a power above 64 of symbols"),
        ("1/(sqrt(2)+sqrt(3)-sqrt(5+2*sqrt(6)))", "11: the base of a power cannot be told from zero"),
        ("floor(sqrt(2)+sqrt(3)-sqrt(5+2*sqrt(6)))", "10: too close to an integer to be rounded"),
    ],
)
def test_what_is_refused_where_and_how(text: str, expected: str) -> None:
    assert expected in complaint(text)


def test_where_columns_are_unknown_the_place_is_that_of_the_text() -> None:
    for place in (Place("f", 3, 10, lead=None), Place("<dict>: radius")):
        with pytest.raises(SpecError) as caught:
            parse("R + 1/0", place).evaluate(VALUES)
        assert caught.value.mistakes[0].place == place


def test_just_within_the_limits() -> None:
    assert value("2**4095") == sympy.Integer(2) ** 4095
    assert value("9" * 1000) == sympy.Integer(10) ** 1000 - 1
    assert value("(" * 50 + "1" + ")" * 50) == 1
    assert value("+".join(["R"] * 900)) == 900 * R
    assert value("R**64") == R**64
    assert value("exp(2800)") == sympy.exp(2800)


def test_symbols_may_not_be_called_what_means_something_already() -> None:
    assert {"sqrt", "log", "exp", "min", "max", "ceil", "floor"} == FUNCTIONS
    assert {"pi"} == CONSTANTS
    assert {
        "Min",
        "Max",
        "ceiling",
        "E",
        "I",
        "oo",
        "Piecewise",
        "erf",
        "lambda",
        "in",
        "out",
        "nan",
        "zoo",
    } <= RESERVED
    assert not RESERVED & {"e", "d", "n", "N", "S", "R", "k", "beta", "gamma", "eps", "x"}


def test_parsing_needs_no_symbolic_library() -> None:
    code = (
        "import sys; from boundcalc.exact.expression import parse; from boundcalc.mistakes import Place;"
        "parse('2*max(8, w) + pi', Place('f', 1, 1)); print('sympy' in sys.modules, 'flint' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False False\n"


# Random expressions ---------------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(["0", "1", "2", "3", "7", "0.5", "1.25", "1e-2", "10"])


def _rational(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        *(pair.map(lambda p, op=op: f"({p[0]}){op}({p[1]})") for op in ("+", "-", "*", "/", " - ")),
        pair.map(lambda p: f"{p[0]}-{p[1]}"),
        pair.map(lambda p: f"{p[0]}/{p[1]}"),
        pair.map(lambda p: f"{p[0]}*{p[1]}"),
        inner.map(lambda a: f"-{a}"),
        st.tuples(inner, st.sampled_from(["0", "1", "2", "3", "-1", "-2"])).map(lambda p: f"({p[0]})**{p[1]}"),
        NUMBERS.map(lambda a: f"-{a}**2"),  # of a number: a tower of powers is refused, and Python may never compute it
    )


RATIONAL = st.recursive(NUMBERS, _rational, max_leaves=8)


def python_value(text: str) -> Fraction:
    """What Python computes when every number of a text that is not an exponent is a Fraction."""
    exact = re.sub(r"(\*\*-?)?(?<![\d.e])(\d+\.?\d*(?:e-?\d+)?)", lambda m: m[0] if m[1] else f"F('{m[2]}')", text)
    return Fraction(eval(exact, {"F": Fraction}))


@settings(deadline=None)
@given(RATIONAL)
def test_rational_expressions_mean_what_python_makes_of_fractions(text: str) -> None:
    try:
        expected = python_value(text)
    except ZeroDivisionError:
        with pytest.raises(SpecError):
            value(text)
        return
    assert value(text) == sympy.Rational(expected.numerator, expected.denominator)


VOCABULARY = st.one_of(NUMBERS, st.sampled_from(["R", "w", "k", "z", "pi", "1/3"]))


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        *(pair.map(lambda p, op=op: f"({p[0]}){op}({p[1]})") for op in ("+", "-", "*", "/", "**")),
        *(inner.map(lambda a, f=f: f"{f}({a})") for f in ("sqrt", "exp", "log", "floor", "ceil")),
        *(pair.map(lambda p, f=f: f"{f}({p[0]}, {p[1]})") for f in ("min", "max")),
    )


@settings(deadline=None, max_examples=200)
@given(st.recursive(VOCABULARY, _grow, max_leaves=6))
def test_what_is_printed_is_read_back(text: str) -> None:
    try:
        expression = value(text)
    except SpecError:
        assume(False)
        raise
    assert parse_closed_form(str(expression), {"R": R, "w": w, "k": k, "z": z}) == expression


def _sympy_grow(inner: st.SearchStrategy[sympy.Expr]) -> st.SearchStrategy[sympy.Expr]:
    pair = st.tuples(inner, inner)
    exponents = st.sampled_from([sympy.Integer(2), sympy.Integer(-1), sympy.S.Half, sympy.Rational(-3, 2), k, R])
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] * p[1]),
        pair.map(lambda p: p[0] / (1 + p[1])),
        st.tuples(inner, exponents).map(lambda p: p[0] ** p[1]),
        inner.map(sympy.sqrt),
        inner.map(lambda a: sympy.exp(-a)),
        inner.map(lambda a: sympy.log(1 + a)),
        inner.map(sympy.ceiling),
        inner.map(sympy.floor),
        inner.map(sympy.erf),
        pair.map(lambda p: sympy.Min(*p)),
        pair.map(lambda p: sympy.Max(p[0], p[1], 3)),
        pair.map(lambda p: sympy.Piecewise((p[0], sympy.Eq(R, 1)), (p[1], (w > 2) & (k <= 7)), (R, True))),
        pair.map(lambda p: sympy.Piecewise((p[0], sympy.Ne(R, w) | (w >= 2)), (p[1], True))),
    )


SYMPY = st.recursive(
    st.sampled_from([R, w, k, sympy.pi, sympy.E, sympy.Rational(2, 3), sympy.Integer(3), sympy.sqrt(2)]),
    _sympy_grow,
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(SYMPY)
def test_closed_forms_are_read_back(expression: sympy.Expr) -> None:
    assume(not expression.has(sympy.zoo, sympy.nan, sympy.I, sympy.re, sympy.im, sympy.arg))
    assume(len(str(expression)) < 400)
    try:
        again = parse_closed_form(str(expression), {"R": R, "w": w, "k": k})
    except SpecError as refused:
        error = str(refused)
    else:
        error = None
    if error is not None:  # beyond the limits, not unknown
        assert any(said in error for said in ("told from", "too large", "too complicated", "perhaps not", "root"))
        return
    if again != expression:  # the same value in another shape, e.g. factors under a root
        point = {R: sympy.Rational(7, 5), w: sympy.Rational(11, 4), k: 3}
        assert abs((again - expression).subs(point).evalf(30)) < 1e-20


@pytest.mark.parametrize(
    "expression",
    [
        R / (2 * (w + 1)),
        -(R + 1) * w / sympy.log(3),
        sympy.Rational(48, 25) / sympy.sqrt(5) / sympy.sqrt(R) / w,
        (1 + sympy.erf(1)) / 2 + 1 / (sympy.E * sympy.sqrt(sympy.pi)),
        sympy.Min(R, sympy.ceiling(k / 3)) * sympy.sqrt(R**2 * w**2 + 128),
        sympy.Piecewise((k, sympy.Eq(R, 1)), ((R**k - 1) / (R - 1), True)),
        sympy.oo,
        sympy.Piecewise((sympy.oo, R < 1), (R, True)),
    ],
)
def test_closed_forms_keep_their_shape(expression: sympy.Expr) -> None:
    assert parse_closed_form(str(expression), {"R": R, "w": w, "k": k}) == expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q + 1", "<expression>:1:1: unknown name 'q'"),
        ("R < 2", "<expression>:1:1: a condition, where a value is expected"),
        ("(R < 2) + 1", "a condition, where a value is expected"),
        ("R & w", "a value, where a condition is expected"),
        ("Piecewise(R, (w > 2))", "Piecewise has pairs of a value and a condition"),
        ("Eq(R)", "Eq takes 2 arguments, not 1"),
        ("gamma(R)", "unknown function 'gamma'"),
        ("R.__class__", "<expression>:1:2: unexpected '.'"),
        ("oo - oo", "not a finite number"),
        ("2**1000000000*R", "too large or too small"),
        ("(" * 201, "more than 200 parentheses"),
        ("R" * 200_001, "more than 200000 characters"),
        (" + ".join(["R"] * 30_000), "more than 16000 numbers, names and operations; use symbols for its parts"),
        ("*".join(["R**w"] * 5000) + "+1" * 3000, "more than 16000 numbers, names and operations"),
    ],
)
def test_closed_forms_that_are_refused(text: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_closed_form(text, {"R": R, "w": w})
    assert expected in str(caught.value)


def test_long_closed_forms_are_read() -> None:
    text = " + ".join(f"{i}*R**{i}*w" for i in range(1, 2000))
    assert len(parse_closed_form(text, {"R": R, "w": w}).args) == 1999


def mistakes_of(read: Callable[[str], object], text: str) -> tuple[Mistake, ...]:
    try:
        read(text)
    except SpecError as error:
        return error.mistakes
    return ()


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0129.eRwk+-*/()<>=&|, maxinsqrtlogfcE'\"[]_^", max_size=30))
def test_random_texts_are_expressions_or_mistakes(text: str) -> None:
    for read in (value, lambda t: parse_closed_form(t, {"R": R, "w": w, "k": k})):
        for mistake in mistakes_of(read, text):
            assert 0 < mistake.place.column <= 11 + len(text)
