"""The JSON Schema accepts every spec of the repository and refuses what an editor should underline."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import boundcalc as bc
from boundcalc.language.jsonschema import json_schema
from boundcalc.language.reader import read_file, read_text
from boundcalc.language.structure import CONSTRUCTS
from boundcalc.language.tree import Mapping, Node, Scalar, Sequence
from boundcalc.language.words import Lexicon
from boundcalc.layers.index import VOCABULARY

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
SCHEMA = json_schema(VOCABULARY)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def plain(node: Node) -> Any:
    """What YAML makes of it, as far as the schema can tell numbers, truth values and texts apart."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    words: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
    if node.quoted or node.text not in words:
        try:
            return node.text if node.quoted else float(node.text)
        except ValueError:
            return node.text
    return words[node.text]


FULL = plain(
    read_text(
        """
name: everything
include: [blocks.yaml]
symbols: {n: 4, R:, s: {value: 1/2, below: 1}, k: {integer: true}}
define:
  block: {args: {c:, act: [relu], bias: true}, inputs: [x], layers: [dense: {units: c, bias: bias}, act]}
  plain: [relu]
batch: n
inputs: {image: {shape: [3, 8, 8], norm: {entry: 1}}, text: {shape: [4], tokens: 100, features: last}}
radius: {weight: R, bias: 1}
layers:
  - conv2d: {from: image, channels: 4, kernel: [3, 3], padding: same, name: features.0, spectral: 2, frozen: true}
  - relu
  - leaky_relu: 0.1
  - maxpool2d: 2
  - batchnorm: 1/100
  - residual: [softplus, gelu: {approximate: tanh}]
  - block: {c: 3, act: [tanh, plain], share: c}
  - repeat: {times: k, layers: [dense: in], carry: {h: {shape: [3], next: c}}, each: {x: image}, collect: true}
  - add: [[], c, [dense: 3]]
  - dense: {units: 10, radius: {weight: 1, bias: 2}, share: {weight: c.weight}}
output: [c]
loss: {squared: {from: [c, c]}}
regularizer: {l2: {weight: 1/10, only: ["**.weight", c]}}
smooth: moreau=1/2
set: {features.0.radius: {weight: 2}, batch: 3}
""",
        "<full>",
    )
)


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert {f"{kind}_fields" for kind in (*CONSTRUCTS, *VOCABULARY)} <= set(SCHEMA["$defs"])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_valid(path: Path) -> None:
    VALIDATOR.validate(plain(read_file(path)))


def test_everything_the_language_has_is_valid() -> None:
    VALIDATOR.validate(FULL)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["layer"], []),
        (["layers"], {"dense": 3}),
        (["layers", 0], {"conv2d": {"channels": 3, "kernel": 3}, "relu": None}),
        (["layers", 0, "conv2d", "chanels"], 3),
        (["layers", 0, "conv2d", "kernel"], None),
        (["layers", 0, "conv2d", "bias"], 3),
        (["layers", 0, "conv2d", "name"], "a..b"),
        (["layers", 0, "conv2d", "name"], "0.b"),
        (["layers", 0, "conv2d"], 3),  # the kernel is missing
        (["layers", 0, "conv2d"], None),
        (["layers", 1], {"relu": {"slope": 1}}),
        (["layers", 4], "batchnorm-"),
        (["layers", 4], {"batchnorm": {"eps": 1, "form": "other"}}),
        (["inputs", "image", "norm"], {"sample": 1, "entry": 1}),
        (["inputs", "image", "features"], "middle"),
        (["inputs", "image", "norm"], {"samples": 1}),
        (["inputs", "image", "shape"], 3),
        (["symbols", "k"], {"int": True}),
        (["symbols"], ["n"]),
        (["define", "block", "layer"], []),
        (["loss"], "logstic"),
        (["regularizer"], {"l1": 1}),
        (["regularizer"], {"l2": {"only": "c"}}),
        (["regularizer"], {"l2": {"weight": 1, "only": []}}),
        (["regularizer"], {"l2": {"weight": 1, "except": "c"}}),
        (["smooth"], "softmax"),
        (["set"], {"head..radius": 1}),
        (["set"], [1]),
        (["layers", 7, "repeat"], {"times": 3}),
    ],
)
def test_mistakes_are_refused(path: list[Any], value: Any) -> None:
    spec = copy.deepcopy(FULL)
    at = spec
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not VALIDATOR.is_valid(spec)


@pytest.mark.parametrize("kind", sorted({*CONSTRUCTS, *VOCABULARY}))
def test_required_fields_are_those_of_the_reader(kind: str) -> None:
    """`- kind` alone is valid exactly where the reader asks for no field."""
    place = {"loss": kind} if kind in Lexicon.of(VOCABULARY).losses else {"layers": [kind]}
    spec: dict[str, Any] = {"input": {"shape": [4], "norm": 1}, "layers": [], "radius": 1, **place}
    try:
        bc.load(spec)
        accepted = True
    except bc.SpecError as error:
        accepted = "requires" not in str(error)
    assert VALIDATOR.is_valid(spec) is accepted
