"""The derivation of `explain --format latex`: a document that compiles, and says what it has to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reference.latex import compiled, needs_engine

import boundcalc as bc
from boundcalc.output.latex import report_to_latex
from boundcalc.output.parts.derivation import ROOM
from boundcalc.output.parts.latex_width import width

SPECS = Path(__file__).parents[2] / "specs"
PERCEPTRON = """
name: perceptron
symbols: {n: 100, width: 32, R: 1}
batch: n
input: {shape: [784], norm: {sample: 1}}
radius: R
layers: [dense: width, softplus, {dense: {units: 10, name: head}}]
"""
BROKEN = """
name: 'a_b & 100 % #1 {x} ~ ^ \\\\'
symbols: {R: 1}
input: {shape: [4], norm: 1}
radius: R
layers:
  - dense: {units: 3, name: head, radius: 2, center: 1}
  - relu
  - dense: 2
loss: logistic
regularizer: {l2: 1/10}
"""


def paper(spec: str | Path, **options: object) -> str:
    architecture = bc.loads(spec) if isinstance(spec, str) else bc.load(spec)
    return report_to_latex(bc.explain(architecture, **options))


def check(text: str) -> None:
    """Balanced, and no line of a display wider than the page."""
    assert re.sub(r"\\[{}]", "", text).count("{") == re.sub(r"\\[{}]", "", text).count("}")
    begun, ended = re.findall(r"\\begin\{([a-z*]+)\}", text), re.findall(r"\\end\{([a-z*]+)\}", text)
    assert sorted(begun) == sorted(ended)
    for display in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL):
        for line in re.split(r" \\\\\*?\n", display):
            assert width(line) <= ROOM + 2, line
    cited = {key for keys in re.findall(r"\\cite\{([^}]*)\}", text) for key in keys.split(",")}
    assert cited <= set(re.findall(r"\\bibitem\{([^}]*)\}", text))
    used = {int(number) for number in re.findall(r"Rule~(\d+)", text)}
    assert used <= set(range(1, text.count(r"\begin{rul}") + 1))
    for letter in "CT":
        referred = set(re.findall(rf"~\({letter}(\d+)\)", text))
        assert referred <= set(re.findall(rf"[ {{]\({letter}(\d+)\)", text))


def test_the_perceptron_line_by_line() -> None:
    text = paper(PERCEPTRON)
    check(text)
    for line in (
        r"L &= \frac{R n}{2} + 2 \sqrt{2} \sqrt{n} \le 78.285",
        r"m_{\text{head}} &= R \sqrt{n + m_{\text{softplus\_0}}^{2}} \le 54.282",
        r"L_{\text{softplus\_0}} &= \frac{\ell_{\text{dense\_0}}^{2}}{4} \le 50.001",
        "(C2) smoothness constant: a'' = beta s (1 - s) $\\le$ beta/4",
    ):
        assert line in text


@pytest.mark.parametrize(
    "name",
    ["resnet-like", "mlp-deep-bias", "gru", "deq", "siamese", "bert-base", "vgg16-smooth-batchnorm", "efficientnet-b0"],
)
def test_specs(name: str) -> None:
    check(paper(SPECS / f"{name}.yaml"))


@pytest.mark.parametrize(
    "options", [{"blocks": "layer"}, {"norms": "mixed"}, {"refine": True}, {"wrt": "input"}, {"third_order": True}]
)
def test_options(options: dict[str, object]) -> None:
    text = paper(PERCEPTRON, **options)
    check(text)
    plain = paper(PERCEPTRON)
    assert text != plain
    if "blocks" in options:
        bounds = bc.compile(bc.loads(PERCEPTRON), blocks="layer")
        assert f"{bounds.smoothness.evaluate():.3f}"[:5] in text
        assert "53.727" not in plain


def test_what_is_infinite_and_names_that_are_code() -> None:
    text = paper(BROKEN)
    check(text)
    assert "There is no finite $L$: relu has a kink at 0" in text
    assert r"a\_b \& 100 \% \#1 \{x\}" in text
    assert r"\lVert v - v_0\rVert \le 2" in text
    assert r"\mu = \frac{1}{10}" in text
    assert "$L_F$-Lipschitz gradient" not in text


RESTRICTED = """
input: {shape: [4], norm: 1}
radius: 1
layers:
  - dense: {units: 8, name: hidden, weight_norm: {gain: 1, least: 1/4}}
  - softplus
  - dense: {units: 2, name: head, spectral: 1/2}
"""
AROUND = """
input: {shape: [4], norm: 1}
radius: 1/100
layers:
  - dense: {units: 8, name: hidden, center: {weight: {norm: 3, spectral: 2}, bias: 1}}
  - softplus
"""


def test_what_else_the_set_is() -> None:
    text = paper(RESTRICTED)
    check(text)
    assert r"the operator norm of the weights of \texttt{head} at most $\frac{1}{2}$" in text
    assert "is not convex; the constants hold on its convex subsets" in text
    assert "Within the restrictions above" in text
    assert "Restriction" not in paper(PERCEPTRON)


def test_norms_at_given_weights() -> None:
    spec = bc.override(bc.loads(AROUND), {"features": {"hidden": "7/5"}})
    text = report_to_latex(bc.explain(spec))
    check(text)
    assert r"\hat m_{\text{hidden}} &= \frac{\sqrt{2}}{100} + \frac{7}{5} \le 1.4142" in text
    assert r"m_{\text{hidden}} &= \min\left(\hat m_{\text{hidden}}" in text
    assert (
        r"Only inputs count for which the output of \texttt{hidden}, at $v_0$, has norm at most $\frac{7}{5}$" in text
    )


def test_other_studies_are_documents_too() -> None:
    from boundcalc.studies.sensitivity import sensitivity

    text = report_to_latex(sensitivity(bc.compile(bc.loads(PERCEPTRON)), None))
    assert text.startswith("% perceptron: derivatives of the bounds")
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 2


NOTHING = "input: {shape: [3], norm: 1}\nradius: 1\nlayers: [softplus]"


def test_a_network_without_parameters() -> None:
    text = paper(NOTHING)
    check(text)
    assert "$W$ is a point" in text
    assert "itemize" not in text
    assert r"the input \texttt{input}, $\lVert z\rVert \le 1$, no entry larger than $1$" in paper(NOTHING, wrt="input")


@needs_engine
@pytest.mark.parametrize(
    "spec",
    [
        PERCEPTRON,
        BROKEN,
        *(
            SPECS / f"{name}.yaml"
            for name in (
                "resnet-like",
                "mlp-deep-bias",
                "transformer-encoder",
                "vgg16-smooth-batchnorm",
                "resnet50",
                "gru",
                "deq",
            )
        ),
    ],
    ids=lambda spec: spec.stem if isinstance(spec, Path) else spec.splitlines()[1],
)
def test_a_latex_engine_accepts_it(spec: str | Path, tmp_path: Path) -> None:
    log = compiled(paper(spec), tmp_path)
    assert "Overfull" not in log
    assert "undefined" not in log
