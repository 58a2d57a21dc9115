"""Formulas of the pages (docs/mathml.py): long ones go over the end of a line."""

import re

import pytest
from mathml import pieces

from boundcalc.display.mathml import typeset


def test_a_line_ends_after_a_relation_or_a_sign() -> None:
    whole = typeset(
        r"\lVert z(u) - z(u')\rVert = \lVert \phi(z(u), u)\rVert + \left(-a + b\right) \le -\ell_z \lVert u - u'\rVert"
    )
    found = pieces(whole)
    assert [re.sub("<[^>]*>", "", piece) for piece in found] == [
        "‖z(u)−z(u′)‖=",
        "‖φ(z(u),u)‖+".replace("φ", "ϕ"),
        "(−a+b)≤",
        "−ℓz‖u−u′‖",
    ]
    assert all(piece.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML"') for piece in found)
    assert '<mo form="infix">=</mo>' in found[0]
    assert '<mo form="prefix">−</mo>' in found[3]


@pytest.mark.parametrize(
    "latex", ["x", r"a \le b + c", r"\frac{a + b + c + d + e + f + g + h}{a + b + c + d + e + f + g}"]
)
def test_others_are_whole(latex: str) -> None:
    assert pieces(typeset(latex)) == [typeset(latex)]
