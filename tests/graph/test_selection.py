"""`--wrt`: words to inputs and learned arrays."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.selection import select

TEXT = """
define:
  block: [{dense: {units: 3, name: up, radius: {weight: 1, bias: 2}}}, tanh]
  stage: [block, {repeat: {times: 2, name: rest, layers: [block]}}]
inputs: {image: {shape: [3], norm: 1}, text: {shape: [3], norm: 1}}
radius: 1
layers:
  - stage: {name: stage1, from: image}
  - stage: {name: stage2, frozen: true}
  - add: [[], text]
  - dense: {units: 2, name: head}
  - dense: {units: 2, name: head2}
"""


@pytest.fixture(scope="module")
def graph() -> LayerGraph:
    return expand(bc.loads(TEXT))


UP = [
    f"{prefix}.up.{array}" for prefix in ("block_0", "rest.0.block_0", "rest.1.block_0") for array in ("weight", "bias")
]


@pytest.mark.parametrize(
    ("words", "balls"),
    [
        (["head"], {"head"}),  # head2 is another layer
        (["head*"], {"head", "head2"}),
        (["stage1"], {f"stage1.{path}" for path in UP}),
        (["stage1.**"], {f"stage1.{path}" for path in UP}),
        (["stage1.*"], {f"stage1.{path}" for path in UP}),  # a path is selected by a pattern of what contains it
        (["stage1.block_0.up.weight"], {"stage1.block_0.up.weight"}),
        (["stage1.rest.*.block_0"], {f"stage1.{path}" for path in UP[2:]}),
        (["stage1.rest.1"], {f"stage1.{path}" for path in UP[4:]}),
        (["**.weight"], {f"{stage}.{path}" for stage in ("stage1", "stage2") for path in UP if path.endswith("weight")}),
        (["**.bias", "head"], {f"{stage}.{path}" for stage in ("stage1", "stage2") for path in UP if path.endswith("bias")} | {"head"}),
        (["*.block_0.up.bias"], {"stage1.block_0.up.bias", "stage2.block_0.up.bias"}),
        (["**"], None),
    ],
)  # fmt: skip
def test_paths_and_wildcards(graph: LayerGraph, words: list[str], balls: set[str] | None) -> None:
    found = select(graph, words)
    assert found.balls == (set(graph.balls) if balls is None else balls)
    assert not found.everything
    assert not found.inputs


def test_parameters_and_inputs(graph: LayerGraph) -> None:
    assert select(graph, ["parameters"]).parameter("anything")
    found = select(graph, ["image", "head"])
    assert found.input("image")
    assert not found.input("text")
    assert found.parameter("head")
    assert not found.parameter("head2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["haed"], "--wrt haed: 'haed' selects nothing that can be differentiated by; did you mean 'head'?"),
        (["stage3.**"], "'stage3.**' selects nothing"),
        (["imgae"], "did you mean 'image'?"),
        (["paramters"], "did you mean 'parameters'?"),
        ([], "nothing is selected"),
        (["add_0"], "'add_0' selects nothing"),
        (["hea"], "'hea' selects nothing"),
        (["h.ad"], "'h.ad' selects nothing"),
        (["head|head2"], "selects nothing"),
        (["h[e]ad"], "selects nothing"),
    ],
)
def test_a_word_that_selects_nothing_is_a_mistake(graph: LayerGraph, words: list[str], message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        select(graph, words)
    assert message in str(caught.value)


def test_all_words_are_judged(graph: LayerGraph) -> None:
    with pytest.raises(bc.SpecError) as caught:
        select(graph, ["nowhere", "head", "neither"])
    assert len(caught.value.mistakes) == 2


def test_frozen_layers_stay_frozen_when_they_are_named() -> None:
    bounds = bc.compile(bc.loads(TEXT), wrt="stage2.**")
    assert bounds.lipschitz.evaluate() == 0


@pytest.mark.parametrize(
    ("pattern", "path", "selected"),
    [
        ("a*" * 20 + "c", "a" * 200, False),  # a search that goes back would take for ever
        ("a*" * 20, "a" * 200, True),
        (".".join(["**.a*"] * 30) + ".c", ".".join("a" * 60), False),
        ("**.**.a*b", "ab.baa", True),
        ("a**b", "a.b", False),  # inside a component it is two stars
        ("*ab*ba", "aba", False),
        ("*ab*ba", "abba", True),
        ("a.**", "a", True),
        ("a.*", "a", False),
        ("**.a", "b", False),
    ],
)
def test_wildcards_never_go_back(pattern: str, path: str, selected: bool) -> None:
    graph = expand(bc.loads("input: {shape: [3], norm: 1}\nradius: 1\nlayers: [dense: 3]\n"))
    (ball,) = graph.balls.values()
    graph.balls = {path: ball}
    if selected:
        assert select(graph, [pattern]).balls == {path}
    else:
        with pytest.raises(bc.SpecError, match="selects nothing"):
            select(graph, [pattern])


def test_the_number_of_words_is_limited(graph: LayerGraph) -> None:
    with pytest.raises(bc.SpecError, match="more than 100 names and patterns; use wildcards"):
        select(graph, [f"a{i}" for i in range(101)])


def test_words_are_shown_escaped(graph: LayerGraph) -> None:
    with pytest.raises(bc.SpecError) as error:
        select(graph, ["\u202eabc\n\x1b[31m"])
    assert str(error.value).isprintable()
