"""The table of studies, and the reports that outputs print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.bounds.options import Options
from boundcalc.cli.commands import cli
from boundcalc.display.page import Table
from boundcalc.output.json import report_to_json
from boundcalc.output.text import report_to_text
from boundcalc.pipeline import Compiler, Spec
from boundcalc.studies.index import STUDIES
from boundcalc.studies.parts.asked import Asked

FOLDER = Path(__file__).parents[2] / "boundcalc" / "studies"
TEXT = "symbols: {R: 2, w:}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [dense: 3, softplus, dense: 2]"


def asked(spec: Spec, answers: Mapping[str, str], options: Options | None = None) -> Asked:
    said = {name: (text,) for name, text in answers.items()}
    return Asked((spec,), Compiler(options or Options()), said)


def test_there_is_a_row_for_each_file() -> None:
    source = (FOLDER / "index.py").read_text(encoding="utf-8")
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "index"}
    assert len(STUDIES) == len(files)
    for name in files:
        assert source.count(f"from boundcalc.studies.{name} import") == 1


def test_every_study_is_a_command_with_its_questions() -> None:
    for name, study in STUDIES.items():
        options = {option for parameter in cli.commands[name].params for option in parameter.opts}
        assert {f"--{question.name}" for question in study.questions} <= options
        assert cli.commands[name].help == study.help


def test_the_report_of_derivatives() -> None:
    report = STUDIES["diff"].ask(asked(bc.loads(TEXT.replace("softplus", "relu")), {"by": "R"}))
    infinite, table, *_ = report.parts
    assert isinstance(infinite, str)
    assert infinite.startswith("smoothness is infinite and has no derivative: relu has a kink")
    assert isinstance(table, Table)
    assert table.columns == ["symbol", "value", "d lipschitz", "elasticity of lipschitz"]
    assert report.answered
    data = json.loads(report_to_json(report))
    assert list(data)[:6] == ["schema", "study", "options", "specs", "rows", "notes"]
    assert (data["study"], data["specs"]) == ("diff", ["architecture"])
    assert list(data)[6:16] == [
        "name",
        "blocks",
        "norms",
        "measure",
        "wrt",
        "constants",
        "refine",
        "third_order",
        "smooth",
        "certified",
    ]
    assert data["infinite"].keys() == {"smoothness"}
    assert report_to_text(report).startswith(
        "architecture: derivatives of the bounds, sharp constants, blocks: total\n"
    )


def test_the_report_of_asymptotics() -> None:
    report = STUDIES["asymptotics"].ask(asked(bc.loads(TEXT), {"in": "1/R"}, Options.checked(wrt="input")))
    assert report_to_text(report).splitlines()[0] == (
        "architecture: leading terms as R -> 0 with respect to input, sharp constants, blocks: total"
    )
    data = json.loads(report_to_json(report))
    assert (data["symbol"], data["to"], data["wrt"], data["refine"]) == ("R", "0", ["input"], False)
    assert data["asymptotics"].keys() == {"norm", "lipschitz", "smoothness"}


@pytest.mark.parametrize(("study", "answers", "place"), [("diff", {"by": "R,r"}, "--by R,r"), ("asymptotics", {"in": "r"}, "--in r")])  # fmt: skip
def test_an_unknown_symbol_is_a_mistake(study: str, answers: dict[str, str], place: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        STUDIES[study].ask(asked(bc.loads(TEXT), answers))
    assert str(caught.value) == f"{place}: unknown symbol 'r'; did you mean 'R'?"


def test_without_an_answer() -> None:
    text = "symbols: {k: {value: 3, integer: true}}\ninput: {shape: [2], norm: 1}\nradius: 1\nlayers: [{repeat: {times: k, layers: [dense: 2]}}]"
    report = STUDIES["asymptotics"].ask(asked(bc.loads(text), {"in": "k"}, Options.checked(blocks="layer")))
    assert not report.answered
    assert report.parts[0] == "  norm: a repeat is unrolled into k copies; use --blocks total"
