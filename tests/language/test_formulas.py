"""The section `activations`: what it says, and every mistake at its place."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

import boundcalc as bc
from boundcalc.language.jsonschema import json_schema

NET = "input: {{shape: [3], norm: 1}}\nradius: 1\nlayers: [dense: 2, {name}]\n"


def error(text: str) -> str:
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(bc.loads(text))
    return str(caught.value)


def test_an_activation_is_a_kind_of_its_spec() -> None:
    text = 'activations: {mish2: {formula: "x*tanh(log(1 + exp(x)))"}}\n' + NET.format(name="mish2")
    architecture = bc.loads(text)
    assert set(architecture.activations) == {"mish2"}
    assert set(architecture.vocabulary) == {*bc.VOCABULARY, "mish2"}
    again = bc.compile(architecture, vocabulary=bc.VOCABULARY)
    assert again.lipschitz.evaluate() == bc.compile(architecture).lipschitz.evaluate()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{tanh: {formula: x}}", "1:15: the activation 'tanh' is named like a layer; choose another name"),
        ("{logistic: {formula: x}}", "1:15: the activation 'logistic' is named like a loss; choose another name"),
        ("{erf: {formula: x}}", "1:15: the activation 'erf' shadows a function, constant or keyword"),
        ("{abs: {formula: x}}", "1:15: the activation 'abs' is named like a function of formulas"),
        ("{pi: {formula: x}}", "1:15: the activation 'pi' shadows a function, constant or keyword"),
        ("{repeat: {formula: x}}", "1:15: the activation 'repeat' is named like a layer"),
        ("{b: {formula: x}}\nsymbols: {b: 1}", "1:15: the activation 'b' is named like a symbol"),
        ("{2a: {formula: x}}", "1:15: '2a' is not a name"),
        ("[a]", "1:14: expected a mapping of activations, found a list"),
        ("{a: x**2}", "1:18: the activation 'a' requires the key 'formula', found 'x**2'"),
        ("{a: {}}", "1:15: the activation 'a' requires the key 'formula'"),
        ("{a: {formla: x}}", "1:19: an activation has no key 'formla'; did you mean 'formula'?"),
        ('{a: {formula: "x*tanh(y)"}}', "unknown name 'y'"),
        ('{a: {formula: "x*bta"}}\nsymbols: {beta: 1}', "unknown name 'bta'; did you mean 'beta'?"),
        ('{a: {formula: "x*sigmod(x)"}}', "unknown function 'sigmod'; did you mean 'sigmoid'?"),
        ('{a: {formula: "x^2"}}', "unexpected '^'; write ** for powers"),
        ('{a: {formula: "tanh(x, x)"}}', "tanh takes 1 argument, not 2"),
        ("{a: {formula: x}}\nsymbols: {x: 1}", "the symbol 'x' is named like the argument of formulas"),
        ('{a: {formula: "b*x"}}\nsymbols: {b:}', "the formula needs the value of 'b', which has none; give it one"),
        ('{a: {formula: "x/(1 - 1)"}}', "division by zero"),
        ("{a: {formula: \"" + "+".join(["x"] * 300) + '"}}', "more than"),
        ('{a: {formula: "sin(1000*x)*cos(999*x)*sin(998*x)"}}', "the constants of 'a' are not found soon enough"),
    ],
)  # fmt: skip
def test_mistakes(section: str, message: str) -> None:
    assert message in error(f"activations: {section}\n" + NET.format(name="a" if "a:" in section else "tanh"))


def test_includes_give_activations_and_modules_use_them(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        'symbols: {s: 2}\nactivations: {bent: {formula: "s*tanh(x)"}}\ndefine: {block: {args: {s: 1}, layers: [dense: s, bent]}}\n'
    )
    path = tmp_path / "net.yaml"
    path.write_text("include: [own.yaml]\ninput: {shape: [3], norm: 1}\nradius: 1\nlayers: [block: {s: 5}, bent]\n")
    bounds = bc.compile(bc.load(path))
    own = bounds.layers["block_0.bent_0"].own["lipschitz"]
    assert own is not None
    assert 2 <= own < 2 + 1e-12  # the symbol of the file, not the argument of the module
    path.write_text("include: [own.yaml]\nactivations: {bent: {formula: x}}\n" + NET.format(name="bent"))
    assert "the activation 'bent' is defined twice, also at" in error_of(path)
    bc.load(tmp_path / "own.yaml")


def error_of(path: Path) -> str:
    with pytest.raises(bc.SpecError) as caught:
        bc.load(path)
    return str(caught.value)


def test_an_editor_knows_the_section() -> None:
    validator = jsonschema.Draft202012Validator(json_schema(bc.VOCABULARY))
    net = {"input": {"shape": [3], "norm": 1}, "layers": ["own"]}
    assert validator.is_valid({**net, "activations": {"own": {"formula": "x**2"}}})
    assert not validator.is_valid({**net, "activations": {"own": {"formla": "x**2"}}})
    assert not validator.is_valid({**net, "activations": {"own": "x**2"}})
