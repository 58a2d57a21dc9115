"""`explain`: what each layer adds to a bound, with which constants, and that the shares add up to what is said."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

import boundcalc as bc
from boundcalc.calculus.quantities import LIPSCHITZ, SMOOTHNESS
from boundcalc.cli.commands import cli
from boundcalc.exact import decimals
from boundcalc.output.json import to_json
from boundcalc.studies.explain import explain
from boundcalc.studies.parts.derivation import derivation_of

SPECS = Path(__file__).parents[2] / "specs"
CHAIN = """
symbols: {R: 3, x: 5}
input: {shape: [1], norm: x}
radius: R
layers:
  - dense: {units: 1, bias: false, name: first}
  - dense: {units: 1, bias: false, name: last}
"""


def data_of(spec: object, **options: object) -> Any:
    """What programs read."""
    architecture = bc.loads(spec) if isinstance(spec, str) else bc.load(cast(Path, spec))
    return json.loads(to_json(bc.explain(architecture, **options).to_dict()))


def rows_of(text: str, **options: object) -> Any:
    return {row["path"]: row for row in data_of(text, **options)["rows"]}


@pytest.mark.parametrize(
    "name", ["resnet-like", "lenet5", "vgg16-smooth-batchnorm", "siamese", "gcn", "transformer-encoder"]
)
@pytest.mark.parametrize("options", [{}, {"refine": True}, {"blocks": "layer"}, {"norms": "mixed"}])
def test_shares_add_up_to_the_logarithm_of_the_total_bound(name: str, options: dict[str, object]) -> None:
    spec = SPECS / f"{name}.yaml"
    whole = bc.compile(bc.load(spec), refine=bool(options.get("refine", False)))
    found = data_of(spec, **options)
    said, rows = found["log10"], found["rows"]
    assert said
    for quantity, value in said.items():
        bound = whole.named[quantity].log10()
        assert value == pytest.approx(bound, abs=1e-9)
        shares = [row["share"].get(quantity, 0.0) for row in rows]
        assert sum(shares) == pytest.approx(value, abs=1e-8)


def test_shares_of_a_chain() -> None:
    """l = 2 R x: the input brings x, each layer R half of the time, and the sum of two equal terms brings 2."""
    rows = rows_of(CHAIN)
    share = {path: row["share"]["lipschitz"] for path, row in rows.items()}
    assert share["input"] == pytest.approx(math.log10(5))
    assert share["first"] == pytest.approx(math.log10(3) / 2)
    assert share["last"] == pytest.approx(math.log10(3) / 2 + math.log10(2))
    smoothness = {path: row["share"]["smoothness"] for path, row in rows.items()}
    assert sum(smoothness.values()) == pytest.approx(math.log10(2 * 5))


def test_a_row_of_a_layer() -> None:
    rows = rows_of(
        "input: {shape: [4], norm: 2}\nradius: 1\nlayers: [{dense: {units: 3, name: head}}, softplus]\nloss: logistic"
    )
    head, smooth = rows["head"], rows["softplus_0"]
    assert "a_f l_g + a_g l_f" in str(head["rule"])
    assert {constant["name"]: constant["value"] for constant in head["constants"]} == {
        "norm of the bilinear map": "1",
        "norm of the linear map of the bias": "1",
    }
    assert all(constant["source"] == "theorem of dense" for constant in head["constants"])
    assert head["in"][0]["path"] == "input"
    assert head["in"][0]["norm"]["number"] == "2"
    known = bc.compile(
        bc.loads("input: {shape: [4], norm: 2}\nradius: 1\nlayers: [{dense: {units: 3, name: head}}, softplus]")
    ).layers["softplus_0"]
    assert smooth["out"]["lipschitz"]["number"] == known.lipschitz.number()
    constants = {constant["name"]: constant for constant in smooth["constants"]}
    assert constants["softplus: smoothness constant"]["value"] == "1/4"
    assert "sigmoid" in constants["softplus: smoothness constant"]["source"]
    assert constants["softplus: smoothness constant"]["witness"] == "at x = 0"
    assert "loss" in rows


def test_what_would_change_the_bounds_most() -> None:
    sentences = [change["sentence"] for change in data_of(CHAIN)["changes"]]
    assert sentences[0] == "1 % less of R is about 1 % less of lipschitz"
    assert "1 % less of first.radius is about 0.5 % less of lipschitz" in sentences
    text = bc.loads("symbols: {e: 1/100}\ninput: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, {layernorm: e}]")
    assert "1 % less of e is about 0.5 % more of lipschitz" in repr(bc.explain(text))


def test_copies_of_a_repeat_have_one_share() -> None:
    text = "symbols: {k: {integer: true, value: 3}, R: 2}\ninput: {shape: [2], norm: 1}\nradius: R\nlayers: [{repeat: {times: k, name: r, layers: [dense: 2, tanh]}}]"
    rows = rows_of(text)
    written = rows_of(text.replace("times: k", "times: 3"))
    own = sum(row["share"]["lipschitz"] for path, row in written.items() if path.endswith("dense_0"))
    assert rows["r.*.dense_0"]["share"]["lipschitz"] == pytest.approx(own)


def test_free_symbols_zeros_and_loops_have_no_shares() -> None:
    free = repr(bc.explain(bc.loads(CHAIN.replace("R: 3", "R:"))))
    assert "no shares: symbols without values" in free
    assert "% less of lipschitz" not in free  # L = 2 x is known
    assert "no shares: repeats and fixed points" in repr(bc.explain(bc.load(SPECS / "deq.yaml")))


@pytest.mark.parametrize("x", [0, 1])
def test_what_is_zero_has_no_logarithm_and_what_is_made_of_zeros_has_shares(x: int) -> None:
    """l = R x (twice), L = 2 x at R = 0."""
    header = f"symbols: {{R: {{value: 0, at_least: 0}}, x: {{value: {x}, at_least: 0}}}}\ninput: {{shape: [1], norm: x}}\nradius: R\n"
    found = data_of(header + "layers: [{dense: {units: 1, bias: false}}, {dense: {units: 1, bias: false}}]")
    assert found["log10"] == ({"smoothness": pytest.approx(math.log10(2))} if x else {})
    shares = [row["share"].get("smoothness", 0.0) for row in found["rows"]]
    assert sum(shares) == pytest.approx(math.log10(2) if x else 0)


def test_infinite_bounds_say_why() -> None:
    text = repr(bc.explain(bc.loads("input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, relu, dense: 2]")))
    assert "smoothness is infinite: relu has a kink at 0" in text
    assert "infinite" in text


def test_several_outputs_add_up() -> None:
    text = "input: {shape: [4], norm: 1}\nradius: 1\nlayers: [{dense: {units: 3, name: a}}, {dense: {units: 2, name: b}}]\noutput: [a, b]"
    found = data_of(text)
    assert sum(row["share"].get("lipschitz", 0.0) for row in found["rows"]) == pytest.approx(
        found["log10"]["lipschitz"]
    )


def test_the_command() -> None:
    done = CliRunner().invoke(cli, ["explain", str(SPECS / "resnet-like.yaml"), "--format", "json"])
    data = json.loads(done.stdout)
    assert (data["schema"], data["study"], data["certified"]) == (1, "explain", True)
    assert len(data["rows"]) == 21
    text = CliRunner().invoke(cli, ["explain", str(SPECS / "resnet-like.yaml")]).stdout
    assert "all together" in text
    assert "softplus: smoothness constant" in text


def test_a_derivation_ends_in_the_bounds() -> None:
    for name in ("resnet-like", "vgg16-smooth-batchnorm", "transformer-encoder"):
        bounds = bc.compile(bc.load(SPECS / f"{name}.yaml"))
        ends = derivation_of(bounds).ends
        for quantity in (LIPSCHITZ, SMOOTHNESS):
            number = ends[quantity.name].number
            assert (number is None) != bounds.named[quantity.name].finite
            if number is not None:
                assert decimals.upper_decimal(number) == bounds.named[quantity.name].number()


def test_every_name_in_a_derivation_is_a_line_before_or_in_the_loop() -> None:
    for name in ("resnet-like", "gru", "mlp-deep-bias", "deq", "bert-base"):
        found = derivation_of(bc.compile(bc.load(SPECS / f"{name}.yaml")))
        known = {line.entry for step in found.steps for line in step.lines}
        for step in found.steps:
            for line in step.lines:
                if line.formula is not None:
                    read = {found.symbols[s] for s in found.symbols if s in line.formula.free_symbols}
                    assert read <= known
                    assert all(entry.at <= step.at for entry in read)


def test_explain_takes_bounds() -> None:
    assert explain(bc.compile(bc.loads(CHAIN))).answered
