"""`boundcalc layers` and `bc.describe`: what is said of every kind."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import boundcalc as bc
from boundcalc.cli.commands import cli
from boundcalc.cli.run import run
from boundcalc.layers.index import VOCABULARY

JUMPS = {"hardshrink"}  # not continuous: infinite


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_kind_has_an_example_of_itself_with_a_finite_bound(name: str) -> None:
    bounds = bc.compile(bc.loads(VOCABULARY[name].example))
    assert name in {layer.kind.name for layer in bounds.graph.layers} or name in VOCABULARY[name].example
    assert bounds.lipschitz.finite or name in JUMPS
    assert bc.compile(bounds.architecture, norms="mixed", blocks="layer").lipschitz.finite or name in JUMPS


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_kind_says_what_it_is(name: str) -> None:
    found = bc.describe(name)
    assert found.text
    assert found.summary[-1:] in ".)x`" or len(found.summary) > 3
    required = {
        info.alias or field for field, info in VOCABULARY[name].fields.model_fields.items() if info.is_required()
    }
    assert {field.name for field in found.fields if field.default is None} == required
    for constant in found.constants:
        assert constant.value is not None or constant.reason, constant.name


def test_the_command() -> None:
    listed = CliRunner().invoke(cli, ["layers"]).stdout
    assert all(f"\n{name} " in listed or f"\nloss: {name} " in listed for name in VOCABULARY)
    one = CliRunner().invoke(cli, ["layers", "layernorm"]).stdout
    for part in (
        "eps (required, also as the bare value)",
        "affine = false",
        "LayerNormalization",
        "layernorm: lipschitz = sqrt(10)",
    ):
        assert part in one
    assert json.loads(CliRunner().invoke(cli, ["layers", "tanh", "--format", "json"]).stdout)["name"] == "tanh"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Linear", "there is no kind of layer 'Linear'; it is called 'dense' here"),
        ("tahn", "there is no kind of layer 'tahn'; did you mean 'tanh'?"),
        ("nothing_like_it", "there is no kind of layer 'nothing_like_it'; there are adaptiveavgpool1d,"),
    ],
)
def test_unknown_names(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers", name]) == 2
    assert message in capsys.readouterr().err
