"""The file: its keys, symbols, modules, inputs, outputs; every mistake at its place, all of them at once."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.language.architecture import Reference
from boundcalc.language.schema import SYMBOLS
from boundcalc.layers.index import VOCABULARY

HEAD = "input: {shape: [4], norm: 1}\nradius: 1\n"
STEPS = "layers: [dense: 3]\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(bc.SpecError) as error:
        bc.loads(text, "s")
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "layer: [relu]\n", ["s:3:1: the file has no key 'layer'; did you mean 'layers'?"]),
        (HEAD, ["s:1:1: the file has no layers; write `layers:` and a list such as [dense: 10, relu]"]),
        ("- relu\n", ["s:1:1: expected a mapping, found a list; a spec starts with lines such as"]),
        (HEAD + "layers:\n", ["s:3:8: expected a list of layers, found nothing; write - dense: 10"]),
        ("layers: [relu]\n", ["s:1:1: the file has no input; write `input: {shape: [784], norm: 1}`"]),
        (HEAD + "inputs: {a: {shape: [1], norm: 1}}\n" + STEPS, ["s:1:1: the file has both `input` and `inputs`"]),
        (HEAD + "symbols: [R]\n" + STEPS, ["s:3:10: expected a mapping of symbols, found a list"]),
        (HEAD + "symbols: {sqrt: 1, in: 2, R: 3, lambda: 4}\n" + STEPS,
         ["s:3:11: the symbol 'sqrt' shadows", "s:3:20: the symbol 'in' shadows", "s:3:33: the symbol 'lambda' shadows"]),
        (HEAD + "symbols: {R: [1]}\n" + STEPS, ["s:3:14: the symbol 'R' is a list; X: EXPR, or X: {value"]),
        (HEAD + "symbols: {R: {vlaue: 1}}\n" + STEPS, ["s:3:15: a symbol has no field 'vlaue'; did you mean 'value'?"]),
        (HEAD + "symbols: {R: {integer: yes}}\n" + STEPS, ["s:3:24: expected true or false, found 'yes'; write true"]),
        (HEAD + "define: {relu: [tanh]}\n" + STEPS, ["s:3:10: the module 'relu' is named like a layer"]),
        (HEAD + "symbols: {b: 1}\ndefine: {b: [tanh]}\n" + STEPS, ["s:4:10: the module 'b' is named like a symbol"]),
        (HEAD + "define: {b: {args: {units:}}}\n" + STEPS, ["s:3:10: the module 'b' requires the key 'layers'"]),
        (HEAD + "define: {b: {args: {relu: 1, radius: 2}, layers: [tanh]}}\n" + STEPS,
         ["s:3:21: the argument 'relu' is named like a layer", "s:3:30: the argument 'radius' is named like a field of every step"]),
        (HEAD + "define: {b: {args: [c], layers: [tanh]}}\n" + STEPS, ["s:3:20: expected the arguments, found a list"]),
        ("input: {shape: [4]}\n" + STEPS, ["s:1:8: the input 'input' requires either `norm` or `tokens`"]),
        ("input: {shape: [4], norm: 1, features: lats}\n" + STEPS, ["s:1:40: unknown word 'lats'; did you mean 'last'?"]),
        ("input: {norm: 1}\n" + STEPS, ["s:1:8: the input 'input' requires a shape"]),
        ("input: {shape: 4, norm: 1}\n" + STEPS, ["s:1:16: expected a list such as [3, 224, 224], found '4'"]),
        ("input: {shape: [4], norm: {sample: 1, entry: 1}}\n" + STEPS, ["s:1:27: a norm is for the batch, a sample or an entry"]),
        ("input: {shape: [4], norm: {smaple: 1}}\n" + STEPS, ["s:1:28: a norm has no field 'smaple'; did you mean 'sample'?"]),
        ("input: {shape: [4], norm: 1, batch: 2}\nbatch: 3\n" + STEPS, ["s:1:37: the batch is given twice"]),
        (HEAD + STEPS + "loss: logstic\n", ["s:4:7: unknown loss 'logstic'; did you mean 'logistic'?"]),
        (HEAD + STEPS + "loss: relu\n", ["s:4:7: unknown loss 'relu'; the losses are " + ", ".join(name for name, kind in VOCABULARY.items() if kind.loss)]),
        (HEAD + STEPS + "output: 3 + 1\n", ["s:4:9: '3 + 1' is not the name of a step"]),
        (HEAD + STEPS + "regularizer: {l1: 1}\n", ["s:4:15: the regularizer has no key 'l1'; its keys are l2", "s:4:14: the regularizer requires"]),
        (HEAD + STEPS + "radius2: 1\nbatch: 2*\n", ["s:4:1: the file has no key 'radius2'; did you mean 'radius'?", "s:5:10: the expression ends too early"]),
    ],
)  # fmt: skip
def test_mistakes_of_a_file(text: str, expected: list[str]) -> None:
    found = mistakes(text)
    assert len(found) == len(expected), found
    for line in expected:
        assert any(other.startswith(line) for other in found), (line, found)


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_has_so_many_symbols(more: int) -> None:
    declared = ", ".join(f"s{i}: 1" for i in range(SYMBOLS + more))
    text = f"symbols: {{{declared}}}\nradius: 1\ninput: {{shape: [2], norm: 1}}\nlayers: [dense: 2]\n"
    if not more:
        assert len(bc.loads(text).symbols) == SYMBOLS
        return
    with pytest.raises(bc.SpecError, match="4,001 symbols; at most 4,000 are read"):
        bc.loads(text)


def test_mistakes_of_all_parts_are_told_at_once() -> None:
    text = """
symbols: {R: 2*, sqrt: 1}
input: {shape: [4, 2*], norm: {entry: )}}
radius: (
define: {block: [cnov2d: 3, dense: {unit: 3}]}
layers: [blok, {relu: {a: 1}}, residual: [dense: {units: 1^2}]]
loss: logstic
output: a b
regularizer: 1..2
"""
    lines = {int(line.split(":")[1]) for line in mistakes(text)}
    assert lines == {2, 3, 4, 5, 6, 7, 8, 9}


def test_a_file_is_read_as_written() -> None:
    spec = bc.loads(
        """
name: net
symbols: {n: 4, R:, k: {integer: true, above: 1}}
define: {block: {args: {c:, act: [relu]}, layers: [dense: c, act]}}
batch: n
input: {shape: [4], norm: {sample: R}}
radius: R
layers: [block: 3, block: {c: 5, act: []}]
output: [block_0, block_1]
loss: logistic
regularizer: {l2: 1/10}
"""
    )
    assert spec.name == "net"
    assert [spec.symbols[name].value is None for name in ("n", "R", "k")] == [False, True, True]
    assert spec.symbols["k"].integer
    block = spec.modules["block"]
    assert block.arguments["c"] is None
    assert [step.kind for step in block.layers] == ["dense", "act"]
    assert [step.kind for step in spec.layers] == ["block", "block"]
    assert spec.inputs["input"].norm is not None
    assert spec.inputs["input"].norm.sample is not None
    assert [reference.name for reference in spec.outputs] == ["block_0", "block_1"]
    assert isinstance(spec.outputs[0], Reference)
    assert spec.loss is not None
    assert spec.loss.kind == "logistic"
    assert spec.batch is not None
    assert spec.regularizer is not None


def test_batch_inside_the_input_means_the_same() -> None:
    inside = bc.compile(bc.loads("input: {shape: [4], norm: {sample: 1}, batch: 9}\nlayers: [relu]"))
    outside = bc.compile(bc.loads("batch: 9\ninput: {shape: [4], norm: {sample: 1}}\nlayers: [relu]"))
    assert inside.norm.evaluate() == outside.norm.evaluate() == 3
