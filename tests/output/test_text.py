"""The text that a person reads: numbers rounded up, what is infinite and why, closed forms or their definitions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import flint
import pytest

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.output.graphs.text import graph_to_text
from boundcalc.output.parts.layout import Layout
from boundcalc.output.parts.page import readable
from boundcalc.output.text import to_text
from boundcalc.pipeline import beside

SPECS = Path(__file__).parents[2] / "specs"
HEAD = "input: {shape: [4], norm: 1}\nradius: 1\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (flint.fmpq(0), "0"), (flint.fmpq(12), "12"), (flint.fmpq(1, 100), "0.01"), (flint.fmpq(123456), "1.235e5"),
        (flint.fmpq(1, 3), "0.3334"), (flint.fmpq(10) ** 5000, "1e5000"), (flint.fmpq(1, 10**7), "1e-7"),
        (flint.fmpq(99999), "1e5"), (flint.arb(2).sqrt(), "1.415"),
    ],
)  # fmt: skip
def test_readable_numbers_are_rounded_up(number: flint.fmpq, text: str) -> None:
    assert readable(number) == text


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_spec(path: Path) -> None:
    bounds = bc.compile(bc.load(path))
    text = to_text(bounds.document)
    for row in bounds.layers:
        assert row in text
    assert "nan" not in text
    for name, quantity in (("lipschitz", bounds.lipschitz), ("norm", bounds.norm)):
        if quantity in bounds.numbers:
            *_, last = (line for line in text.splitlines() if line.startswith(f"{name} "))  # a layer may be called norm
            shown = last.split()[-1]
            assert Decimal(quantity.number()) <= Decimal(shown) <= Decimal(quantity.number()) * Decimal("1.001")


LOOP = "symbols: {k: {integer: true}}\n" + HEAD


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ("dense: 4, {repeat: {times: k, name: r, layers: [dense: 4, relu, dense: 4]}}", {"smoothness": "r.*.relu_0"}),
        ("dense: 4, relu, {repeat: {times: k, name: r, layers: [dense: 4, relu]}}", {"smoothness": "relu_0"}),
        ("{repeat: {times: k, name: r, layers: [dense: 4, tanh]}}, relu, dense: 4", {"smoothness": "relu_0"}),
        ("{repeat: {times: k, name: r, layers: [dense: 4, {repeat: {times: k, name: q, layers: [dense: 4, relu]}}]}}", {"smoothness": "r.*.q.*.relu_0"}),
        ("{repeat: {times: k, name: r, carry: {h: {shape: [4], next: b}}, layers: [{dense: {units: 4, from: h}}, {relu: {name: b}}]}}, {identity: {from: r.h}}", {"smoothness": "r.*.b"}),
        ("{repeat: {times: 2, name: r, layers: [dense: 4, relu]}}", {"smoothness": "r.0.relu_0"}),
        # The norm is infinite from the generic layer on, and the next layer (in the next pass) multiplies by it.
        ("{repeat: {times: k, name: r, layers: [dense: 4, {generic: {lipschitz: 1, smoothness: 1}}]}}", {"norm": "r.*.generic_0", "lipschitz": "r.*.dense_0", "smoothness": "r.*.generic_0"}),
        ("{generic: {lipschitz: 1, smoothness: 1}}, dense: 4", {"norm": "generic_0", "lipschitz": "dense_0"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_the_layer_that_makes_a_bound_infinite(
    layers: str, named: dict[str, str], blocks: Literal["total", "layer"]
) -> None:
    """In a repeat the rows are those of the last copy, where what a later layer made infinite comes in from the start."""
    text = to_text(bc.compile(bc.loads(LOOP + f"layers: [{layers}]"), blocks=blocks).document)
    lines = [line.split(":")[0] for line in text.splitlines() if " is infinite from " in line]
    assert lines == [f"{quantity} is infinite from layer '{layer}' on" for quantity, layer in named.items()]


def test_what_makes_a_bound_infinite() -> None:
    text = to_text(
        bc.compile(
            bc.loads(HEAD + "layers: [{dense: {units: 3, name: a}}, {relu: {name: kink}}, dense: 2]\nloss: logistic")
        ).document
    )
    assert "smoothness is infinite from layer 'kink' on: relu has a kink at 0" in text
    assert "objective smoothness is infinite from layer 'kink' on" in text
    assert "lipschitz is infinite" not in text


def test_options_stand_beside_each_other() -> None:
    spec = bc.loads(HEAD + "layers: [dense: 3, softplus, dense: 2]\nloss: logistic")
    for asked in (bc.compile(spec), bc.compile(spec, blocks="layer"), bc.compile(spec, norms="mixed")):
        others = beside(asked)
        columns = sorted([asked, *others], key=lambda each: asked.options.beside.index(each.options))
        text = to_text(asked.document, Layout(beside=tuple(other.document for other in others)))
        head = next(line for line in text.splitlines() if line.startswith("network"))
        starts = [head.index(each.options.comparison) for each in columns]
        assert starts == sorted(starts)
        row = next(line.split() for line in text.splitlines() if line.startswith("objective smoothness "))
        assert row[2:] == [readable(b.numbers[b.objective.smoothness]) for b in columns if b.objective]


def test_free_symbols_show_closed_forms() -> None:
    text = to_text(
        bc.compile(
            bc.loads("symbols: {R:, n: 4}\nbatch: n\n" + HEAD.replace("radius: 1", "radius: R") + "layers: [dense: 3]")
        ).document
    )
    assert "with n = 4; free: R" in text
    assert "norm = R*sqrt(n + 1)" in text


def test_long_forms_are_given_by_definitions_and_very_long_ones_are_counted() -> None:
    layers = ", ".join(["dense: 3", "softplus"] * 40)
    text = to_text(bc.compile(bc.loads(HEAD + f"layers: [{layers}]".replace("radius: 1", "radius: R"))).document)
    assert "closed forms" in text
    symbolic = to_text(
        bc.compile(
            bc.loads("symbols: {R:}\n" + HEAD.replace("radius: 1", "radius: R") + f"layers: [{layers}]")
        ).document
    )
    assert "smoothness = smoothness_softplus_39" in symbolic
    assert "definitions: --format latex, python or json shows them" in symbolic


def test_the_graph_shows_shapes_and_counts() -> None:
    text = graph_to_text(
        expand(bc.loads("symbols: {w: 1000, v:}\n" + HEAD + "layers: [dense: w, relu, dense: v]\nloss: logistic"))
    )
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["dense_0"] == ["dense_0", "dense", "input", "[w]", "5,000"]
    assert rows["relu_0"] == ["relu_0", "relu", "dense_0", "[w]"]
    assert rows["dense_1"][-1] == "1001*v"
    assert text.splitlines()[1] == "loss: logistic"
    assert text.splitlines()[-1] == "1001*v + 5000 parameters"


def test_closed_forms_are_written_out_or_defined() -> None:
    bounds = bc.compile(bc.load(SPECS / "mlp.yaml"))
    where, expanded = to_text(bounds.document, Layout("where")), to_text(bounds.document, Layout("expanded"))
    assert "  lipschitz = lipschitz_head\n" in where
    assert "  lipschitz_head = " in where
    assert "  lipschitz = R*(" in expanded
    assert "\nwhere\n" not in expanded


def test_a_form_that_is_not_tight_says_why_and_by_how_much() -> None:
    values = {"k": "4", "R": "1/2", "n": "8", "width": "16", "x": "1"}
    text = to_text(bc.compile(bc.override(bc.load(SPECS / "mlp-deep-bias.yaml"), values)).document)
    assert "  smoothness <= " in text
    slack = [line for line in text.splitlines() if line.startswith("    an upper form: ||a x + c||")]
    assert len(slack) == 3
    factors = [float(line.split("(")[-1].split()[0]) for line in slack]
    assert all(1 <= factor < 3 for factor in factors)
