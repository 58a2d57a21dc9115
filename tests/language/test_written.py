"""`Architecture.to_yaml`: what it writes is read as the same architecture, and reads as a person would write it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from reference.kinds import INSTANCES
from reference.random_specs import random_spec
from reference.specs import NETWORKS

import boundcalc as bc
from boundcalc.exact.expression import Expression
from boundcalc.language.standard import names
from boundcalc.language.tree import Mapping, Scalar, Sequence
from boundcalc.language.yaml_text import WIDTH
from boundcalc.layers.index import VOCABULARY
from boundcalc.mistakes import Place
from boundcalc.pipeline import smoothed

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
SOURCES = ("source", "place", "tree", "included", "vocabulary", "activations")


def stripped(value: Any) -> Any:
    """A value without the places where it stood."""
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, Scalar):
        return None if value.is_null else value.text
    if isinstance(value, Sequence):
        return stripped(value.items)
    if isinstance(value, Mapping):
        return {key.text: stripped(part) for key, part in value.entries}
    if isinstance(value, BaseModel):
        return {name: stripped(getattr(value, name)) for name in value.model_fields_set}
    if dataclasses.is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: stripped(part) for name, part in parts.items() if name not in SOURCES}
    if isinstance(value, dict):
        return {key: stripped(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [stripped(part) for part in value if not isinstance(part, Place)]
    return value


def check(architecture: Any) -> str:
    text = architecture.to_yaml()
    again = bc.loads(text, "again")
    assert stripped(again) == stripped(architecture)
    assert again.activations.keys() == architecture.activations.keys()
    assert again.to_yaml() == text
    return text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_read_again(path: Path) -> None:
    text = check(bc.load(path))
    short = [line for line in text.splitlines() if len(line) > WIDTH]
    assert short == []
    assert text.count("\n") <= 2 * path.read_text().count("\n")


@pytest.mark.parametrize("path", names())
def test_the_library_is_read_again(path: str) -> None:
    check(bc.load(Path(bc.__file__).parent / path))


@pytest.mark.parametrize("part", range(4))
def test_random_specs_are_read_again(part: int) -> None:
    for seed in range(part, 240, 4):
        check(bc.loads(random_spec(seed)))


def test_specs_of_every_kind_are_read_again() -> None:
    examples = (kind.example for kind in VOCABULARY.values() if kind.example)
    for text in (*INSTANCES.values(), *NETWORKS.values(), *examples):
        check(bc.loads(text))


TEXT = """
name: small net
symbols: {n: 4, R:, s: {below: 1, value: 1/2}, k: {integer: true}}
define:
  block: {args: {width:, act: [relu]}, inputs: [x], layers: [{dense: {units: width, from: x}}, act]}
batch: n
input: {shape: [8], norm: {entry: 1}}
radius: R
layers:
  - block: {width: "max(4, 8)", name: layer1.0, act: [{leaky_relu: s}, {dense: {units: 8, bias: false, center: {norm: 1, spectral: 1/2}}}]}
  - repeat: {times: k, layers: [{dense: {units: in, radius: {weight: R, bias: 1}}}, add: [[], [tanh, {layernorm: 1/100}]]], name: deep}
  - dense: {units: 3, name: head}
loss: {squared: {labels: 1}}
regularizer: {l2: 1/10}
"""
WRITTEN = """\
name: small net
symbols: {n: 4, R:, s: {value: 1/2, below: 1}, k: {integer: true}}
define:
  block: {args: {width:, act: [relu]}, inputs: [x], layers: [dense: {units: width, from: x}, act]}
batch: n
input: {shape: [8], norm: {entry: 1}}
radius: R
layers:
  - block:
      width: "max(4, 8)"
      name: layer1.0
      act: [leaky_relu: s, dense: {units: 8, bias: false, center: {norm: 1, spectral: 1/2}}]
  - repeat:
      times: k
      layers: [dense: {units: in, radius: {weight: R, bias: 1}}, add: [[], [tanh, layernorm: 1/100]]]
      name: deep
  - dense: {units: 3, name: head}
loss: {squared: {labels: 1}}
regularizer: {l2: 1/10}
"""


def test_it_reads_as_a_person_would_write_it() -> None:
    assert check(bc.loads(TEXT)) == WRITTEN
    assert bc.loads(WRITTEN).to_yaml() == WRITTEN


def test_values_that_were_set_are_in() -> None:
    changed = bc.override(
        bc.loads(TEXT),
        {"R": 2, "n": None, "radius": "3*R", "head.radius": "R/2", "deep.dense_0.frozen": True, "batch": "2*n"},
    )
    text = changed.to_yaml()
    check(bc.loads(text))
    assert "symbols: {n:, R: 2," in text
    assert "\nradius: 3*R\n" in text
    assert "\nset: {head.radius: R/2, deep.dense_0.frozen: true, batch: 2*n}\n" in text
    for k in (1, 3):
        ours, theirs = (bc.compile(bc.override(a, {"k": k})).to_dict() for a in (changed, bc.loads(text)))
        assert ours == theirs
    assert check(bc.override(bc.loads(text), {"head.radius": 5})).count("head.radius: 5") == 1


def test_norms_of_features_are_in() -> None:
    text = "input: {shape: [3], norm: 1}\nradius: 1/10\nlayers: [{dense: {units: 3, name: a, center: 2}}, tanh]"
    said = bc.override(bc.loads(text), {"features": {"a": "1/2"}, "a.center": 1})
    again = bc.loads(said.to_yaml())
    assert "features: {a: 1/2}" in said.to_yaml()
    assert bc.compile(again).norm.evaluate() == bc.compile(said).norm.evaluate() < bc.compile(bc.loads(text)).norm.evaluate()  # fmt: skip


def test_a_spec_given_as_a_mapping() -> None:
    """Texts that YAML would read as something else are quoted."""
    spec = {
        "name": 'a "b"\\: {c}, #d\té',
        "symbols": {"R": None, "x": 1.5},
        "input": {"shape": [2], "norm": {"sample": 1}},
        "radius": "R",
        "layers": [{"dense": {"units": 2, "bias": False, "name": "features.0"}}, {"add": [[], "features.0"]}, "tanh"],
        "set": {"features.0.center": {"norm": 1, "spectral": 1}},
    }
    text = check(bc.load(spec))
    assert text.startswith('name: "a \\"b\\"\\\\: {c}, #d\\té"\n')
    assert "  - add: [[], features.0]\n" in text
    for name in (
        "null",
        "~",
        "- a",
        "a: b",
        "a #b",
        "*a",
        "&a",
        "!a",
        "a (b",
        "...",
        "---",
        "[",
        "}",
        " a",
        "a ",
        "a  b",
        "\xa0",
        "1_000",
    ):
        assert check(bc.load({**spec, "name": name}))


def test_what_files_beside_the_spec_define_is_in(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text(
        "include: [std/resnet.yaml]\nsymbols: {s: 2, e: 1/10}\nactivations: {own: {formula: x*sigmoid(s*x)}}\ndefine: {two: [dense: 2, own]}\n"
    )
    main = tmp_path / "main.yaml"
    main.write_text(
        "include: [blocks.yaml]\nsymbols: {s: 1}\ninput: {shape: [2], norm: 1}\nradius: 1\nlayers: [two, {two: {share: two_0}}]\n"
    )
    text = check(bc.load(main))
    assert "include: [std/resnet.yaml]" in text
    assert "symbols: {s: 1, e: 1/10}" in text
    assert bc.compile(bc.load(main)).to_dict() == bc.compile(bc.loads(text)).to_dict()


def test_a_smoothing_is_in() -> None:
    text = "symbols: {mu: 1/2}\ninput: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, relu]\n"
    for smooth in ("softplus", "moreau=mu/3"):
        written = check(smoothed(bc.loads(text), smooth))
        assert "\nsmooth: " in written
        ours, theirs = bc.compile(bc.loads(text), smooth=smooth), bc.compile(bc.loads(written))
        assert theirs.to_dict() == ours.to_dict()
        assert theirs.smoothness.finite


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("smooth: softplsu", "s:5:9: there is no smoothing 'softplsu'; write 'softplus', or 'moreau=MU'"),
        ("smooth: moreau=nu+", "s:5:"),
        ("smooth: [softplus]", "s:5:9: expected a smoothing, found a list"),
        ("set: {Q: 2}", "s:5:7: unknown symbol 'Q'"),
        ("set: {R: [2]}", "s:5:10: the value of 'R' is a list; write an expression"),
        ("set: [R]", "s:5:6: expected a mapping of values, found a list"),
        ("set: {dense_0.radiu: 2}", "s:5:22: there is no symbol and no field 'dense_0.radiu'; did you mean 'dense_0.radius'"),
        ("set: {dense_0.radius: }", "the field 'radius' needs a value"),
        ("set: {dense_0.units: [2]}", "s:5:22: expected a number or an expression, found a list"),
        ("set: {batch: [2]}", "s:5:14: expected a number or an expression, found a list"),
    ],
)  # fmt: skip
def test_mistakes_in_what_is_set(line: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(
            bc.loads(f"symbols: {{R: 1}}\ninput: {{shape: [2], norm: 1}}\nradius: R\nlayers: [dense: 2]\n{line}", "s")
        )
    assert message in str(caught.value)
