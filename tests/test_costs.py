"""What an answer costs: small files that once took minutes. Work is counted; the only clock is one that stops a hang."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest
import sympy
from counts import calls

import boundcalc as bc
from boundcalc.blocks import forms
from boundcalc.blocks import numbers as block_numbers
from boundcalc.blocks.figures import Values
from boundcalc.blocks.layer import NETWORK, ROWS
from boundcalc.exact.balls import Number
from boundcalc.output.parts.layout import Layout
from boundcalc.output.text import to_text
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar

SECONDS = 60


def chain(depth: int, activation: str, head: str = "", radius: str = "1/2", last: str = "") -> str:
    return (
        f"{head}batch: 8\ninput: {{shape: [20], norm: {{sample: 1}}}}\nradius: {radius}\nlayers:\n"
        + f"  - dense: 20\n  - {activation}\n" * depth
        + last
    )


def cell(steps: int) -> str:
    """An LSTM of the layers there are: few blocks, many layers."""
    gates = (("sigmoid", "f"), ("sigmoid", "i"), ("tanh", "g"), ("sigmoid", "o"))
    body = "".join(
        f"        - dense: {{units: 4, from: xh}}\n        - {act}: {{name: {name}}}\n" for act, name in gates
    )
    return (
        f"batch: 2\ninput: {{shape: [{steps}, 3], norm: {{sample: 1}}}}\nradius: 1\nlayers:\n  - repeat:\n      times: {steps}\n"
        "      share: true\n      each: {x: input}\n"
        "      carry: {h: {shape: [4], next: h1}, c: {shape: [4], next: c1}}\n      layers:\n"
        f"        - concat: {{from: [x, h], name: xh}}\n{body}"
        "        - add: {from: [[multiply: [f, c]], [multiply: [i, g]]], name: c1}\n        - tanh: {name: t}\n"
        "        - multiply: {from: [o, t], name: h1}\n  - dense: 3\n"
    )


LITERALS = {
    "softplus": chain(24, "softplus"),
    "gelu": chain(24, "gelu"),
    "mish": chain(24, "mish"),
    "tanh": chain(24, "tanh"),
    "softmax": chain(24, "softmax"),
    "logsoftmax": chain(24, "logsoftmax"),
    "batchnorm": chain(24, "batchnorm: 1/100"),
    "radius of roots": chain(24, "softplus", radius="sqrt(2 + sqrt(3 + sqrt(5 + log(7))))"),
    "a loss": chain(24, "softplus", last="loss: logistic\nregularizer: {l2: 1/1000}\n"),
    "a symbol first": chain(24, "gelu", "symbols: {x:}\n").replace("sample: 1", "sample: x"),
    "a symbol everywhere": chain(24, "gelu", "symbols: {R:}\n", radius="R"),
    "a symbol with a value": chain(24, "gelu", "symbols: {R: 1/2}\n", radius="R"),
    "a symbol last": chain(24, "softplus", "symbols: {eps:}\n", last="  - batchnorm: eps\n"),
    "a loop after literals": chain(
        12, "softplus", "symbols: {k:}\n", last="  - repeat: {times: k, layers: [dense: 20, softplus]}\n"
    ),
    "cell": cell(20),
}
FORMATS = (
    ["bounds"],
    ["bounds", "--closed-forms", "expanded"],
    *(["bounds", "--format", f] for f in ("json", "latex", "python")),
)


@pytest.mark.parametrize("name", LITERALS)
def test_no_format_hangs_on_few_symbols(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(LITERALS[name])
    symbols = list(bc.load(spec).symbols)
    commands = [[*words, "--blocks", blocks] for words in FORMATS for blocks in ("total", "layer")]
    commands += [["diff", "--by", symbol] for symbol in symbols] + [["check"], ["show"]]
    script = (
        "import contextlib, io, json, sys\nfrom boundcalc.cli import main\nfound = []\n"
        f"for words in {[[words[0], str(spec), *words[1:]] for words in commands]!r}:\n"
        "    with contextlib.redirect_stdout(io.StringIO()):\n"
        "        try:\n            main(words)\n            found.append(0)\n"
        "        except SystemExit as stop:\n            found.append(stop.code or 0)\n"
        "print(json.dumps(found))"
    )
    assert json.loads(printed(script)) == [0] * len(commands)


def printed(script: str) -> str:
    """By a process of its own, which is ended where it hangs."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
    )
    return done.stdout


def test_a_closed_form_of_too_many_terms_is_not_sought() -> None:
    """Of the third order of a recurrence with three gates: 1.7 million nodes, in which SymPy once spent two minutes."""
    script = f"from boundcalc.cli import main\nmain({['bounds', 'specs/gru.yaml', '--third-order']!r})"
    assert "third order" in printed(script)


@pytest.mark.parametrize("depth", [16, 64])
def test_what_is_written_grows_with_the_layers_and_no_faster(depth: int) -> None:
    document = bc.compile(bc.loads(chain(depth, "softplus"))).to_dict()
    texts = [expression for _, expression in document["definitions"]]  # type: ignore[attr-defined]
    assert len(texts) <= 8 * depth
    assert max(map(len, texts)) < 200
    assert document["bounds"]["smoothness"]["expression"] is None  # type: ignore[index]
    assert document["bounds"]["smoothness"]["definition"] == f"smoothness_softplus_{depth - 1}"  # type: ignore[index]


def test_a_short_number_is_written_out() -> None:
    bounds = bc.compile(bc.loads(chain(1, "softplus")))
    assert bounds.norm.expression == 2 + 4 * sympy.sqrt(10) * sympy.log(2)


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_all_rows_share_a_sweep(blocks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recursion of the total is evaluated once for all rows, and not once for each of them."""
    sweeps: list[int] = []

    def counted(outputs: list[Scalar], values: Values) -> list[Number]:
        sweeps.append(len(outputs))
        return evaluate(outputs, values)

    monkeypatch.setattr(block_numbers, "evaluate", counted)
    bounds = bc.compile(bc.loads(cell(30)), blocks=blocks)  # type: ignore[arg-type]
    assert len(bounds.numbers) == 3 * (len(bounds.layers) + 1)
    assert len(sweeps) <= 2
    assert bounds.warnings == ()


def test_the_other_grouping_computes_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes: list[int] = []
    certified = forms.certified

    def counted(jets: list[object], *rest: object) -> object:
        nodes.append(len(jets))
        return certified(jets, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(forms, "certified", counted)
    architecture = bc.loads(cell(10))
    other = bc.compile(architecture, blocks="layer").document
    text = to_text(bc.compile(architecture).document, Layout(beside=(other,)))
    assert "blocks: layer" in text
    assert nodes == [1]


def test_rows_fall_back_on_the_total_where_their_entries_are_too_many() -> None:
    few, many = (bc.compile(bc.loads(chain(depth, "softplus")), blocks="layer") for depth in (40, 110))
    assert few.warnings == ()
    assert many.warnings == (ROWS,)
    total = bc.compile(bc.loads(chain(110, "softplus")))
    assert many.layers["dense_50"].lipschitz.evaluate() == total.layers["dense_50"].lipschitz.evaluate()
    assert many.lipschitz.evaluate() < total.lipschitz.evaluate()  # type: ignore[operator]
    assert many.smoothness.evaluate() < total.smoothness.evaluate()  # type: ignore[operator]


def test_concatenations_with_too_many_entries_are_the_total_and_say_so() -> None:
    text = chain(1, "softplus", last="  - concat: [[], [dense: 3, softplus]]\n  - dense: 20\n" * 60)
    bounds, total = bc.compile(bc.loads(text), blocks="layer"), bc.compile(bc.loads(text))
    assert bounds.warnings == (NETWORK,)
    assert bounds.smoothness.evaluate() == total.smoothness.evaluate()


def test_copies_that_are_too_many_are_refused_before_they_are_made() -> None:
    """20,000 layers would be made before the limit is met."""
    body = ", ".join(["dense: 2, tanh"] * 50)
    text = "input: {{shape: [2], norm: 1}}\nradius: 1\nlayers: [{{repeat: {{times: {times}, layers: [{body}]}}}}]"
    made: list[str] = []

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_name == "count_layer":
            made.append("layer")

    sys.setprofile(count)
    try:
        with pytest.raises(bc.SpecError, match="more than 20000 layers"):
            bc.compile(bc.loads(text.format(times=201, body=body)))
    finally:
        sys.setprofile(None)
    assert len(made) == 100


def test_copies_that_become_smaller_are_not_counted_like_the_first() -> None:
    """Of 9, 5 and 3 layers: three times the first copy would be more than are allowed."""
    copy = "{repeat: {times: in, layers: [tanh]}}, {dense: floor(in/2)}"
    text = f"input: {{shape: [8], norm: 1}}\nradius: 1\nlayers: [{{repeat: {{times: 3, layers: [{copy}]}}}}]"
    assert len(bc.compile(bc.loads(text), max_layers=20).layers) == 17


STACKED = "input: {{shape: [28, 3], norm: {{sample: 1}}}}\nradius: 1\nlayers: [lstm: {{units: 4, layers: {layers}}}]"


def test_copies_of_cells_are_counted_over_all_layers_of_a_stack() -> None:
    """Beyond their limit each layer is a loop: eight times the layers are not much more work."""

    def work(layers: int) -> int:
        return calls(lambda: bc.compile(bc.loads(STACKED.format(layers=layers))).smoothness.number())

    work(2)
    assert work(64) <= 4 * work(8)


@pytest.mark.parametrize("layers", ["65", "2**64"])
def test_stacks_of_more_layers_are_refused_with_what_to_write(layers: str) -> None:
    with pytest.raises(bc.SpecError, match=r"'lstm' stacks at most 64 layers, not \d+; write repeat"):
        bc.compile(bc.loads(STACKED.format(layers=layers)))
