"""Pages as HTML: structure, and that no text is ever markup."""

from __future__ import annotations

import pytest
from reading import Reader

from boundcalc.display.html import LONGEST, page_to_html
from boundcalc.display.mathml import typeset
from boundcalc.display.page import Folded, Formula, Page, Table, Verbatim

HOSTILE = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(1)>"
TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "pre", "details", "summary"}
THIN = '<mspace width="0.167em" />'

PAGE = Page(
    f"{HOSTILE}\n{HOSTILE}",
    (
        f"{HOSTILE}\n  {HOSTILE}",
        Table((HOSTILE, "b"), [(HOSTILE, HOSTILE)], right=("b",)),
        Verbatim(HOSTILE),
        Formula(r"\ell_{\text{" + HOSTILE + r"}} = \sqrt{2}", HOSTILE),
        Folded(HOSTILE, (HOSTILE, Formula(r"\text{&lt;script&gt;}", HOSTILE))),
    ),
)


def test_every_text_is_escaped() -> None:
    read = Reader(page_to_html(PAGE))
    known = TAGS | {"math", "mrow", "msub", "mi", "mo", "mn", "mtext", "msqrt", "mspace"}
    assert set(read.tags) <= known
    assert {name for name, _ in read.attributes} <= {
        "style",
        "class",
        "title",
        "xmlns",
        "display",
        "displaystyle",
        "scope",
        "width",
    }
    assert read.text.count(HOSTILE) == 10


def test_nothing_is_coloured_or_fetched() -> None:
    html = page_to_html(PAGE)
    styles = [value or "" for name, value in Reader(html).attributes if name == "style"]
    assert styles
    assert not any("color" in style or "background" in style or "url" in style for style in styles)


def test_structure() -> None:
    read = Reader(page_to_html(PAGE))
    assert read.tags[:3] == ["div", "p", "strong"]
    assert read.tags.count("table") == read.tags.count("details") == 1
    assert read.tags.count("math") == 2
    assert ("style", "text-align:right") in read.attributes


def test_a_formula_that_nobody_reads_is_text() -> None:
    read = Reader(page_to_html(Page("x", (Formula("x" * (LONGEST + 1), "the text"),))))
    assert "math" not in read.tags
    assert "the text" in read.text


@pytest.mark.parametrize(
    ("latex", "inside"),
    [
        (r"\ell_{\text{head\_1}}", "<mtext>head_1</mtext>"),
        (r"\lVert w \rVert", 'form="prefix">\N{DOUBLE VERTICAL LINE}'),
        (r"\left\lVert w \right\rVert", 'form="prefix">\N{DOUBLE VERTICAL LINE}'),
        (r"\text{<b>}", "<mtext>&lt;b&gt;</mtext>"),
        (r"a < b", "<mo>&lt;</mo>"),
        (r"K \setminus S", "<mi>K</mi><mo>∖</mo><mi>S</mi>"),
    ],
)
def test_mathematics(latex: str, inside: str) -> None:
    assert inside in typeset(latex)


@pytest.mark.parametrize(
    ("latex", "inside"),
    [
        (r"\mathrm{label\_smoothing}", "<mi>label_smoothing</mi>"),
        (r"\sqrt{\operatorname{width}} \log(2)", f"</msqrt>{THIN}<mi>log</mi><mo"),
        (r"2 \mathrm{width} x", f"<mn>2</mn>{THIN}<mi>width</mi>{THIN}<mi>x</mi>"),
        (r"\left(a + b\right) \max\left(0, x\right)", f"</mrow>{THIN}<mi>max</mi><mrow><mo"),
        (r"\log^{2} x", f"</msup>{THIN}<mi>x</mi>"),
        (r"a + \mathrm{width}", "<mo>+</mo><mi>width</mi></mrow>"),
        (r"x \, \mathrm{width}", f"<mi>x</mi>{THIN}<mi>width</mi></mrow>"),
        (r"2 x y", "<mn>2</mn><mi>x</mi><mi>y</mi>"),
        (r"-\infty", "<mo>−</mo><mi>∞</mi>"),
        (r"a = -b - c", '<mo>=</mo><mo form="prefix">−</mo><mi>b</mi><mo>−</mo><mi>c</mi>'),
        (r"(x) - 1", '<mo stretchy="false">)</mo><mo>−</mo><mn>1</mn>'),
    ],
)
def test_words_stand_apart(latex: str, inside: str) -> None:
    """A thin space, as TeX has beside a function; none before its argument, beside a sign, or twice."""
    assert inside in typeset(latex)
