"""The LaTeX can be read by a parser, is balanced, and names every quantity once."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.output.latex import letter, to_latex

latex2mathml = pytest.importorskip("latex2mathml.converter")
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


def lines(text: str) -> list[tuple[str, str]]:
    """The left and the right side of each line."""
    body = re.fullmatch(r"(?:%.*\n)*\\begin\{align\*\}\n(.*)\n\\end\{align\*\}", text, re.DOTALL)
    assert body is not None
    found: list[tuple[str, str]] = []
    for line in body[1].split(" \\\\\n"):
        left, _, right = f" {line}".partition(" &")  # a condition has no left side
        assert right, line
        found.append((left.strip(), right))
    return found


def check(text: str) -> None:
    assert text.replace(r"\{", "").count("{") == text.replace(r"\}", "").count("}")
    assert text.count(r"\left") == text.count(r"\right")
    for side in lines(text):
        for part in side:
            if 0 < len(part) < 20_000:
                ElementTree.fromstring(latex2mathml.convert(part.lstrip("=").removeprefix(r"\le")))
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
    assert dict(lines(text))["L"].startswith(r"= \infty \quad \text{relu has a kink")


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
    for expected in (r"\alpha", r"x_{\mathrm{1}}", r"\mathrm{hello\_world}", r"R_{\mathrm{t}}", r"m_{\text{a\_b}}"):
        assert expected in latex
    assert letter("lipschitz_stage.0.conv_1") == r"\ell_{\text{stage.0.conv\_1}}"
    assert letter("objective_smoothness") == "L_F"
    assert letter("t_12") == "t_{12}"


def test_a_name_ends_no_comment() -> None:
    bounds = bc.compile(bc.load({"name": "a\n\\input{x}", "input": {"shape": [4], "norm": 1}, "layers": ["relu"]}))
    assert to_latex(bounds.document).splitlines()[0] == r"% a \input{x}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX engine; the parser above has to do")
@pytest.mark.parametrize("spec", ["mlp", "mlp-deep-bias", "deep-linear", "vgg16"])
def test_a_latex_engine_accepts_it(spec: str, tmp_path: Path) -> None:
    body = to_latex(bc.compile(bc.load(SPECS[0].parent / f"{spec}.yaml")).document)
    document = f"\\documentclass{{article}}\\usepackage{{amsmath}}\\allowdisplaybreaks\\begin{{document}}\n{body}\n\\end{{document}}"
    (tmp_path / "bounds.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "bounds.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:]
    assert (tmp_path / "bounds.pdf").exists()
