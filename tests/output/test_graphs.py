"""The layer graph in every format of `show`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.output.graphs.index import GRAPHS

FOLDER = Path(__file__).parents[2] / "boundcalc" / "output" / "graphs"
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
LOOP = "name: 'a \"quoted\" name'\nsymbols: {k: {integer: true}, w: 4}\ninput: {shape: [w], norm: 1}\nradius: 1\nlayers: [{repeat: {times: k, layers: [{residual: [{dense: w}, softplus]}]}}, {dense: 2}]"


def test_there_is_a_row_for_each_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "index"} == set(GRAPHS)


def graph(text: str = LOOP):
    return bc.compile(bc.loads(text)).graph


def test_mermaid_has_every_layer_and_the_repeat() -> None:
    text = GRAPHS["mermaid"](graph())
    assert text.startswith("flowchart TB\n")
    assert re.findall(r'subgraph (\w+)\["(.*)"\]', text) == [("g1", "repeat_0: k times")]
    assert text.count("  end") == 1
    boxes = set(re.findall(r'(n\d+)\["', text))
    arrows = re.findall(r"(n\d+) (-->|-\.->) (n\d+)", text)
    assert {end for a, _, b in arrows for end in (a, b)} <= boxes
    assert sum(kind == "-.->" for _, kind, _ in arrows) == 1
    assert "20#42;k parameters" in text


def test_dot_escapes_and_closes() -> None:
    text = GRAPHS["dot"](graph())
    assert text.startswith('digraph "a \\"quoted\\" name" {')
    assert text.count("{") == text.count("}")
    assert "style=dashed" in text


def test_json_says_what_the_text_says() -> None:
    data = json.loads(GRAPHS["json"](graph()))
    assert data["repeats"] == {"repeat_0": "k"}
    assert [layer["kind"] for layer in data["layers"]] == ["input", "dense", "softplus", "add", "dense"]
    assert data["layers"][1]["arrays"] == {"weight": ["w", "w"], "bias": ["w"]}
    assert data["layers"][1]["inside"] == ["repeat_0"]
    assert data["parameters"] == "20*k + 10"


@pytest.mark.parametrize("form", ["json", "mermaid", "dot"])
def test_hostile_titles_stay_inside_their_quotes(form: str) -> None:
    text = GRAPHS[form](
        graph(LOOP.replace('a \\"quoted\\" name', "x").replace("name: 'a \"quoted\" name'", "name: '</script>\"];'"))
    )
    if form == "json":
        assert json.loads(text)["name"] == '</script>"];'
    assert '"];\n  </' not in text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_drawn(path: Path) -> None:
    spec = bc.load(path)
    if spec.only_modules or path.stem in {"resnet50", "gpt2-small"}:
        pytest.skip("modules alone, or large")
    from boundcalc.graph.expand import expand

    drawn = expand(spec)
    for form, draw in GRAPHS.items():
        assert draw(drawn), form
