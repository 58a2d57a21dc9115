"""The LaTeX can be read by a parser, is balanced, and names every quantity once."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from reference.latex import compiled, needs_engine

import boundcalc as bc
from boundcalc.bounds.letters import letter
from boundcalc.output.latex import to_latex
from boundcalc.output.parts.latex_width import width

latex2mathml = pytest.importorskip("latex2mathml.converter")
PAGE = 34.5  # em: the text of an article is 345 pt wide
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


def display(text: str) -> list[str]:
    """The lines of the display."""
    body = re.fullmatch(
        r"(?:%.*\n)*\\begingroup\\allowdisplaybreaks\n(?:\\begin\{align\*\}\n(.*)\n\\end\{align\*\}\n)?((?:\\par.*\n)*)\\endgroup",
        text,
        re.DOTALL,
    )
    assert body is not None
    return re.split(r" \\\\\*?\n", body[1] or "")


def lines(text: str) -> list[tuple[str, str]]:
    """The left and the right side of each formula, together with the lines that go on with it."""
    found: list[tuple[str, str]] = []
    for line in display(text):
        if line.startswith((r"&\quad", r"&\qquad")):
            left, right = found.pop()
            found.append((left, f"{right} {line.removeprefix('&').removeprefix('&')}"))
        elif line.startswith("&"):  # flush left
            left, sign, right = re.split(r" (=|\\le)(?: |$)", line[1:], maxsplit=1)
            found.append((left, f"{sign} {right}"))
        else:
            left, _, right = line.partition(" &")
            found.append((left, right))
    return found


def check(text: str) -> None:
    assert text.replace(r"\{", "").count("{") == text.replace(r"\}", "").count("}")
    assert text.count(r"\left") == text.count(r"\right")
    for environment in ("align*", "cases"):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}")
    for line in display(text):
        assert width(line) <= PAGE, line
    for side in lines(text):
        for part in side:
            if 0 < len(part) < 20_000:
                plain = part.removeprefix("=").removeprefix(r"\le ").replace(r"\operatorname", r"\mathrm")
                ElementTree.fromstring(latex2mathml.convert(plain))
    names = [left for left, _ in lines(text) if left]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec(path: Path) -> None:
    check(to_latex(bc.compile(bc.load(path)).document))


def test_closed_forms_per_block_are_upper() -> None:
    spec = Path(__file__).parents[2] / "specs" / "mlp.yaml"
    text = to_latex(bc.compile(bc.load(spec), blocks="layer").document)
    check(text)
    signs = dict(lines(text))
    assert signs["L"].startswith(r"\le")
    assert signs[r"\ell"].startswith("=")
    assert signs["L_F"].startswith(r"\le")


def test_infinite_bounds_say_why() -> None:
    text = to_latex(bc.compile(bc.loads("input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, relu]")).document)
    check(text)
    assert dict(lines(text))["L"] == r"= \infty"
    assert r"$L = \infty$: relu has a kink at 0" in text


def test_names_of_layers_and_symbols() -> None:
    symbols = ["alpha", "x_1", "lambda_max", "beta2", "R_t", "hello_world", "__a__", "i", "theta_", "x__y", "L", "hbar"]
    text = f"""
symbols: {{{", ".join(f"{name}:" for name in symbols)}}}
input: {{shape: [4], norm: {"*".join(symbols)}}}
radius: 1
layers: [{{dense: {{units: 2, name: a_b}}}}, softplus]
"""
    latex = to_latex(bc.compile(bc.loads(text)).document)
    check(latex)
    for expected in (
        r"\alpha",
        r"x_{\mathrm{1}}",
        r"\operatorname{hello\_world}",
        r"R_{\mathrm{t}}",
        r"m_{\text{a\_b}}",
    ):
        assert expected in latex
    assert letter("lipschitz_stage.0.conv_1") == r"\ell_{\text{stage.0.conv\_1}}"
    assert letter("objective_smoothness") == "L_F"
    assert letter("t_12") == "t_{12}"


def test_a_name_ends_no_comment() -> None:
    bounds = bc.compile(bc.load({"name": "a\n\\input{x}", "input": {"shape": [4], "norm": 1}, "layers": ["relu"]}))
    assert to_latex(bounds.document).splitlines()[0] == r"% a \input{x}"


def test_long_paths_are_numbers() -> None:
    text = to_latex(bc.compile(bc.load(SPECS[0].parent / "resnet50.yaml")).document)
    assert re.search(r"Of the layers, 1 is \\texttt\{stage1\.", text)
    assert r"m_{1}" in text


def test_bounds_of_too_many_definitions_are_named_without_them() -> None:
    def text(depth: int) -> str:
        chain = (
            "symbols: {R: 1}\ninput: {shape: [2], norm: 1}\nradius: R\nlayers:\n"
            + "  - dense: 2\n  - softplus\n" * depth
        )
        return to_latex(bc.compile(bc.loads(chain)).document)

    assert r"\begin{align*}" in text(200)
    deep = text(800)
    assert re.search(r"\$L\$ takes \d{4} definitions, more than 2000: other formats write them out\.", deep)
    assert r"\begin{align*}" not in deep


def test_old_output_was_too_wide() -> None:
    """What a line was before it was broken: the estimate sees it."""
    assert (
        width(
            r"L_{\text{stage}} &= "
            + " + ".join([r"\frac{3 \sqrt{5} \ell_{\text{stage}}^{2}}{875 \mathrm{eps} \sqrt{n}}"] * 8)
        )
        > PAGE
    )


@needs_engine
@pytest.mark.parametrize(
    "spec",
    ["mlp", "mlp-deep-bias", "deep-linear", "vgg16", "vgg16-smooth-batchnorm", "resnet50", "transformer-encoder"],
)
def test_a_latex_engine_accepts_it(spec: str, tmp_path: Path) -> None:
    body = to_latex(bc.compile(bc.load(SPECS[0].parent / f"{spec}.yaml")).document)
    packages = r"\usepackage{amsmath,amssymb}"
    document = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{body}\n\\end{{document}}"
    assert "Overfull" not in compiled(document, tmp_path)
