"""Plain text with mathematics as Markdown (docs/prose.py): set as mathematics is, and never another formula."""

import inspect
import re
import sys
import unicodedata

import prose
import pytest
import sympy
from markdown_it import MarkdownIt
from tables import formula, table

from boundcalc.layers.index import VOCABULARY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("||z|| <= oo", "‖*z*‖ ≤ ∞"),
        ("z -> W z + b", "*z* → *W* *z* + *b*"),
        ("P_ij v_j", "*P*<sub>*ij*</sub> *v*<sub>*j*</sub>"),
        ("x_{t-1}", "*x*<sub>*t*−1</sub>"),
        ("v_{W(i)}", "*v*<sub>*W*(*i*)</sub>"),
        ("l_phi", "*l*<sub>*φ*</sub>"),
        ("||P||_op, ||p||_2", "‖*P*‖<sub>op</sub>, ‖*p*‖<sub>2</sub>"),
        ("sum_j exp(z_j)", "∑<sub>*j*</sub> exp(*z*<sub>*j*</sub>)"),
        ("eps^(-1/2)", "*ε*<sup>−1/2</sup>"),
        ("(1 + x)^-2/3", "(1 + *x*)<sup>−2</sup>/3"),
        ("s^(-beta-1)", "*s*<sup>−*β*−1</sup>"),
        ("A^-1 B B^T", "*A*<sup>−1</sup> *B* *B*<sup>T</sup>"),
        ("t/10000^(2i/d)", "*t*/10000<sup>2*i*/*d*</sup>"),
        ("3*mu, 2*x**2", "3·*μ*, 2·*x*<sup>2</sup>"),
        ("sqrt(2/n), sqrt(3), sqrt(n), 25 sqrt 5", "√(2/*n*), √3, √*n*, 25 √5"),
        ("sqrt(x)^2, sqrt(1 + x)^2", "sqrt(*x*)<sup>2</sup>, sqrt(1 + *x*)<sup>2</sup>"),
        ("a' and a''' = -2t", "*a*′ and *a*‴ = −2*t*"),
        ("<a_i, b>/(||a|| ||b||)", "⟨*a*<sub>*i*</sub>, *b*⟩/(‖*a*‖ ‖*b*‖)"),
        ("0 < s < 1, p > 2", "0 < *s* < 1, *p* > 2"),
        ("q_i . k_j", "*q*<sub>*i*</sub> · *k*<sub>*j*</sub>"),
        ("||AB|| and ||da||, Dz", "‖*AB*‖ and ‖*da*‖, *Dz*"),
        ("v * z, v *^T z", r"*v* \* *z*, *v* \*<sup>T</sup> *z*"),
    ],
)
def test_mathematics(text: str, expected: str) -> None:
    assert prose.inline(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A mask of a row, a ball", "A mask of a row, a ball"),
        ("1 - a + a/K of a", "1 − *a* + *a*/*K* of *a*"),
        ("halves a and b, a times a gate", "halves *a* and *b*, *a* times a gate"),
        ("A A + B B^T", "*A* *A* + *B* *B*<sup>T</sup>"),
        ("all are a(0), a (small) part", "all are *a*(0), a (small) part"),
        ("P - I", "*P* − *I*"),
        ("a unit vector's entries", "a unit vector's entries"),
        ("1-Lipschitz and row-stochastic", "1-Lipschitz and row-stochastic"),
        ("maxpool1d..3d", "maxpool1d..3d"),
        ("ViT-B/16, U-Net, T5-small, 7B, 1.0x", "ViT-B/16, U-Net, T5-small, 7B, 1.0x"),
        ("k-means, (k-1) R, 2x, windows of 3 x 3", "*k*-means, (*k*−1) *R*, 2*x*, windows of 3 × 3"),
        ("97 a head", "97 a head"),
        ("3 a (1 - a)", "3 *a* (1 − *a*)"),
        ("mlp-deep.yaml by --set k=5", "`mlp-deep.yaml` by `--set` *k*=5"),
        ("`x_i <= y_j`", "`x_i <= y_j`"),
        ("catalogue/softmax.py", "`catalogue/softmax.py`"),
        (
            "as in torch.nn.functional.glu with align_corners=False",
            "as in `torch.nn.functional.glu` with `align_corners=False`",
        ),
        ("negative_slope and layer_scale", "`negative_slope` and `layer_scale`"),
        ('the equation "ij,jk->ik"', 'the equation `"ij,jk->ik"`'),
        ("arXiv:1706.03762", "[arXiv:1706.03762](https://arxiv.org/abs/1706.03762)"),
        ("$5 [x](y) <b>", r"\$5 \[*x*](*y*) \<*b*>"),
    ],
)
def test_what_is_not_mathematics(text: str, expected: str) -> None:
    assert prose.inline(text) == expected


def test_paragraphs_lists_and_what_is_laid_out() -> None:
    text = "One\nparagraph:\n- first,\n  goes on\n- second\nThe next.\n\n    x = 1\n    y_i\n\n- 2"
    assert prose.blocks(text) == (
        "One paragraph:\n\n- first, goes on\n- second\n\nThe next.\n\n```text\n    x = 1\n    y_i\n```\n\n- 2"
    )


SIGNS = str.maketrans(
    {
        "−": "-",
        "‖": "|",
        "√": None,
        "≤": "<=",
        "≥": ">=",
        "→": ">",
        "⟨": "<",
        "⟩": ">",
        "·": None,
        "×": "x",
        "∞": None,
        "∑": None,
        "′": "'",
        "″": "'",
        "‴": "'",
    }
)


def test_nothing_is_lost() -> None:
    """What a reader of the page sees are the letters, digits and parentheses of the text, in their order."""
    reader = MarkdownIt("commonmark")
    for name in VOCABULARY:
        text = inspect.getdoc(sys.modules[VOCABULARY[name].forward.__module__]) or ""
        seen = re.sub(r"<[^>]*>", "", reader.render(prose.blocks(text)))
        seen = seen.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
        seen = "".join(_name(letter) for letter in seen.translate(SIGNS))
        assert _letters(seen) == _letters(text), name


def _name(letter: str) -> str:
    """alpha of α."""
    if not "Α" <= letter <= "ω":
        return letter
    _, case, _, name = unicodedata.name(letter).replace("LAMDA", "LAMBDA").replace("EPSILON", "EPS").split()
    return name.lower() if case == "SMALL" else name.capitalize()


def _letters(text: str) -> str:
    plain = re.sub(r"\boo\b|(?<=[(\s\]/=])sum(?=_)|\bsqrt\b", "", re.sub(r"\bepsilon\b", "eps", text))
    return re.sub(r"[^A-Za-z0-9,;:/+=]", "", plain)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            sympy.sqrt(sympy.Symbol("label_smoothing")) / sympy.Symbol("beta"),
            r"$\frac{\sqrt{\mathrm{label\_smoothing}}}{\beta}$",
        ),
        (sympy.Rational("1.128993068658771766"), "$1.128993068658771766$"),
        (sympy.Rational("-1.75809934084737685994021752081231934"), r"$- 1.7580993408473768599\ldots$"),
        (sympy.Abs(sympy.Symbol("x")), r"$\left\lvert {x}\right\rvert $"),
        (sympy.Rational(3, 8), r"$\frac{3}{8}$"),
    ],
)
def test_formulas(value: sympy.Expr, expected: str) -> None:
    assert formula(value) == expected


def test_a_bar_ends_no_cell() -> None:
    assert table(("*l*", ""), [("|x|", r"\|y\|")]) == "| *l* |  |\n| --- | --- |\n| \\|x\\| | \\|y\\| |\n"
    assert formula(None) == ""
