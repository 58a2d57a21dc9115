"""Formulas over lines: where they are broken, what gets a name, and that nothing is lost."""

from __future__ import annotations

import pytest
import sympy

from boundcalc.output.parts.latex_lines import Formula, Lines, pieces
from boundcalc.output.parts.latex_width import width

a, b, c = sympy.symbols("a b c", positive=True)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("a + b", ["a", "+ b"]),
        (r"2 a \left(b + c\right) - \frac{a + b}{c}", ["2", "a", r"\left(b + c\right)", r"- \frac{a + b}{c}"]),
        (r"\begin{cases} a + b & \text{for}\: a \\ c \end{cases} d", [r"\begin{cases} a + b & \text{for}\: a \\ c \end{cases}", "d"]),
        (r"a \cdot 10^{2 + b}", ["a", r"\cdot 10^{2 + b}"]),
    ],
)  # fmt: skip
def test_pieces(latex: str, expected: list[str]) -> None:
    assert pieces(latex) == expected
    assert " ".join(pieces(latex)) == latex


@pytest.mark.parametrize(
    ("latex", "em"),
    [("a", 0.53), (r"\sqrt{n}", 1.4), (r"\frac{aaaa}{b}", 2.4), (r"\text{stage\_0}", 3.2), (r"\infty", 1.0)],
)
def test_widths_are_those_of_the_font(latex: str, em: float) -> None:
    """Of Computer Modern, a little more."""
    assert em <= width(latex) <= 1.45 * em


def test_a_long_sum_goes_over_lines() -> None:
    total = sympy.Add(*(sympy.Symbol(f"x_{{{i}}}") for i in range(60)))
    found = Lines({}, room=20.0).lines([Formula("L", total)])
    assert len(found) > 3
    assert all(width(line) <= 20 for line in found)
    assert all(line.startswith(r"&\quad {} +") for line in found[1:])
    assert sum(line.count("x_{") for line in found) == 60


def test_what_cannot_be_broken_gets_a_name() -> None:
    inner = sympy.Add(*(sympy.Symbol(f"x_{{{i}}}") for i in range(30)))
    found = Lines({"a": "q"}, room=20.0).lines([Formula("L", sympy.sqrt(inner + a) / b)])
    assert found[0].startswith("u_{1} &=")  # q is taken
    assert found[-1] == r"L &= \frac{\sqrt{u_{1}}}{b}"
    assert all(width(line) <= 20 for line in found)
    assert sum(line.count("x_{") for line in found) == 30


def test_a_minimum_of_many() -> None:
    symbols = [sympy.Symbol(f"long name {i}", positive=True) for i in range(7)]
    names = {symbol.name: rf"m_{{\text{{a long name {i}}}}}" for i, symbol in enumerate(symbols)}
    found = Lines(names, room=20.0).lines([Formula("L", sympy.Min(*symbols, evaluate=False))])
    assert all(width(line) <= 20 for line in found)
    assert sum(line.count(r"\text{a long") for line in found) == 7


def test_long_left_sides_stand_flush_left() -> None:
    left, long = r"m_{\text{a path that is rather long.conv2d}}", "m_{aaaaaaaaaaaaaaaaaaaa}"
    found = Lines({}, room=22.0).lines(
        [Formula(left, a + b), Formula(left, sympy.Symbol(long)), Formula(left, b + sympy.Symbol(long))]
    )
    assert found == [f"&{left} = a + b", f"&{left} =", rf"&\qquad {long}", f"&{left} = b", rf"&\qquad {{}} + {long}"]


def test_no_page_ends_inside_a_formula() -> None:
    total = sympy.Add(*(sympy.Symbol(f"x_{{{i}}}") for i in range(30)))
    text = Lines({}, room=20.0).align([Formula("L", total), Formula("m", a, after=(r"\le 3",))])
    assert r" \\*" + "\n" + r"&\quad" in text
    assert text.endswith(" \\\\\nm &= a \\le 3\n\\end{align*}")
